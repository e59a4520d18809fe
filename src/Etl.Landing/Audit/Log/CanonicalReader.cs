using System.Globalization;
using System.Text;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// Reads canonical JSON and nothing else. Every departure is refused with its place: spaces, unsorted or repeated keys, null, fractions, exponents, integers of 2^53 and more,
/// <c>-0</c>, escapes that are not the canonical ones, bytes that are not UTF-8, a byte order mark, anything behind the object.
/// </summary>
internal ref struct CanonicalReader
{
    /// <summary>Longest text that is read. A manifest has some kilobytes; nobody's megabytes are kept in memory for being asked to look at them.</summary>
    public const int MaxBytes = 16 << 20;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;

    private CanonicalReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <exception cref="CanonicalException">The bytes are not canonical.</exception>
    public static CanonicalObject Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes) throw new CanonicalException($"it has {bytes.Length} bytes, more than {MaxBytes}");
        var reader = new CanonicalReader(bytes);
        if (reader.Peek() != '{') throw reader.Wrong("an object begins with '{'");
        var value = reader.ReadObject(1);
        if (reader._at < bytes.Length) throw reader.Wrong("nothing may stand behind the object");
        // What the rules above let through by mistake would differ here.
        if (!bytes.SequenceEqual(CanonicalJson.Write(value))) throw new CanonicalException("written again it has other bytes");
        return value;
    }

    private object ReadValue(int depth) => Peek() switch
    {
        '{' => ReadObject(depth + 1),
        '[' => ReadList(depth + 1),
        '"' => ReadString(),
        't' => ReadWord("true"u8, true),
        'f' => ReadWord("false"u8, false),
        '-' or (>= '0' and <= '9') => ReadInteger(),
        _ => throw Wrong("a value is an object, a list, a string, true, false or an integer"),
    };

    private CanonicalObject ReadObject(int depth)
    {
        CheckDepth(depth);
        _at++;
        var value = new CanonicalObject();
        if (TryTake('}')) return value;
        string? last = null;
        while (true)
        {
            if (Peek() != '"') throw Wrong("a key is a string");
            var start = _at;
            var key = ReadString();
            if (last is not null && string.CompareOrdinal(last, key) >= 0)
            {
                _at = start;
                throw Wrong(last == key ? $"the key '{key}' stands there twice" : $"the key '{key}' belongs before '{last}'");
            }
            last = key;
            Take(':');
            value.Add(key, ReadValue(depth));
            if (TryTake('}')) return value;
            Take(',');
        }
    }

    private List<object> ReadList(int depth)
    {
        CheckDepth(depth);
        _at++;
        var value = new List<object>();
        if (TryTake(']')) return value;
        while (true)
        {
            value.Add(ReadValue(depth));
            if (TryTake(']')) return value;
            Take(',');
        }
    }

    private string ReadString()
    {
        _at++;
        var text = new StringBuilder();
        while (true)
        {
            var length = _bytes[_at..].IndexOfAny((byte)'"', (byte)'\\');
            if (length < 0) throw Wrong("a string has no end");
            var part = _bytes.Slice(_at, length);
            var control = part.IndexOfAnyInRange((byte)0, (byte)0x1f);
            if (control >= 0)
            {
                _at += control;
                throw Wrong("a control character is escaped");
            }
            try
            {
                text.Append(s_strict.GetString(part));
            }
            catch (DecoderFallbackException)
            {
                throw Wrong("a string is UTF-8");
            }
            _at += length;
            if (_bytes[_at++] == '"') return text.ToString();
            text.Append(ReadEscape());
        }
    }

    private char ReadEscape()
    {
        var c = Peek();
        _at++;
        switch (c)
        {
            case '"' or '\\': return (char)c;
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u':
                // Control characters that have no short form; no other character may be hidden behind an escape.
                if (_bytes.Length - _at >= 4 && _bytes[_at] == '0' && _bytes[_at + 1] == '0' && _bytes[_at + 2] is (byte)'0' or (byte)'1'
                    && _bytes[_at + 3] is (>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f'))
                {
                    var code = (char)int.Parse(_bytes.Slice(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                    if (code is not ('\b' or '\f' or '\n' or '\r' or '\t'))
                    {
                        _at += 4;
                        return code;
                    }
                }
                break;
        }
        _at -= 2;
        throw Wrong("an escape is one of \\\" \\\\ \\b \\f \\n \\r \\t, or \\u00xx in lower case for another control character");
    }

    private long ReadInteger()
    {
        var start = _at;
        if (Peek() == '-') _at++;
        var digits = _at;
        while (Peek() is >= '0' and <= '9') _at++;
        var length = _at - digits;
        var isZero = length == 1 && _bytes[digits] == '0';
        var isGood = length is > 0 and <= 16 && (isZero ? start == digits : _bytes[digits] != '0');
        if (isGood && Peek() is not ('.' or 'e' or 'E')
            && long.Parse(_bytes[start.._at], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) is >= -CanonicalJson.MaxInteger and <= CanonicalJson.MaxInteger and var number)
            return number;
        _at = start;
        throw Wrong("a number is an integer below 2^53 without leading zeros, fraction and exponent");
    }

    private bool ReadWord(ReadOnlySpan<byte> word, bool value)
    {
        if (!_bytes[_at..].StartsWith(word)) throw Wrong("a value is an object, a list, a string, true, false or an integer");
        _at += word.Length;
        return value;
    }

    private readonly void CheckDepth(int depth)
    {
        if (depth > CanonicalJson.MaxDepth) throw Wrong($"objects and lists are nested at most {CanonicalJson.MaxDepth} deep");
    }

    private readonly int Peek() => _at < _bytes.Length ? _bytes[_at] : -1;

    private bool TryTake(char c)
    {
        if (Peek() != c) return false;
        _at++;
        return true;
    }

    private void Take(char c)
    {
        if (!TryTake(c)) throw Wrong($"here stands '{c}'");
    }

    private readonly CanonicalException Wrong(string rule) => new(string.Create(CultureInfo.InvariantCulture, $"at byte {_at}: {rule}"));
}

/// <summary>Bytes that are not canonical JSON; the message goes into a sentence.</summary>
internal sealed class CanonicalException(string message) : FormatException(message);
