using System.Diagnostics.CodeAnalysis;

namespace Etl.Core.Outbound;

/// <summary>
/// Reads addresses out of text from anywhere; nothing else hands text to <see cref="Uri"/>. Files and shares are refused before it looks: it throws an
/// IndexOutOfRangeException for one whose host is only a mark of writing direction (<c>//</c> and U+202E; .NET 10.0.12).
/// </summary>
public static class WebAddress
{
    /// <summary>Reads an absolute http or https address; false for all else.</summary>
    public static bool TryRead([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Uri? address) =>
        TryReadAny(text, out address) && address.Scheme is "https" or "http";

    /// <summary>Reads an absolute address of any scheme but a file or a share; false for all else.</summary>
    public static bool TryReadAny([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        var start = text.AsSpan().TrimStart();
        if (start.IsEmpty || start[0] is '/' or '\\' || start.StartsWith("file:", StringComparison.OrdinalIgnoreCase)) return false;
        return Uri.TryCreate(text, UriKind.Absolute, out address);
    }
}
