using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;

namespace Etl.Parsing;

/// <summary>
/// Reads CSV text in blocks of whole rows and says where their cells stand, without a string or an object per cell:
/// 1 read what came, keeping the row that is not whole yet; 2 index it (<see cref="CsvIndex"/>); 3 hand out the whole rows as pairs of places.
/// Faults are told at the row they stand in, after the rows before it were handed out, so that they do not depend on how the bytes came.
/// </summary>
/// <param name="file">The file; not closed.</param>
/// <param name="maxRecordBytes">Longest row; the buffer grows up to twice that.</param>
/// <param name="bufferBytes">Buffer at the start.</param>
internal sealed class CsvRows(Stream file, int maxRecordBytes, int bufferBytes)
{
    private const byte Quote = (byte)'"', Comma = (byte)',', LineFeed = (byte)'\n', Return = (byte)'\r';

    private byte[] _text = new byte[bufferBytes + CsvIndex.Slack];
    private int[] _places = [];
    private int[] _lineEnds = []; // for each place that ends a line how many places there are up to it
    private int[] _cells = new int[1024];
    private int _filled, _kept, _rowStart, _count, _next, _lineEnd;
    private QuoteState _quotes;
    private int _badByte = -1;
    private int _openEnd = -1; // where the last row of the file ends, if it lacks its line end
    private int _lines; // that were taken of the text at hand, as rows or as nothing
    private bool _began, _ended;
    private long _firstLine = 1, _firstByte;

    // The last line that was told, since faults of a column come in the order of rows.
    private int _toldPlace;
    private long _toldLine;

    /// <summary>Bytes read so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The text that <see cref="Cells"/> speaks of; readable for 64 bytes more.</summary>
    public byte[] Text => _text;

    /// <summary>For each cell of the rows last taken its start and its end in <see cref="Text"/>.</summary>
    public int[] Cells => _cells;

    /// <summary>True when whole rows are at hand; false at the end. Places told before are void afterwards.</summary>
    public async ValueTask<bool> MoveAsync(CancellationToken cancellation)
    {
        while (_next == _count)
        {
            if (_ended && _rowStart >= _filled) return false;
            Keep();
            do
            {
                var read = await file.ReadAsync(_text.AsMemory(_filled, _text.Length - CsvIndex.Slack - _filled), cancellation).ConfigureAwait(false);
                _ended = read == 0;
                _filled += read;
                Bytes += read;
            }
            while (!_ended && !HasEnough());
            if (!_began) SkipMark();
            Index();
        }
        return true;
    }

    /// <summary>The next row as strings; call it only after <see cref="MoveAsync"/> said true.</summary>
    public unsafe string[] TakeRecord()
    {
        List<string> cells = [];
        fixed (byte* text = _text)
        {
            for (; ; )
            {
                var (place, start, end) = (_places[_next++], 0, 0);
                Cut(text, _rowStart, place, out start, out end);
                cells.Add(Encoding.UTF8.GetString(text + start, end - start));
                _rowStart = place + 1;
                if (text[place] == Comma) continue;
                _lines++;
                _lineEnd++;
                SkipLineFeed(text, place);
                return [.. cells];
            }
        }
    }

    /// <summary>
    /// Takes whole rows of so many cells. Empty lines are passed over, except in a file of one column, where they are cells.
    /// </summary>
    /// <param name="cells">Cells of a row.</param>
    /// <param name="wanted">Those that are told, in order; all of them where it is empty.</param>
    /// <param name="max">Most rows.</param>
    /// <param name="header">Names, for the message.</param>
    /// <param name="rowsBefore">Rows of the file so far, for the message.</param>
    /// <returns>How many rows; zero when no whole row is at hand any more.</returns>
    /// <exception cref="ReportFormatException">The next row has another number of cells.</exception>
    public unsafe int TakeRows(int cells, ReadOnlySpan<int> wanted, int max, IReadOnlyList<string> header, long rowsBefore)
    {
        var told = wanted.IsEmpty ? cells : wanted.Length;
        if (_cells.Length < told * 2L * max) _cells = new int[told * 2 * max];
        var rows = 0;
        fixed (byte* text = _text)
        fixed (int* places = _places)
        fixed (int* pairs = _cells)
        {
            var pair = pairs;
            while (rows < max && _next < _count)
            {
                var start = _rowStart;
                var place = places + _next;
                if (_lineEnds[_lineEnd] == _next + cells && _next + cells <= _count)
                {
                    if (wanted.IsEmpty) CutAll(text, place, cells, start, pair);
                    else CutSome(text, place, wanted, start, pair);
                    pair += told * 2;
                    rows++;
                    _lines++;
                    _lineEnd++;
                    _next += cells;
                    _rowStart = place[cells - 1] + 1;
                    SkipLineFeed(text, place[cells - 1]);
                }
                else if (cells > 1 && *place == start && text[start] != Comma)
                {
                    _next++;
                    _lines++;
                    _lineEnd++;
                    _rowStart = start + 1;
                    SkipLineFeed(text, start);
                }
                else if (rows > 0)
                {
                    break;
                }
                else
                {
                    ThrowRagged(cells, rowsBefore + 1, header);
                }
            }
        }
        return rows;
    }

    /// <summary>Number of the line, from one, that a place of the rows last taken stands in.</summary>
    public long LineOf(int place)
    {
        if (place < _toldPlace) (_toldPlace, _toldLine) = (0, _firstLine);
        _toldLine += Lines(_text.AsSpan(_toldPlace, place - _toldPlace));
        _toldPlace = place;
        return _toldLine;
    }

    private unsafe void CutAll(byte* text, int* place, int cells, int start, int* pair)
    {
        for (var end = place + cells; place < end; place++, pair += 2)
        {
            Cut(text, start, *place, out pair[0], out pair[1]);
            start = *place + 1;
        }
    }

    private unsafe void CutSome(byte* text, int* place, ReadOnlySpan<int> wanted, int start, int* pair)
    {
        foreach (var cell in wanted)
        {
            Cut(text, cell == 0 ? start : place[cell - 1] + 1, place[cell], out pair[0], out pair[1]);
            pair += 2;
        }
    }

    // The index has made sure that a cell which begins with a quote ends with one, and that quotes inside it are doubled.
    private unsafe void Cut(byte* text, int start, int end, out int from, out int to)
    {
        if (end > start && text[start] == Quote)
        {
            start++;
            end--;
            if (_quotes.HasDoubled) end = Undouble(text, start, end);
        }
        from = start;
        to = end;
    }

    // In place, since the row is not read again; blanks take the room that is left, so that lines can still be counted.
    private static unsafe int Undouble(byte* text, int start, int end)
    {
        var first = new ReadOnlySpan<byte>(text + start, end - start).IndexOf(Quote);
        if (first < 0) return end;
        var to = start + first;
        for (var from = to; from < end; from++)
        {
            text[to++] = text[from];
            if (text[from] == Quote) from++;
        }
        new Span<byte>(text + to, end - to).Fill((byte)' ');
        return to;
    }

    private unsafe void SkipLineFeed(byte* text, int place)
    {
        if (text[place] != Return || text[place + 1] != LineFeed) return;
        // A carriage return inside quotes is no place; this one is, and the line feed behind it is the next.
        _next++;
        _lineEnd++;
        _rowStart++;
    }

    // Step 1. What is left of the row that is not whole goes to the front; a long one gets more room.
    private void Keep()
    {
        var left = _filled - _rowStart;
        if (left > maxRecordBytes)
        {
            throw new ReportFormatException(
                ReportFormatException.TooLarge, $"The row in line {_firstLine + Lines(_text.AsSpan(0, _rowStart))} is longer than {maxRecordBytes} bytes, or a quote in it is never closed.",
                _firstByte + _rowStart);
        }
        // A row is a line, unless cells have lines of their own.
        _firstLine += _quotes.HasLines ? Lines(_text.AsSpan(0, _rowStart)) : _lines;
        _lines = 0;
        _firstByte += _rowStart;
        var text = left > (_text.Length - CsvIndex.Slack) / 2 ? new byte[((_text.Length - CsvIndex.Slack) * 2) + CsvIndex.Slack] : _text;
        _text.AsSpan(_rowStart, left).CopyTo(text);
        _text = text;
        _filled = left;
        _kept = left;
        _rowStart = 0;
        (_toldPlace, _toldLine) = (0, _firstLine);
    }

    // A long row is looked at again only when it has doubled, and the mark at the start needs three bytes.
    private bool HasEnough() => _filled > _kept && (_filled >= _kept * 2L || _filled == _text.Length - CsvIndex.Slack) && (_began || _filled >= 3);

    private void SkipMark()
    {
        _began = true;
        if (!_text.AsSpan(0, _filled).StartsWith("\uFEFF"u8)) return;
        _text.AsSpan(3, _filled - 3).CopyTo(_text);
        _filled -= 3;
        _firstByte = 3;
    }

    // Step 2.
    private unsafe void Index()
    {
        _next = 0;
        _lineEnd = 0;
        _badByte = -1;
        _openEnd = -1;
        var room = Room();
        if (_places.Length < room) (_places, _lineEnds) = (new int[room], new int[room]);
        int count, lines;
        fixed (byte* text = _text)
        fixed (int* places = _places)
        fixed (int* lineEnds = _lineEnds) count = CsvIndex.Build(text, _filled, places, lineEnds, out lines, out _quotes);
        var isCut = _ended && _quotes is { Stray: < 0, IsOpen: true };
        if (_ended && _quotes is { Stray: < 0, IsOpen: false }) count = Close(count, lines);
        // Whether a line feed follows the last carriage return is not known yet.
        if (!_ended && count > 0 && _places[count - 1] == _filled - 1 && _text[_filled - 1] == Return) count--;
        _count = LastRow(count);
        CheckText();
        if (_count == 0 && _quotes.Stray >= 0) ThrowStray(count);
        if (_count == 0 && _badByte >= 0) ThrowBadText(count);
        if (_count == 0 && isCut) ThrowOpen(count);
    }

    // One place per byte is always enough; only a very long row is worth counting first.
    private int Room()
    {
        var text = _text.AsSpan(0, _filled);
        return (_filled <= 1 << 20 ? _filled : text.Count(Comma) + text.Count(LineFeed) + text.Count(Return)) + CsvIndex.Slack + 1;
    }

    // At the end of the file the last row may lack its line end.
    private int Close(int count, int lines)
    {
        _text[_filled] = 0;
        if (_filled == 0 || (count > 0 && _places[count - 1] == _filled - 1 && _text[_filled - 1] != Comma)) return count;
        _text[_filled] = LineFeed;
        _openEnd = _filled;
        _places[count] = _filled;
        _lineEnds[lines] = count + 1;
        _text[++_filled] = 0;
        return count + 1;
    }

    private int LastRow(int count)
    {
        while (count > 0 && _text[_places[count - 1]] == Comma) count--;
        return count;
    }

    // Rows end at bytes that are characters of their own, so whole rows can be judged alone.
    private void CheckText()
    {
        if (_count == 0) return;
        _badByte = Utf8Check.FindFault(_text.AsSpan(0, _places[_count - 1] + 1));
        if (_badByte < 0) return;
        while (_count > 0 && _places[_count - 1] >= _badByte) _count--;
        _count = LastRow(_count);
    }

    // A carriage return is a line end of its own unless a line feed follows.
    private static long Lines(ReadOnlySpan<byte> text) => text.Count(LineFeed) + (text.Contains(Return) ? LoneReturns(text) : 0);

    // In one pass: where rows end in both, searching for the pair stops at every row.
    private static long LoneReturns(ReadOnlySpan<byte> text)
    {
        long lone = 0;
        var i = 0;
        for (; i + Vector256<byte>.Count < text.Length; i += Vector256<byte>.Count)
        {
            var returns = Vector256.Equals(Vector256.Create(text.Slice(i, Vector256<byte>.Count)), Vector256.Create(Return));
            var feeds = Vector256.Equals(Vector256.Create(text.Slice(i + 1, Vector256<byte>.Count)), Vector256.Create(LineFeed));
            lone += BitOperations.PopCount(Vector256.AndNot(returns, feeds).ExtractMostSignificantBits());
        }
        for (; i < text.Length; i++)
            if (text[i] == Return && (i + 1 == text.Length || text[i + 1] != LineFeed)) lone++;
        return lone;
    }

    // Line and column, from one, of a place in the first row at hand.
    private (long Line, int Column) Position(int place, int indexed)
    {
        var column = 1;
        for (var i = 0; i < indexed && _places[i] < place && _text[_places[i]] == Comma; i++) column++;
        return (_firstLine + Lines(_text.AsSpan(0, place)), column);
    }

    [DoesNotReturn]
    private void ThrowRagged(int cells, long row, IReadOnlyList<string> header)
    {
        var count = 1;
        while (_text[_places[_next]] == Comma)
        {
            count++;
            _next++;
        }
        var line = _firstLine + Lines(_text.AsSpan(0, _rowStart));
        if (count < cells && _places[_next] == _openEnd)
        {
            throw new ReportFormatException(
                ReportFormatException.Truncated, $"The file ends in line {line}, behind {count} of {cells} cells and without a line end: it was cut.", _firstByte + _openEnd, row);
        }
        var what = count < cells ? $"'{header[count]}' (column {count + 1}) is missing" : $"column {cells + 1} has no name";
        throw new ReportFormatException(ReportFormatException.BadRow, $"The row in line {line} has {count} cells, the header {cells}: {what}.", _firstByte + _rowStart, row);
    }

    [DoesNotReturn]
    private void ThrowStray(int indexed)
    {
        var (line, column) = Position(_quotes.Stray, indexed);
        throw new ReportFormatException(
            ReportFormatException.BadRow,
            _text[_quotes.Stray] == Quote
                ? $"A quote stands in line {line}, column {column}, inside a cell that does not begin with one. Put the cell in quotes and double the quotes in it."
                : $"Text follows the closing quote in line {line}, column {column}. Double the quotes that are part of the cell.",
            _firstByte + _quotes.Stray);
    }

    [DoesNotReturn]
    private void ThrowBadText(int indexed)
    {
        var (line, column) = Position(_badByte, indexed);
        throw new ReportFormatException(ReportFormatException.BadUtf8, $"The text in line {line}, column {column} is not UTF-8 (byte {_firstByte + _badByte}).", _firstByte + _badByte);
    }

    [DoesNotReturn]
    private void ThrowOpen(int count)
    {
        var last = count > 0 ? _places[count - 1] + 1 : 0;
        var line = _firstLine + Lines(_text.AsSpan(0, last));
        throw new ReportFormatException(
            ReportFormatException.Truncated, $"The file ends inside quotes that were opened in line {line}: it was cut, or the closing quote is missing.", _firstByte + last);
    }
}
