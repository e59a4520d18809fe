using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Etl.Core.Columns;

namespace Etl.Parsing;

// Steps 3 and 4: blocks of rows.
public sealed partial class ReportTableReader
{
    private const int HeldBytes = BufferBytes;

    private readonly CellRefused _refused;
    private readonly Refusals _refusals = new();

    // Raw rows that came before the header, cut behind semicolons like the blocks of the stream.
    private readonly List<HeldBlock> _held = [];
    private int _heldNext;

    private byte[] _text = new byte[BufferBytes + JsonText.Slack];
    private int[] _ends = new int[4096];
    private byte[] _headerBytes = [];
    private IReadOnlyList<string>? _headerNames;
    private TablePlan? _plan;
    private RowBatch? _batch;
    private SideMap? _sideMap;
    private int _cells;
    private long _rows;
    private int _blockRows;
    private int _blockNext;
    private int _faultColumn;

    private sealed class HeldBlock(byte[] bytes, long offset)
    {
        internal readonly byte[] Bytes = bytes;
        internal readonly long Offset = offset;
        internal int Length;
    }

    private void BeginRows()
    {
        _held.Clear();
        _heldNext = 0;
        _batch?.Clear();
        _refusals.Clear();
        _plan = null;
        _cells = 0;
        _rows = 0;
        _blockRows = _blockNext = 0;
    }

    private void TakeHeader(ref Utf8JsonReader reader)
    {
        var offset = OffsetOf(_start + (int)reader.TokenStartIndex);
        // Pages of a chain repeat the header: the names are made once.
        if (_headerNames is null || !_headerBytes.AsSpan().SequenceEqual(reader.ValueSpan))
        {
            _headerNames = null;
            var names = Text(ref reader).Split(_options.Delimiter);
            HeaderNames.Check(names, _options.MaxColumns, offset);
            _headerBytes = reader.ValueSpan.ToArray();
            _headerNames = names;
        }
        _header = _headerNames;
        _cells = _header.Count;
        var plan = _bind(_header);
        ArgumentNullException.ThrowIfNull(plan);
        var faults = plan.FindFaults(_cells);
        if (faults.Count > 0) throw new ArgumentException($"The plan does not fit the header: {string.Join("; ", faults)}.");
        if (_batch is null || !ReferenceEquals(_batch.Schema, plan.Schema)) _batch = new RowBatch(plan.Schema);
        _sideMap = SideMap.Of(plan, _header);
        _plan = plan;
    }

    // Step 3. Finds the next rows of data in the buffer; false when more bytes are needed.
    private bool ReadBlock()
    {
        var inside = _buffer.AsSpan(_start, _checked - _start);
        var last = inside[_semicolonFrom..].LastIndexOf((byte)';');
        if (last >= 0)
        {
            var length = _semicolonFrom + last + 1;
            var closed = false;
            if (_plan is null)
            {
                var from = 0;
                var quote = JsonText.FindQuote(inside[..length], ref from);
                closed = quote >= 0;
                if (closed) length = quote;
                Hold(inside[..length]);
            }
            else
            {
                length = Load(_buffer, _start, length, OffsetOf(_start), out closed);
            }
            Leave(length, closed);
            return true;
        }
        _semicolonFrom = inside.Length;
        var end = JsonText.FindQuote(inside, ref _quoteFrom);
        if (end < 0)
        {
            if (inside.Length > MaxRowBytes)
                throw new ReportFormatException(ReportFormatException.TooLarge, $"Row {_rows + 1} is longer than {MaxRowBytes} bytes.", OffsetOf(_start), _rows + 1);
            return false;
        }
        if (_plan is null) Hold(inside[..end]);
        else Load(_buffer, _start, end, OffsetOf(_start), out _);
        Leave(end, closed: true);
        return true;
    }

    private void Leave(int length, bool closed)
    {
        _start += closed ? length + 1 : length;
        _quoteFrom = _semicolonFrom = 0;
        _afterRows = closed ? Mode.Json : Mode.Data;
        _mode = Mode.Rows;
    }

    // A long string that nobody asked for: its escapes are checked, its text is thrown away.
    private unsafe bool SkipString()
    {
        var length = _checked - _start;
        if (_text.Length - JsonText.Slack < length) _text = new byte[length + JsonText.Slack];
        UnescapeEnd end;
        int read;
        fixed (byte* source = _buffer)
        fixed (byte* target = _text) end = JsonText.Unescape(source + _start, length, target, out read, out _);
        if (end is UnescapeEnd.BadEscape or UnescapeEnd.LoneSurrogate && length - read < 12)
        {
            // The escape, or the second half of its pair, may still be on its way; not when the string ends before.
            var from = 0;
            if (JsonText.FindQuote(_buffer.AsSpan(_start + read, length - read), ref from) < 0) end = UnescapeEnd.Input;
        }
        Refuse(end, OffsetOf(_start) + read);
        _start += read;
        if (end != UnescapeEnd.Quote) return false;
        _start++;
        _mode = Mode.Json;
        return true;
    }

    private void Hold(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty) return;
        var block = _held.Count > 0 ? _held[^1] : null;
        if (block is null || block.Bytes.Length - JsonText.Slack - block.Length < raw.Length)
        {
            block = new HeldBlock(new byte[Math.Max(HeldBytes, raw.Length) + JsonText.Slack], OffsetOf(_start));
            _held.Add(block);
        }
        raw.CopyTo(block.Bytes.AsSpan(block.Length));
        block.Length += raw.Length;
    }

    private void ReadHeld()
    {
        if (_heldNext == _held.Count)
        {
            _held.Clear();
            _heldNext = 0;
            _mode = Mode.Json;
            return;
        }
        var block = _held[_heldNext];
        _held[_heldNext++] = null!;
        Load(block.Bytes, 0, block.Length, block.Offset, out _);
        _afterRows = Mode.Held;
        _mode = Mode.Rows;
    }

    // Unescapes raw bytes of a JSON string into the text buffer; returns raw bytes used.
    private unsafe int Unescape(byte[] raw, int start, int length, long offset, out int written)
    {
        if (_text.Length - JsonText.Slack < length) _text = new byte[length + JsonText.Slack];
        UnescapeEnd end;
        int read;
        fixed (byte* source = raw)
        fixed (byte* target = _text) end = JsonText.Unescape(source + start, length, target, out read, out written);
        Refuse(end, offset + read);
        return read;
    }

    private static void Refuse(UnescapeEnd end, long offset)
    {
        switch (end)
        {
            case UnescapeEnd.BadEscape:
                throw NotJson($"The reply holds a wrong escape at byte {offset}.", offset);
            case UnescapeEnd.Control:
                throw NotJson($"The reply holds a raw control character in a string at byte {offset}.", offset);
            case UnescapeEnd.LoneSurrogate:
                throw LoneSurrogate(offset);
        }
    }

    // Makes a block of rows ready to be filled from; returns the raw bytes used, which is less than given when the string ends before.
    private unsafe int Load(byte[] raw, int start, int length, long offset, out bool closed)
    {
        var read = Unescape(raw, start, length, offset, out var written);
        closed = read < length;
        _blockRows = _blockNext = 0;
        if (written == 0) return read;
        // One slot per byte is always enough; only a very long row is worth counting first.
        var places = written <= 2 * BufferBytes ? written : _text.AsSpan(0, written).Count(_delimiter[0]) + _text.AsSpan(0, written).Count((byte)';');
        if (_ends.Length < places + CellIndex.Slack + 1) _ends = new int[Math.Max(places, BufferBytes) + CellIndex.Slack + 1];
        fixed (byte* text = _text)
        fixed (int* ends = _ends)
        {
            // A virtual semicolon stands before the text.
            ends[0] = -1;
            var count = CellIndex.Build(text, written, _delimiter[0], ends + 1, out var rows);
            if (_delimiter.Length > 1)
            {
                count = CellIndex.Confirm(text, written, _delimiter, ends + 1, count, out var doubtful);
                if (doubtful >= 0) ThrowDoubtful(raw.AsSpan(start, read), offset, doubtful);
            }
            if (text[written - 1] != (byte)';') ThrowUnterminated(offset + read, rows);
            if (!IsRegular(text, ends + 1, count, rows)) ThrowBadRow(raw.AsSpan(start, read), offset, count);
            CheckCells(ends, rows, raw.AsSpan(start, read), offset);
            _blockRows = rows;
        }
        return read;
    }

    private unsafe bool IsRegular(byte* text, int* ends, int count, int rows)
    {
        if (count != (long)rows * _cells) return false;
        // As many places as rows hold a semicolon, so with one at the end of each row there is none inside.
        for (var end = ends + _cells - 1; end < ends + count; end += _cells)
            if (text[*end] != (byte)';') return false;
        return true;
    }

    private unsafe void CheckCells(int* ends, int rows, ReadOnlySpan<byte> raw, long offset)
    {
        var limit = _options.MaxCellBytes;
        for (var row = 0; row < rows; row++)
        {
            var first = ends + ((long)row * _cells);
            if (first[_cells] - first[0] - 1 <= limit) continue;
            for (var cell = 0; cell < _cells; cell++)
            {
                var start = first[cell] + (cell == 0 ? 1 : _delimiter.Length);
                if (first[cell + 1] - start > limit) ThrowLongCell(row, cell, first[cell + 1] - start, raw, offset, first[0] + 1);
            }
        }
    }

    // Step 4. Moves rows of the block into the batch; false when the batch is full.
    private unsafe bool FillBatch()
    {
        if (_blockNext == _blockRows) return true;
        var plan = _plan!;
        var batch = _batch!;
        while (_blockNext < _blockRows)
        {
            var free = _options.BatchRows - batch.RowCount;
            if (free == 0) return false;
            var rows = Math.Min(free, _blockRows - _blockNext);
            var index = batch.RowCount;
            fixed (byte* text = _text)
            fixed (int* ends = _ends)
            {
                var first = ends + ((long)_blockNext * _cells);
                var skipped = 0;
                for (var cell = 0; cell < _cells; cell++)
                {
                    var run = new CellRun(text, first + cell, _cells, cell == 0 ? 1 : _delimiter.Length, rows);
                    if (plan.Targets[cell] < 0)
                    {
                        if (_sideMap is not null) _sideMap.Runs[skipped++] = run;
                        continue;
                    }
                    _faultColumn = cell;
                    ColumnFiller.Fill(plan.Formats[cell], run, batch[plan.Targets[cell]], plan.OffsetMinutes, _refused);
                }
                _sideMap?.Fill(rows, batch.Text(plan.Extra));
            }
            if (_refusals.Any) _refusals.MoveTo(batch, index, _rows + 1, RawRowOf);
            _blockNext += rows;
            _rows += rows;
        }
        return true;
    }

    private unsafe void Refuse(int row, byte* cell, int length) =>
        _refusals.Add(row, _header![_faultColumn], new ReadOnlySpan<byte>(cell, length), _plan!.Formats[_faultColumn]);

    // A row of those that FillBatch moves, as it was sent.
    private string RawRowOf(int row)
    {
        var first = (_blockNext + row) * _cells;
        return RawRow.Of(_header!, cell =>
        {
            var start = _ends[first + cell] + (cell == 0 ? 1 : _delimiter.Length);
            return _text.AsSpan(start, _ends[first + cell + 1] - start);
        });
    }

    [DoesNotReturn]
    private unsafe void ThrowBadRow(ReadOnlySpan<byte> raw, long offset, int count)
    {
        var cells = 0;
        var row = _rows + 1;
        var start = 0;
        for (var i = 1; i <= count; i++)
        {
            cells++;
            if (_text[_ends[i]] != (byte)';') continue;
            if (cells != _cells) break;
            cells = 0;
            row++;
            start = _ends[i] + 1;
        }
        var place = offset + RawLength(raw, start);
        throw new ReportFormatException(
            ReportFormatException.BadRow, $"Row {row} at byte {place} has {cells} cells; the header has {_cells}.", place, row);
    }

    [DoesNotReturn]
    private void ThrowDoubtful(ReadOnlySpan<byte> raw, long offset, int textPlace)
    {
        var row = _rows + 1 + _text.AsSpan(0, textPlace).Count((byte)';');
        var place = offset + RawLength(raw, textPlace);
        throw new ReportFormatException(
            ReportFormatException.BadRow,
            $"Row {row} is ambiguous at byte {place}: two delimiters '{_options.Delimiter}' overlap, so the cells beside them cannot be told apart; use a delimiter that does not end as it begins.",
            place,
            row);
    }

    [DoesNotReturn]
    private void ThrowUnterminated(long offset, int rows) =>
        throw new ReportFormatException(
            ReportFormatException.Truncated, $"Row {_rows + rows + 1} is cut: 'data' ends at byte {offset} without the ';' that ends every row.", offset, _rows + rows + 1);

    [DoesNotReturn]
    private void ThrowLongCell(int row, int cell, int length, ReadOnlySpan<byte> raw, long offset, int textStart)
    {
        var place = offset + RawLength(raw, textStart);
        throw new ReportFormatException(
            ReportFormatException.TooLarge,
            $"Row {_rows + row + 1} at byte {place}: column '{_header![cell]}' has {length} bytes; the limit is {_options.MaxCellBytes}.",
            place,
            _rows + row + 1);
    }

    // How many raw bytes make the first so many bytes of text. Only for messages.
    private static unsafe int RawLength(ReadOnlySpan<byte> raw, int textLength)
    {
        var copy = new byte[raw.Length + JsonText.Slack];
        raw.CopyTo(copy);
        var text = new byte[raw.Length + JsonText.Slack];
        var i = 0;
        var o = 0;
        fixed (byte* source = copy)
        fixed (byte* target = text)
        {
            while (o < textLength && i < raw.Length)
            {
                var length = copy[i] != (byte)'\\' ? 1 : copy[i + 1] != (byte)'u' ? 2 : 6;
                if (length == 6 && JsonText.Unescape(source + i, 6, target, out _, out _) == UnescapeEnd.LoneSurrogate) length = 12;
                JsonText.Unescape(source + i, length, target, out _, out var written);
                i += length;
                o += written;
            }
        }
        return i;
    }
}
