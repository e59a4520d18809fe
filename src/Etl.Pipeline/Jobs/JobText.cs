using System.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Gets the text of a job file from its bytes.</summary>
internal static class JobText
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file; null with a fault when it is too large, not UTF-8 or holds control characters.</summary>
    public static string? Read(string path, int maxBytes, FaultList faults)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        // One byte more than allowed, so that a file which is no plain file or still grows is caught too.
        var bytes = new byte[(int)Math.Min(maxBytes + 1L, stream.CanSeek ? stream.Length + 1 : maxBytes + 1L)];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > maxBytes)
        {
            faults.Add(new Place(0, 0), "$", $"The file is larger than {maxBytes / 1024} KiB, so it is not taken for a job.");
            return null;
        }
        return Decode(bytes.AsSpan(0, length), faults);
    }

    /// <summary>Decodes strictly; a byte order mark is passed over.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes, FaultList faults)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) bytes = bytes[3..];
        var whole = bytes;
        while (Rune.DecodeFromUtf8(bytes, out var rune, out var used) is var status && !bytes.IsEmpty)
        {
            var wrong = status is not System.Buffers.OperationStatus.Done ? "a byte that is not UTF-8. Save the file as UTF-8"
                : rune.Value < ' ' && rune.Value is not ('\t' or '\r' or '\n') || rune.Value == 0x7F ? "a control character. Remove it"
                : null;
            if (wrong is not null)
            {
                faults.Add(PlaceAt(whole[..^bytes.Length]), "$", $"Here stands {wrong}.");
                return null;
            }
            bytes = bytes[used..];
        }
        return s_strict.GetString(whole);
    }

    private static Place PlaceAt(ReadOnlySpan<byte> before)
    {
        var line = before[(before.LastIndexOf((byte)'\n') + 1)..];
        return new Place(before.Count((byte)'\n') + 1, s_strict.GetCharCount(line) + 1);
    }
}
