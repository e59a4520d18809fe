using System.Text;
using Etl.Core.Errors;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// The fingerprint of a log's first key, kept in the data folder beside the log and not in it: whoever puts another log in its place, signed by another key, is noticed. An auditor brings a fingerprint of their own.
/// </summary>
/// <param name="path">The file, see <see cref="PathOf"/>.</param>
internal sealed class AuditPin(string path)
{
    private const string Prefix = "sha256:";

    /// <summary>The file of a log's folder.</summary>
    public static string PathOf(string logFolder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(logFolder)) + ".key";

    /// <summary>Id of the key; null when none was pinned.</summary>
    /// <exception cref="EtlException">The file cannot be read.</exception>
    public string? Read()
    {
        try
        {
            if (!File.Exists(path)) return null;
            var text = File.ReadAllText(path).Trim();
            if (text.Length == Prefix.Length + 64 && text.StartsWith(Prefix, StringComparison.Ordinal)) return text[Prefix.Length..];
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "read the pinned key", path);
        }
        throw new EtlException(FaultKind.Usage, $"'{path}' does not hold a key's fingerprint ('sha256:' and 64 hex digits). Bring it back from a copy; it says which key began the log.") { Code = "audit-pin" };
    }

    /// <summary>Writes the id of a log's first key.</summary>
    public void Write(string keyId)
    {
        try
        {
            var folder = Path.GetDirectoryName(path)!;
            DurableFolder.Create(folder);
            using var temp = new TempFile($"{path}.tmp");
            temp.Stream.Write(Encoding.ASCII.GetBytes($"{Prefix}{keyId}\n"));
            temp.Sync();
            temp.Publish(path);
            DurableFolder.Sync(folder);
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "write the pinned key", path);
        }
    }
}
