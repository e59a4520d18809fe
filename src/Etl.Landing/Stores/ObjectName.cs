using System.Text;
using Etl.Core.Errors;

namespace Etl.Landing.Stores;

/// <summary>
/// Names of objects: parts joined by <c>/</c>, any Unicode text but control characters and backslashes. No part is empty, begins with a
/// dot (temporary names do) or ends with one (some places drop it), or is longer than a file name may be.
/// </summary>
internal static class ObjectName
{
    /// <summary>Longest name, in characters, that Azure Blob Storage takes.</summary>
    public const int MaxLength = 1024;

    /// <summary>Longest part in UTF-8 bytes: the 255 of file systems.</summary>
    public const int MaxPartBytes = 255;

    /// <exception cref="EtlException">No store could hold an object of this name.</exception>
    public static string Check(string name) => IsGood(name) ? name : throw new EtlException(
        FaultKind.Usage,
        $"'{(name.Length <= 60 ? name : name[..60] + "…")}' cannot name an object of a store. Use parts joined by '/', each up to {MaxPartBytes} bytes, none beginning or ending with '.', "
        + "without control characters and backslashes.")
        { Code = "path-name" };

    public static bool IsGood(string name) =>
        name.Length is > 0 and <= MaxLength
        && !name.Any(c => char.IsControl(c) || c == '\\')
        && name.Split('/').All(part => part.Length > 0 && part[0] != '.' && part[^1] != '.' && Encoding.UTF8.GetByteCount(part) <= MaxPartBytes);
}
