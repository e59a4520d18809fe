using System.Globalization;
using Etl.Sandbox.Wire;
using Microsoft.AspNetCore.Http;

namespace Etl.Sandbox.Dispatch;

/// <summary>Status and headers of an answer that is a file, and the part of it that the caller asked for.</summary>
internal static class FileHeaders
{
    /// <summary>Sets the headers; the bytes to send.</summary>
    public static byte[] Add(HttpContext context, FileAnswer file)
    {
        var response = context.Response;
        response.ContentType = file.ContentType;
        foreach (var (name, value) in file.Headers)
        {
            response.Headers[name] = value;
            if (name == "Cache-Control")
                response.Headers.Remove("Pragma");
        }
        if (!file.HasRanges)
            return file.Content;
        response.Headers.AcceptRanges = "bytes";
        if (context.Request.Headers.Range.ToString() is not { Length: > 0 } asked)
            return file.Content;
        if (Parse(asked, file.Content.Length) is not var (first, last))
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{file.Content.Length}");
            return [];
        }
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{last}/{file.Content.Length}");
        return file.Content[first..(last + 1)];
    }

    /// <summary>One range: <c>a-b</c>, <c>a-</c> or <c>-n</c>; null when it cannot be served.</summary>
    private static (int First, int Last)? Parse(string header, int length)
    {
        var range = header.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase) ? header[6..].Split('-') : [];
        if (range.Length != 2)
            return null;
        var hasFirst = int.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first);
        var hasLast = int.TryParse(range[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last);
        if (!hasFirst && (!hasLast || range[0].Length > 0))
            return null;
        if (!hasFirst)
            return last > 0 && length > 0 ? (Math.Max(0, length - last), length - 1) : null;
        last = hasLast ? Math.Min(last, length - 1) : length - 1;
        return first <= last ? (first, last) : null;
    }
}
