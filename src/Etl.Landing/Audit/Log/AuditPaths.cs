using System.Text.RegularExpressions;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// Paths of files in a snapshot: parts of letters, digits and <c>. _ + = @ -</c> joined by slashes, none beginning or ending with a dot and none a device of Windows, so that a path
/// can leave no folder and is one and the same file on every system.
/// </summary>
internal static partial class AuditPaths
{
    public const int MaxLength = 400;

    public static bool IsGood(string path) => path.Length <= MaxLength && Form().IsMatch(path) && !path.Split('/').Any(p => p.Length > 150 || PathNames.IsDevice(p));

    /// <summary>What two paths that are one file somewhere have in common.</summary>
    public static string Fold(string path) => path.ToLowerInvariant();

    [GeneratedRegex(@"^[A-Za-z0-9_+=@-]([A-Za-z0-9._+=@-]*[A-Za-z0-9_+=@-])?(/[A-Za-z0-9_+=@-]([A-Za-z0-9._+=@-]*[A-Za-z0-9_+=@-])?)*\z")]
    private static partial Regex Form();
}
