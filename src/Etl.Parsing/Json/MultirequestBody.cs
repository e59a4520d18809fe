using System.Buffers;

namespace Etl.Parsing;

/// <summary>
/// Cuts a multirequest reply into its positions while it arrives (wire facts 1.6): a JSON array in the order of the requests, where a
/// failing part has its error object at its position. Read each position with the reader of its action. A body that is no array, as when
/// the request failed as a whole, is one position. One reader at a time.
/// </summary>
/// <param name="body">The decoded body. Not closed.</param>
public sealed class MultirequestBody(Stream body)
{
    private const int BufferBytes = 32 * 1024;

    private static readonly SearchValues<byte> s_signs = SearchValues.Create("\"{}[],"u8);
    private static readonly byte[] s_white = [.. " \t\r\n"u8];

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private long _bytes;
    private bool _began;
    private bool _isArray;
    private bool _isOver;

    // The open position: its number, and where in it the reading is.
    private int _number;
    private bool _isOpen;
    private int _depth;
    private bool _inText;
    private bool _escaped;

    /// <summary>
    /// Gives the next position as a stream that ends with it, or null behind the last one. What was left unread of the position before is passed over.
    /// </summary>
    /// <exception cref="ReportFormatException">The array is cut off or damaged between positions. A position that is cut inside ends early: its own reader says so.</exception>
    public async ValueTask<Stream?> NextAsync(CancellationToken cancellation)
    {
        while (await HasMoreAsync(cancellation).ConfigureAwait(false)) _start += Take(_buffer.AsSpan(_start, _end - _start));
        if (_isOver) return null;
        var next = await PeekAsync(cancellation).ConfigureAwait(false);
        if (!_began)
        {
            _began = true;
            _isArray = next == '[';
            _isOver = !_isArray;
            if (!_isArray) return Open();
            _start++;
            if (await PeekAsync(cancellation).ConfigureAwait(false) != ']') return Open();
        }
        else if (next == ',')
        {
            _start++;
            await PeekAsync(cancellation).ConfigureAwait(false);
            return Open();
        }
        else if (next < 0)
        {
            throw new ReportFormatException(ReportFormatException.Truncated, $"The reply ends at byte {_bytes}, between the answers of a multirequest.", _bytes);
        }
        _start++;
        _isOver = true;
        if (await PeekAsync(cancellation).ConfigureAwait(false) >= 0)
        {
            var place = _bytes - _end + _start;
            throw new ReportFormatException(ReportFormatException.NotJson, $"The reply goes on behind its JSON value at byte {place}.", place);
        }
        return null;
    }

    /// <summary>The next byte that is no white space, still unread; -1 at the end.</summary>
    private async ValueTask<int> PeekAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (_start == _end && !await FillAsync(cancellation).ConfigureAwait(false)) return -1;
            if (_bytes == _end && _start == 0 && _buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8)) _start = 3;
            var skip = _buffer.AsSpan(_start, _end - _start).IndexOfAnyExcept(s_white);
            if (skip >= 0) return _buffer[_start += skip];
            _start = _end;
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        _start = 0;
        // A byte-order mark comes whole.
        _end = _bytes == 0
            ? await body.ReadAtLeastAsync(_buffer, 3, throwOnEndOfStream: false, cancellation).ConfigureAwait(false)
            : await body.ReadAsync(_buffer, cancellation).ConfigureAwait(false);
        _bytes += _end;
        return _end > 0;
    }

    private Element Open()
    {
        (_isOpen, _depth, _inText, _escaped) = (true, 0, false, false);
        return new Element(this, ++_number);
    }

    /// <summary>True while the open position goes on; fills the buffer when it is used up.</summary>
    private async ValueTask<bool> HasMoreAsync(CancellationToken cancellation)
    {
        if (_isOpen && _start == _end && !await FillAsync(cancellation).ConfigureAwait(false)) _isOpen = false;
        return _isOpen;
    }

    /// <summary>How many of these bytes belong to the open position; closes it behind the last one.</summary>
    private int Take(ReadOnlySpan<byte> bytes)
    {
        if (!_isArray) return bytes.Length;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (_inText)
            {
                var quote = bytes[i..].IndexOf((byte)'"');
                var text = quote < 0 ? bytes[i..] : bytes.Slice(i, quote);
                _escaped = EscapesNext(text, _escaped);
                if (quote < 0) return bytes.Length;
                i += quote;
                (_inText, _escaped) = (_escaped, false);
                continue;
            }
            var sign = bytes[i..].IndexOfAny(s_signs);
            if (sign < 0) return bytes.Length;
            i += sign;
            switch (bytes[i])
            {
                case (byte)'"':
                    _inText = true;
                    break;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    break;
                case (byte)',' when _depth > 0:
                    break;
                case (byte)'}' or (byte)']' when _depth > 0:
                    _depth--;
                    break;
                case (byte)'}':
                    throw new ReportFormatException(ReportFormatException.NotJson, "The reply closes an object that it did not open.");
                default:
                    _isOpen = false;
                    return i;
            }
        }
        return bytes.Length;
    }

    /// <summary>True when the byte behind a piece of text is escaped: an odd number of backslashes ends it.</summary>
    private static bool EscapesNext(ReadOnlySpan<byte> text, bool escaped)
    {
        var last = text.LastIndexOfAnyExcept((byte)'\\');
        var run = text.Length - 1 - last;
        // The first one may itself be escaped by a byte before this piece.
        if (last < 0 && escaped) return run == 0 || (run - 1) % 2 == 1;
        return run % 2 == 1;
    }

    /// <summary>The bytes of one position, for as long as it is the open one.</summary>
    private sealed class Element(MultirequestBody owner, int number) : ReadOnlyStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.IsEmpty || number != owner._number || !await owner.HasMoreAsync(cancellationToken).ConfigureAwait(false)) return 0;
            var fresh = owner._buffer.AsSpan(owner._start, Math.Min(owner._end - owner._start, buffer.Length));
            var take = owner.Take(fresh);
            fresh[..take].CopyTo(buffer.Span);
            owner._start += take;
            return take;
        }
    }
}
