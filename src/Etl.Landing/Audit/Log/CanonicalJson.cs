using System.Buffers;
using System.Globalization;
using System.Text;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// Writes values in the one form that audit logs use: see <see cref="CanonicalObject"/>. Strings are written as RFC 8785 does: <c>\" \\ \b \f \n \r \t</c>, other
/// control characters as <c>\u00xx</c> in lower case, everything else as it is, in UTF-8.
/// </summary>
internal static class CanonicalJson
{
    /// <summary>Largest integer, 2^53 - 1: above it other languages' numbers lose digits.</summary>
    public const long MaxInteger = (1L << 53) - 1;

    /// <summary>Deepest nesting of objects and arrays.</summary>
    public const int MaxDepth = 64;

    /// <exception cref="ArgumentException">A value has no canonical form: a kind that is not allowed, an integer out of range, half a surrogate pair, too deep.</exception>
    public static byte[] Write(CanonicalObject value)
    {
        var into = new ArrayBufferWriter<byte>();
        WriteObject(into, value, 1);
        return into.WrittenSpan.ToArray();
    }

    private static void WriteValue(ArrayBufferWriter<byte> into, object value, int depth)
    {
        switch (value)
        {
            case string text:
                WriteString(into, text);
                break;
            case bool yes:
                into.Write(yes ? "true"u8 : "false"u8);
                break;
            case long number:
                if (number is < -MaxInteger or > MaxInteger) throw new ArgumentException($"The integer {number} is not below 2^53; write it as a string.", nameof(value));
                into.Write(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
                break;
            case CanonicalObject inner:
                WriteObject(into, inner, depth + 1);
                break;
            case IReadOnlyList<object> list:
                WriteList(into, list, depth + 1);
                break;
            default:
                throw new ArgumentException($"A value of type '{value?.GetType().Name ?? "null"}' has no canonical form; use objects, lists, strings, booleans and 64-bit integers.", nameof(value));
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> into, CanonicalObject value, int depth)
    {
        CheckDepth(depth);
        into.Write("{"u8);
        var first = true;
        foreach (var (key, member) in value)
        {
            if (!first) into.Write(","u8);
            first = false;
            WriteString(into, key);
            into.Write(":"u8);
            WriteValue(into, member, depth);
        }
        into.Write("}"u8);
    }

    private static void WriteList(ArrayBufferWriter<byte> into, IReadOnlyList<object> value, int depth)
    {
        CheckDepth(depth);
        into.Write("["u8);
        for (var i = 0; i < value.Count; i++)
        {
            if (i > 0) into.Write(","u8);
            WriteValue(into, value[i], depth);
        }
        into.Write("]"u8);
    }

    private static void CheckDepth(int depth)
    {
        if (depth > MaxDepth) throw new ArgumentException($"Objects and lists are nested deeper than {MaxDepth}.", nameof(depth));
    }

    private static void WriteString(ArrayBufferWriter<byte> into, string text)
    {
        into.Write("\""u8);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (Escape(c) is { } escape)
            {
                into.Write(Encoding.ASCII.GetBytes(escape));
                continue;
            }
            if (!Rune.TryGetRuneAt(text, i, out var rune)) throw new ArgumentException("A string holds half a surrogate pair, which UTF-8 has no bytes for.", nameof(text));
            var span = into.GetSpan(4);
            into.Advance(rune.EncodeToUtf8(span));
            i += rune.Utf16SequenceLength - 1;
        }
        into.Write("\""u8);
    }

    private static string? Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => null,
    };
}
