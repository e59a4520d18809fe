using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Etl.Parsing;

/// <summary>Checks a stream's bytes for UTF-8 chunk by chunk.</summary>
internal static class Utf8Check
{
    /// <summary>
    /// How many of the bytes can be judged now: all but a sequence that the end cuts off. What is left (at most 3 bytes) is
    /// judged with the bytes that follow.
    /// </summary>
    internal static int Whole(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= 3 && back <= bytes.Length; back++)
        {
            var b = bytes[^back];
            if (b < 0x80) break;
            if (b < 0xC0) continue;
            var length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
            return length > back ? bytes.Length - back : bytes.Length;
        }
        return bytes.Length;
    }

    /// <summary>Index of the first byte that is no UTF-8, or -1.</summary>
    internal static int FindFault(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return -1;
        var i = 0;
        while (i < bytes.Length)
        {
            if (Rune.DecodeFromUtf8(bytes[i..], out _, out var used) != OperationStatus.Done) return i;
            i += used;
        }
        return -1;
    }
}
