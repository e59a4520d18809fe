using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>Moves rows of <see cref="CsvRows"/> into typed batches, one column after the other.</summary>
internal sealed class RowFiller
{
    private readonly IReadOnlyList<string> _header;
    private readonly TablePlan _plan;
    private readonly CsvRows _rows;
    private readonly Refusals _refusals = new();
    private readonly CellRefused _refused;
    private readonly CsvReadOptions _options;
    private readonly SideMap? _sideMap;
    private readonly int[] _wanted;
    private long _batchBytes;
    private int _column;

    public unsafe RowFiller(CsvRows rows, IReadOnlyList<string> header, TablePlan plan, CsvReadOptions options)
    {
        var faults = plan.FindFaults(header.Count);
        if (faults.Count > 0) throw new ArgumentException($"The plan does not fit the header: {string.Join("; ", faults)}.");
        (_rows, _header, _plan, _options) = (rows, header, plan, options);
        _refused = Refuse;
        _sideMap = SideMap.Of(plan, header);
        _wanted = WantedOf(plan, options);
        Batch = new RowBatch(plan.Schema);
    }

    /// <summary>The rows so far.</summary>
    public RowBatch Batch { get; private set; }

    /// <summary>True when the batch should be handed out.</summary>
    public bool IsFull => Batch.RowCount >= _options.BatchRows || _batchBytes >= _options.BatchBytes;

    /// <summary>Rows of the file so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Takes what is at hand and fits; false when there was nothing.</summary>
    public unsafe bool Fill()
    {
        var cells = _header.Count;
        var index = Batch.RowCount;
        var rows = _rows.TakeRows(cells, _wanted, _options.BatchRows - Batch.RowCount, _header, Rows);
        if (rows == 0) return false;
        if (_wanted.Length == 0) CheckCells(rows, cells);
        else cells = _wanted.Length;
        fixed (byte* text = _rows.Text)
        fixed (int* pairs = _rows.Cells)
        {
            var skipped = 0;
            for (var cell = 0; cell < cells; cell++)
            {
                // Each cell has both its places, so nothing stands between the first of them and the cell.
                var run = new CellRun(text, pairs + (cell * 2), cells * 2, lead: 0, rows);
                _column = _wanted.Length == 0 ? cell : _wanted[cell];
                var target = _plan.Targets[_column];
                if (target >= 0) ColumnFiller.Fill(_plan.Formats[_column], run, Batch[target], _plan.OffsetMinutes, _refused);
                else if (_sideMap is not null) _sideMap.Runs[skipped++] = run;
            }
            _sideMap?.Fill(rows, Batch.Text(_plan.Extra));
        }
        if (_refusals.Any) _refusals.MoveTo(Batch, index, Rows + 1, RawRowOf);
        Rows += rows;
        _batchBytes += _rows.Cells[(rows * cells * 2) - 1] - _rows.Cells[0];
        return true;
    }

    /// <summary>Goes on with an empty batch.</summary>
    public void Next(RowBatch empty)
    {
        Batch = empty;
        _batchBytes = 0;
    }

    // Cells that nobody asks for need not be found where they cannot be too long, and where no row can be refused, which would be told whole.
    private static int[] WantedOf(TablePlan plan, CsvReadOptions options) =>
        plan.Extra < 0 && options.MaxCellBytes == int.MaxValue && plan.Formats.Contains(CellFormat.Skip) && plan.Formats.All(f => f is CellFormat.Skip or CellFormat.Text)
            ? [.. Enumerable.Range(0, plan.Formats.Count).Where(cell => plan.Formats[cell] == CellFormat.Text)]
            : [];

    private void CheckCells(int rows, int cells)
    {
        for (var row = 0; row < rows; row++)
        {
            var pairs = _rows.Cells.AsSpan(row * cells * 2, cells * 2);
            if (pairs[^1] - pairs[0] <= _options.MaxCellBytes) continue;
            for (var cell = 0; cell < cells; cell++)
            {
                var bytes = pairs[(cell * 2) + 1] - pairs[cell * 2];
                if (bytes > _options.MaxCellBytes) throw CellLimit.Passed(Rows + row + 1, _header[cell], bytes, _options.MaxCellBytes, _rows.LineOf(pairs[cell * 2]));
            }
        }
    }

    private unsafe void Refuse(int row, byte* cell, int length)
    {
        var place = _rows.Cells[((row * _header.Count) + _column) * 2];
        _refusals.Add(row, _header[_column], new ReadOnlySpan<byte>(cell, length), _plan.Formats[_column], _rows.LineOf(place));
    }

    private string RawRowOf(int row)
    {
        var first = row * _header.Count;
        return RawRow.Of(_header, cell =>
        {
            var pair = (first + cell) * 2;
            return _rows.Text.AsSpan(_rows.Cells[pair], _rows.Cells[pair + 1] - _rows.Cells[pair]);
        });
    }
}
