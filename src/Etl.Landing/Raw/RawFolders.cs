using Etl.Core.Windows;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Raw;

/// <summary>
/// Where raw capture keeps what, below <c>&lt;data&gt;/raw</c>:
/// <c>objects/ab/&lt;sha256&gt;.gz</c> (bodies), <c>pulls/&lt;job&gt;/&lt;label&gt;/&lt;pull&gt;.jsonl</c> (recordings), <c>open/&lt;pull&gt;/</c>
/// (a capture under way, locked by its process) and <c>.lock</c>, which whoever moves or removes bodies holds.
/// </summary>
internal sealed class RawFolders(string dataFolder)
{
    public const string IndexExtension = ".jsonl", ObjectExtension = ".gz";

    public string Root { get; } = Path.Combine(Path.GetFullPath(dataFolder), "raw");

    public string Objects => Path.Combine(Root, "objects");

    public string Pulls => Path.Combine(Root, "pulls");

    public string Open => Path.Combine(Root, "open");

    public string PullsOf(string job) => Path.Combine(Pulls, PathNames.Check("job", job));

    public string PullsOf(string job, string label) => Path.Combine(PullsOf(job), PathNames.Check("window label", label));

    public string Index(WindowKey key, string pull) => Path.Combine(PullsOf(key.Job, key.Label), PathNames.Check("pull", pull) + IndexExtension);

    public string Object(string sha256) => Path.Combine(Objects, sha256[..2], sha256 + ObjectExtension);
}
