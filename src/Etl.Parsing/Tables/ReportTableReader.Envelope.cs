using System.Text.Json;

namespace Etl.Parsing;

// Step 2: the JSON around the rows. The framework's reader follows everything but long strings at the top, which are streamed.
public sealed partial class ReportTableReader
{
    // Longest token outside of data. A header of 2,000 names of 60 bytes is 120 KB.
    private const int MaxTokenBytes = 4 << 20;

    // Longest row. Checked cell by cell once its end is known; this only bounds the waiting for the end.
    private const int MaxRowBytes = 64 << 20;

    private enum Mode
    {
        Start,
        Json,
        Value,
        Data,
        Skip,
        Rows,
        Held,
        End,
    }

    private enum Member
    {
        None,
        Other,
        Header,
        Data,
        TotalCount,
        Code,
        Message,
        ObjectType,
        Args,
    }

    private static readonly Dictionary<string, string> s_noArgs = [];
    private Mode _mode;
    private Mode _afterRows;
    private JsonReaderState _json;
    private Member _member;
    private string? _argument;
    private int _quoteFrom;
    private int _semicolonFrom;
    private bool _isComplete;

    private IReadOnlyList<string>? _header;
    private bool _sawHeader;
    private bool _sawData;
    private bool _dataNull;
    private long? _totalCount;
    private string? _code;
    private string? _message;
    private string? _objectType;
    private Dictionary<string, string> _args = [];

    private void BeginEnvelope()
    {
        _mode = Mode.Start;
        _json = new JsonReaderState(new JsonReaderOptions { MaxDepth = 64 });
        _member = Member.None;
        _argument = null;
        _quoteFrom = _semicolonFrom = 0;
        _isComplete = false;
        _header = null;
        _sawHeader = _sawData = _dataNull = false;
        _totalCount = null;
        _code = _message = _objectType = null;
        _args = s_noArgs;
    }

    // Goes on until the batch is full (true) or more bytes are needed (false).
    private bool Advance()
    {
        while (true)
        {
            switch (_mode)
            {
                case Mode.Start:
                    if (!FindObject()) return false;
                    break;
                case Mode.Json:
                    if (!ReadTokens()) return false;
                    break;
                case Mode.Value:
                    if (!ReadValueStart()) return false;
                    break;
                case Mode.Data:
                    if (!ReadBlock()) return false;
                    break;
                case Mode.Skip:
                    if (!SkipString()) return false;
                    break;
                case Mode.Rows:
                    if (!FillBatch()) return true;
                    _mode = _afterRows;
                    break;
                case Mode.Held:
                    ReadHeld();
                    break;
                case Mode.End:
                    return ReadEnd();
            }
        }
    }

    private void Finish()
    {
        if (_isComplete && _checked == _end) return;
        if (_mode == Mode.Start && _checked == _end)
            throw new ReportFormatException(ReportFormatException.EmptyBody, "The reply has no body; the service leaves it out when the request was killed.", _bytes);
        throw new ReportFormatException(
            ReportFormatException.Truncated, $"The reply ends at byte {_bytes}, inside {(_mode == Mode.Data ? $"row {_rows + 1}" : "its JSON object")}.", _bytes, _mode == Mode.Data ? _rows + 1 : null);
    }

    private bool FindObject()
    {
        // A byte order mark is no part of JSON; some gateways add one.
        if (OffsetOf(_start) == 0 && _buffer[0] == 0xEF)
        {
            if (_checked < 3) return false;
            if (_buffer[1] == 0xBB && _buffer[2] == 0xBF) _start = 3;
        }
        if (!SkipBlanks()) return false;
        switch (_buffer[_start])
        {
            case (byte)'{':
                _mode = Mode.Json;
                return true;
            case (byte)'<':
                ThrowMarkup(OffsetOf(_start));
                return false;
            default:
                throw NotJson($"The reply is not a JSON object at byte {OffsetOf(_start)}; a report table is one.", OffsetOf(_start));
        }
    }

    private bool SkipBlanks()
    {
        while (_start < _checked && _buffer[_start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') _start++;
        return _start < _checked;
    }

    private bool ReadTokens()
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _checked - _start), isFinalBlock: false, _json);
        var turned = false;
        try
        {
            while (!turned && reader.Read()) turned = TakeToken(ref reader);
        }
        catch (JsonException fault)
        {
            throw NotJson($"The reply is not JSON at byte {OffsetOf(_start + (int)reader.BytesConsumed)}.", OffsetOf(_start + (int)reader.BytesConsumed), fault);
        }
        _start += (int)reader.BytesConsumed;
        _json = reader.CurrentState;
        if (!turned && _checked - _start > MaxTokenBytes) ThrowLongToken(OffsetOf(_start));
        return turned;
    }

    // True when another mode goes on.
    private bool TakeToken(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        if (reader.ValueSpan.Length > MaxTokenBytes) ThrowLongToken(OffsetOf(_start + (int)reader.TokenStartIndex));
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName when depth == 1:
                Enter(Identify(Text(ref reader)));
                _mode = Mode.Value;
                return true;
            case JsonTokenType.EndObject when depth == 0:
                _mode = Mode.End;
                return true;
            case JsonTokenType.PropertyName:
                _argument = Text(ref reader);
                return false;
            case JsonTokenType.StartObject when depth == 0:
                return false;
        }
        if (depth == 1) return TakeMember(ref reader);
        if (_member == Member.Args && depth == 2 && _argument is not null && IsScalar(reader.TokenType))
        {
            if (ReferenceEquals(_args, s_noArgs)) _args = [];
            _args[_argument] = reader.TokenType == JsonTokenType.String ? Text(ref reader) : System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
            _argument = null;
        }
        else if (reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped)
        {
            _ = Text(ref reader);
        }
        return false;
    }

    private bool TakeMember(ref Utf8JsonReader reader)
    {
        var token = reader.TokenType;
        switch (_member)
        {
            case Member.Header when token == JsonTokenType.String:
                TakeHeader(ref reader);
                _mode = _held.Count > 0 ? Mode.Held : Mode.Json;
                return _held.Count > 0;
            case Member.Header when token != JsonTokenType.Null:
                throw new ReportFormatException(ReportFormatException.BadHeader, "The reply's 'header' is not text.", OffsetOf(_start));
            case Member.Data when token == JsonTokenType.Null:
                _dataNull = true;
                break;
            case Member.Data:
                throw NotJson($"The reply's 'data' is not text at byte {OffsetOf(_start)}.", OffsetOf(_start));
            case Member.TotalCount:
                _totalCount = Count(ref reader);
                break;
            case Member.Code when token is JsonTokenType.String or JsonTokenType.Number:
                _code = Scalar(ref reader);
                break;
            case Member.Message when token is JsonTokenType.String:
                _message = Scalar(ref reader);
                break;
            case Member.ObjectType when token is JsonTokenType.String:
                _objectType = Scalar(ref reader);
                break;
        }
        if (IsScalar(token) || token is JsonTokenType.EndObject or JsonTokenType.EndArray) _member = Member.None;
        return false;
    }

    private void Enter(Member member)
    {
        if ((member == Member.Header && _sawHeader) || (member == Member.Data && _sawData))
            throw NotJson($"The reply holds '{(member == Member.Header ? "header" : "data")}' twice, again at byte {OffsetOf(_start)}.", OffsetOf(_start));
        _sawHeader |= member == Member.Header;
        _sawData |= member == Member.Data;
        _member = member;
        _argument = null;
    }

    // The value of a top member: long strings are streamed past the JSON reader, which is shown a null in their place.
    private bool ReadValueStart()
    {
        if (!SkipBlanks()) return false;
        _mode = Mode.Json;
        if (_buffer[_start] != (byte)'"' || _member is not (Member.Data or Member.Other)) return true;
        var stand = new Utf8JsonReader("null"u8, isFinalBlock: false, _json);
        stand.Read();
        _json = stand.CurrentState;
        _start++;
        _quoteFrom = _semicolonFrom = 0;
        _mode = _member == Member.Data ? Mode.Data : Mode.Skip;
        _member = Member.None;
        return true;
    }

    private bool ReadEnd()
    {
        _isComplete = true;
        if (SkipBlanks()) throw NotJson($"The reply goes on behind its JSON object at byte {OffsetOf(_start)}.", OffsetOf(_start));
        if (_held.Count > 0)
            throw new ReportFormatException(ReportFormatException.BadHeader, "The reply has rows but no header.");
        return false;
    }

    private static Member Identify(string name) => name switch
    {
        "header" => Member.Header,
        "data" => Member.Data,
        "totalCount" => Member.TotalCount,
        "code" => Member.Code,
        "message" => Member.Message,
        "objectType" => Member.ObjectType,
        "args" => Member.Args,
        _ => Member.Other,
    };

    private static bool IsScalar(JsonTokenType token) =>
        token is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null;

    private string Scalar(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? Text(ref reader) : System.Text.Encoding.UTF8.GetString(reader.ValueSpan);

    // Number or numeric text; anything else counts as absent, since the count alone never decides anything.
    private unsafe long? Count(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String)) return null;
        var text = Scalar(ref reader);
        Span<byte> bytes = stackalloc byte[64];
        if (!System.Text.Encoding.UTF8.TryGetBytes(text, bytes, out var length) || length == 0) return null;
        fixed (byte* start = bytes) return NumberCell.TryInt64(start, length, out var count) ? count : null;
    }

    // A short string with its escapes removed; unlike the framework's, refuses lone surrogates with our exception.
    private string Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException fault)
        {
            throw LoneSurrogate(OffsetOf(_start + (int)reader.TokenStartIndex), fault);
        }
    }

    private static void ThrowLongToken(long offset) =>
        throw new ReportFormatException(
            ReportFormatException.TooLarge, $"The reply holds a JSON value of more than {MaxTokenBytes} bytes outside of its rows, at byte {offset}.", offset);

    private static ReportFormatException NotJson(string message, long offset, Exception? inner = null) =>
        new(ReportFormatException.NotJson, message, offset, inner: inner);

    private static ReportFormatException LoneSurrogate(long offset, Exception? inner = null) =>
        new(ReportFormatException.BadUtf8, $"The reply holds an escaped surrogate without its partner at byte {offset}.", offset, inner: inner);
}
