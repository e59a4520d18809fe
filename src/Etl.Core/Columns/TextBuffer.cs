using System.Runtime.CompilerServices;

namespace Etl.Core.Columns;

/// <summary>Text cells as UTF-8 bytes and offsets: row i is bytes [offsets[i], offsets[i+1]). Never a string per cell.</summary>
/// <remarks>
/// Rows of a file may be loaded as places in text that many of them share (its dictionary). What asks for rows one by one reads them there; the first
/// use of <see cref="Bytes"/>, <see cref="Offsets"/> or of a method that appends copies them. Not for two threads, not even to read.
/// </remarks>
public sealed class TextBuffer : ColumnBuffer
{
    private byte[] _bytes = new byte[4096];
    private int[] _offsets = new int[1025];
    // Where rows share text: that text, and where each of them begins and how long it is.
    private SharedText? _shared, _lastShared;
    private int[] _starts = [];
    private int[] _lengths = [];

    /// <summary>All bytes, row after row.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            Unshare();
            return _bytes.AsSpan(0, _offsets[Count]);
        }
    }

    /// <summary><see cref="ColumnBuffer.Count"/> + 1 offsets; the first is 0.</summary>
    public ReadOnlySpan<int> Offsets
    {
        get
        {
            Unshare();
            return _offsets.AsSpan(0, Count + 1);
        }
    }

    /// <summary>The bytes of one row; empty for a null.</summary>
    public ReadOnlySpan<byte> this[int row] =>
        _shared is null ? _bytes.AsSpan(_offsets[row], _offsets[row + 1] - _offsets[row]) : _shared.Bytes.AsSpan(_starts[row], _lengths[row]);

    /// <summary>Bytes of one row; 0 for a null.</summary>
    public int LengthOf(int row) => _shared is null ? _offsets[row + 1] - _offsets[row] : _lengths[row];

    /// <summary>Adds the bytes of some rows to a number each.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="lengths">One number per row.</param>
    /// <exception cref="OverflowException">A sum is more than an int holds.</exception>
    public void AddLengths(int first, Span<int> lengths)
    {
        if (_shared is null)
        {
            var offsets = _offsets.AsSpan(first, lengths.Length + 1);
            for (var row = 0; row < lengths.Length; row++) lengths[row] = checked(lengths[row] + (offsets[row + 1] - offsets[row]));
        }
        else
        {
            var rows = _lengths.AsSpan(first, lengths.Length);
            for (var row = 0; row < lengths.Length; row++) lengths[row] = checked(lengths[row] + rows[row]);
        }
    }

    /// <summary>The first row that holds a NUL, or -1.</summary>
    public int RowWithNul()
    {
        if (_shared is { HoldsNul: false }) return -1;
        if (_shared is null && _bytes.AsSpan(0, _offsets[Count]).IndexOf((byte)0) < 0) return -1;
        for (var row = 0; row < Count; row++)
            if (this[row].Contains((byte)0)) return row;
        return -1;
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        base.Clear();
        _shared = null;
    }

    /// <summary>Appends text that the caller has checked to be valid UTF-8.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        Unshare();
        var end = _offsets[Count];
        if (_bytes.Length - end < utf8.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, end + utf8.Length));
        utf8.CopyTo(_bytes.AsSpan(end));
        Close(end + utf8.Length);
        Mark(present: true);
    }

    /// <inheritdoc/>
    public override void AppendNull()
    {
        Unshare();
        Close(_offsets[Count]);
        Mark(present: false);
    }

    /// <inheritdoc/>
    public override void AppendFrom(ColumnBuffer source, int row)
    {
        if (source.IsNull(row)) AppendNull();
        else Append(((TextBuffer)source)[row]);
    }

    /// <inheritdoc/>
    public override void AppendRange(ColumnBuffer source, int start, int rows)
    {
        Unshare();
        var text = (TextBuffer)source;
        var bytes = text.Bytes[text._offsets[start]..text._offsets[start + rows]];
        var first = _offsets[Count];
        var (endRow, endByte) = (Count + rows, checked(first + bytes.Length));
        if (_bytes.Length < endByte) Array.Resize(ref _bytes, (int)Math.Max(Math.Min(_bytes.Length * 2L, Array.MaxLength), endByte));
        if (_offsets.Length <= endRow) Array.Resize(ref _offsets, Math.Max((_offsets.Length - 1) * 2, endRow) + 1);
        bytes.CopyTo(_bytes.AsSpan(first));
        var shift = first - text._offsets[start];
        for (var row = 1; row <= rows; row++) _offsets[Count + row] = text._offsets[start + row] + shift;
        MarkLike(text, start, rows);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AppendRows(ColumnBuffer source, ReadOnlySpan<int> rows)
    {
        Unshare();
        var text = (TextBuffer)source;
        long bytes = 0;
        foreach (var row in rows) bytes += text.LengthOf(row);
        var (endRow, need) = (Count + rows.Length, checked((int)(_offsets[Count] + bytes + Slack)));
        if (_bytes.Length < need) Array.Resize(ref _bytes, (int)Math.Max(Math.Min(_bytes.Length * 2L, Array.MaxLength), need));
        if (_offsets.Length <= endRow) Array.Resize(ref _offsets, Math.Max((_offsets.Length - 1) * 2, endRow) + 1);
        var end = _offsets[Count];
        for (var row = 0; row < rows.Length; row++)
        {
            end += text.CopyRow(rows[row], _bytes.AsSpan(end));
            _offsets[Count + 1 + row] = end;
        }
        MarkLike(text, rows);
    }

    /// <summary>Bytes behind the text that <see cref="Extend"/> always adds, so that short cells can be copied by whole vectors.</summary>
    public const int Slack = 64;

    /// <summary>
    /// Appends rows that count as present and hands out room for their text. The caller writes the cells one behind the
    /// other from the start of <paramref name="room"/> and, for each row, the offset of its end:
    /// <paramref name="first"/> plus the bytes written so far. Both spans are good until the next call that appends.
    /// </summary>
    /// <param name="rows">Rows to append.</param>
    /// <param name="bytes">Length of all their cells together, exactly.</param>
    /// <param name="room"><paramref name="bytes"/> bytes plus <see cref="Slack"/> that may be overwritten freely.</param>
    /// <param name="first">Offset at which the first new cell starts.</param>
    /// <returns>One slot per row for the offset of the cell's end.</returns>
    public Span<int> Extend(int rows, int bytes, out Span<byte> room, out int first)
    {
        Unshare();
        var start = Count;
        first = _offsets[start];
        var need = checked(first + bytes + Slack);
        if (_bytes.Length < need) Array.Resize(ref _bytes, (int)Math.Max(Math.Min(_bytes.Length * 2L, Array.MaxLength), need));
        if (_offsets.Length - 1 - start < rows) Array.Resize(ref _offsets, Math.Max((_offsets.Length - 1) * 2, start + rows) + 1);
        MarkPresent(rows);
        room = _bytes.AsSpan(first, bytes + Slack);
        return _offsets.AsSpan(start + 1, rows);
    }

    /// <summary>Copies the bytes of one row to the start of a room, and returns how many they are.</summary>
    /// <param name="row">The row; a null has no bytes.</param>
    /// <param name="room">Must take them; what lies behind them, up to <see cref="Slack"/> bytes, may be overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CopyRow(int row, Span<byte> room)
    {
        var (bytes, start, length) = _shared is null ? (_bytes, _offsets[row], _offsets[row + 1] - _offsets[row]) : (_shared.Bytes, _starts[row], _lengths[row]);
        // So many always: how long a text is cannot be foreseen, and a wrong guess costs more than the copy.
        if (length <= Slack && room.Length >= Slack && bytes.Length - start >= Slack)
            bytes.AsSpan(start, Slack).CopyTo(room);
        else
            bytes.AsSpan(start, length).CopyTo(room);
        return length;
    }

    /// <summary>Loads whole columns at once into an empty buffer; offsets may start above 0; empty validity means no nulls.</summary>
    public void Load(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> offsets, ReadOnlySpan<ulong> validity)
    {
        RequireEmpty();
        _shared = null;
        var rows = offsets.Length - 1;
        if (_offsets.Length < offsets.Length) _offsets = new int[offsets.Length];
        var start = offsets[0];
        for (var i = 0; i <= rows; i++) _offsets[i] = offsets[i] - start;
        var length = _offsets[rows];
        if (_bytes.Length < length) _bytes = new byte[length];
        bytes.Slice(start, length).CopyTo(_bytes);
        TakeValidity(validity, rows);
    }

    /// <summary>Loads rows into an empty buffer as places in text that they share, which stays what it is until the buffer is cleared.</summary>
    /// <param name="source">What the text belongs to: the same object means the same text as before.</param>
    /// <param name="text">The text.</param>
    /// <param name="length">Bytes of it that mean something.</param>
    /// <param name="starts">Where each row begins in it; a null's place has no bytes.</param>
    /// <param name="lengths">How long each row is.</param>
    /// <param name="validity">Empty for no nulls.</param>
    public void LoadShared(object source, byte[] text, int length, ReadOnlySpan<int> starts, ReadOnlySpan<int> lengths, ReadOnlySpan<ulong> validity)
    {
        RequireEmpty();
        if (_starts.Length < starts.Length) (_starts, _lengths) = (new int[starts.Length], new int[starts.Length]);
        starts.CopyTo(_starts);
        lengths.CopyTo(_lengths);
        TakeValidity(validity, starts.Length);
        _shared = _lastShared = _lastShared is { } last && ReferenceEquals(last.Source, source) ? last : new SharedText(source, text, length);
    }

    private void Unshare()
    {
        if (_shared is not null) CopyShared();
    }

    private void CopyShared()
    {
        long bytes = 0;
        for (var row = 0; row < Count; row++) bytes += _lengths[row];
        var need = checked((int)(bytes + Slack));
        if (_bytes.Length < need) _bytes = new byte[Math.Max((int)Math.Min(_bytes.Length * 2L, Array.MaxLength), need)];
        if (_offsets.Length <= Count) _offsets = new int[Math.Max((_offsets.Length - 1) * 2, Count) + 1];
        var end = 0;
        for (var row = 0; row < Count; row++)
        {
            end += CopyRow(row, _bytes.AsSpan(end));
            _offsets[row + 1] = end;
        }
        _shared = null;
    }

    private void Close(int end)
    {
        if (Count + 1 == _offsets.Length) Array.Resize(ref _offsets, (_offsets.Length - 1) * 2 + 1);
        _offsets[Count + 1] = end;
    }
}

/// <summary>Text that many rows share, such as the entries of a file's dictionary one behind the other.</summary>
internal sealed class SharedText(object source, byte[] bytes, int length)
{
    private bool? _holdsNul;

    public object Source => source;

    public byte[] Bytes => bytes;

    /// <summary>True when a NUL is in it; the first question reads all of it.</summary>
    public bool HoldsNul => _holdsNul ??= bytes.AsSpan(0, length).Contains((byte)0);
}
