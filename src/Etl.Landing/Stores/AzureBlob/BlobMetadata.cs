using System.Globalization;
using System.Text;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// Metadata travels as HTTP headers: ASCII, no space at either end. Every other byte of a text's UTF-8, and <c>%</c>, is written as
/// <c>%</c> and two hexadecimal digits.
/// </summary>
internal static class BlobMetadata
{
    public static IReadOnlyDictionary<string, string> Write(IReadOnlyDictionary<string, string> metadata) =>
        metadata.ToDictionary(m => m.Key, m => Write(m.Value));

    public static IReadOnlyDictionary<string, string> Read(IReadOnlyDictionary<string, string> metadata) =>
        metadata.ToDictionary(m => m.Key.ToLowerInvariant(), m => Uri.UnescapeDataString(m.Value));

    private static string Write(string text)
    {
        var written = new StringBuilder(text.Length);
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < bytes.Length; i++)
        {
            var isInside = i > 0 && i < bytes.Length - 1;
            if (bytes[i] is > 0x20 and < 0x7F and not (byte)'%' || (bytes[i] == 0x20 && isInside)) written.Append((char)bytes[i]);
            else written.Append(CultureInfo.InvariantCulture, $"%{bytes[i]:X2}");
        }
        return written.ToString();
    }
}
