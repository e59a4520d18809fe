using System.Text.RegularExpressions;
using Etl.Core.Errors;

namespace Etl.Landing.Stores.Local;

/// <summary>
/// Names that become one part of a path. Only letters, digits and <c>. _ - +</c> pass, no leading dot and no device of
/// Windows, so a name can neither leave its folder nor look like a temporary file, and means the same on every file system.
/// </summary>
internal static partial class PathNames
{
    /// <summary>Longest name: file systems stop at 255 bytes and we add prefixes and suffixes.</summary>
    public const int MaxLength = 150;

    /// <exception cref="EtlException">The name cannot be part of a path.</exception>
    public static string Check(string kind, string name) => IsGood(name) ? name : throw new EtlException(
        FaultKind.Usage,
        $"The {kind} '{Shorten(name)}' cannot be part of a path. Use up to {MaxLength} letters, digits, '_', '-', '+' and '.', neither beginning nor ending with '.' and no device of Windows such as 'con'.")
        { Code = "path-name" };

    public static bool IsGood(string name) =>
        name.Length is > 0 and <= MaxLength
        && name[0] != '.'
        && name[^1] != '.'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+')
        && !IsDevice(name);

    /// <summary>True for the names that Windows gives to devices, whatever follows their first dot.</summary>
    public static bool IsDevice(string name) => Device().IsMatch(name);

    private static string Shorten(string name) => name.Length <= 60 ? name : name[..60] + "…";

    [GeneratedRegex(@"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\z)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Device();
}
