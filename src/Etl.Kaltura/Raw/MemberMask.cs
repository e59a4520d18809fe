using System.Text;

namespace Etl.Kaltura.Raw;

/// <summary>
/// Writes JSON on and puts <c>"***"</c> in place of the values of some members, whatever they are: credentials that the service tells beside
/// what was asked for. Works on bytes as they come; what is no JSON passes unchanged.
/// </summary>
internal sealed class MemberMask(Stream copy, IReadOnlyList<string> members) : Stream
{
    private readonly byte[][] _names = [.. members.Select(Encoding.UTF8.GetBytes)];
    private readonly int _longest = members.Max(Encoding.UTF8.GetByteCount);
    private readonly List<byte> _text = [];
    private readonly MemoryStream _out = new();

    // Where the reading is: in a text, and whether its next byte is escaped; what is known of the member whose value follows.
    private bool _inText, _escaped, _isSecret;
    private State _state;
    private int _depth;

    private enum State
    {
        Copying, BeforeValue, InValue,
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _out.SetLength(0);
        foreach (var b in buffer.Span) Take(b);
        await copy.WriteAsync(_out.GetBuffer().AsMemory(0, (int)_out.Length), cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Write asynchronously.");

    private void Take(byte b)
    {
        if (_state == State.BeforeValue)
        {
            if (b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') return;
            _out.Write("\"***\""u8);
            (_state, _depth) = (State.InValue, 0);
        }
        if (_state == State.InValue && !Skip(b)) return;
        _out.WriteByte(b);
        Follow(b);
    }

    // True when the byte stands behind the value; everything before belongs to it.
    private bool Skip(byte b)
    {
        if (_inText)
        {
            if (_escaped) _escaped = false;
            else if (b == (byte)'\\') _escaped = true;
            else if (b == (byte)'"') _inText = false;
            return false;
        }
        switch (b)
        {
            case (byte)'"':
                _inText = true;
                return false;
            case (byte)'{' or (byte)'[':
                _depth++;
                return false;
            case (byte)',' or (byte)'}' or (byte)']' when _depth == 0:
                _state = State.Copying;
                return true;
            case (byte)'}' or (byte)']':
                _depth--;
                return false;
            default:
                return false;
        }
    }

    // Remembers the last text, which is a name when a colon follows.
    private void Follow(byte b)
    {
        if (_inText)
        {
            if (_escaped) _escaped = false;
            else if (b == (byte)'\\') _escaped = true;
            else if (b == (byte)'"') (_inText, _isSecret) = (false, IsSecret());
            if (_inText && _text.Count <= _longest) _text.Add(b);
        }
        else if (b == (byte)'"')
        {
            _inText = true;
            _text.Clear();
        }
        else if (b == (byte)':' && _isSecret)
        {
            (_state, _isSecret) = (State.BeforeValue, false);
        }
        else if (b is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
        {
            _isSecret = false;
        }
    }

    private bool IsSecret() => Array.Exists(_names, name => name.AsSpan().SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_text)));
}
