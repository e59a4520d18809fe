using System.Text;
using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>Collects typed rows cell by cell and hands out full batches: for files, which come record by record.</summary>
internal sealed class RecordSink
{
    private readonly IReadOnlyList<string> _header;
    private readonly TablePlan _plan;
    private readonly CsvReadOptions _options;
    private readonly Func<RowBatch, CancellationToken, ValueTask> _take;
    private readonly Refusals _refusals = new();
    private readonly RowBatch _batch;
    private readonly SideMap? _sideMap;
    private int _skipped;
    private long _batchBytes;

    internal RecordSink(
        IReadOnlyList<string> header,
        CsvReadOptions options,
        Func<IReadOnlyList<string>, TablePlan> bind,
        Func<RowBatch, CancellationToken, ValueTask> take)
    {
        _header = header;
        _options = options;
        _take = take;
        _plan = bind(header);
        var faults = _plan.FindFaults(header.Count);
        if (faults.Count > 0) throw new ArgumentException($"The plan does not fit the header: {string.Join("; ", faults)}.");
        _batch = new RowBatch(_plan.Schema);
        _sideMap = SideMap.Of(_plan, header);
    }

    internal long Rows { get; private set; }

    internal bool IsFull => _batch.RowCount >= _options.BatchRows || _batchBytes >= _options.BatchBytes;

    internal unsafe void Cell(int index, ReadOnlySpan<byte> cell)
    {
        if (cell.Length > _options.MaxCellBytes) throw CellLimit.Passed(Rows + 1, _header[index], cell.Length, _options.MaxCellBytes);
        var target = _plan.Targets[index];
        if (target < 0)
        {
            if (_sideMap is null) return;
            _sideMap.Put(_skipped++, cell);
            _batchBytes += cell.Length;
            return;
        }
        _batchBytes += cell.Length;
        var column = _batch[target];
        if (_plan.Formats[index] == CellFormat.Text)
        {
            ((TextBuffer)column).Append(cell);
            return;
        }
        if (cell.IsEmpty)
        {
            column.AppendNull();
            return;
        }
        fixed (byte* text = cell)
        {
            if (!Append(column, _plan.Formats[index], text, cell.Length)) _refusals.Add(0, _header[index], cell, _plan.Formats[index]);
        }
    }

    /// <summary>Ends the row, whose cells are still at hand.</summary>
    internal void EndRow(RawRow.CellOf cell)
    {
        _sideMap?.EndRow(_batch.Text(_plan.Extra));
        _skipped = 0;
        Rows++;
        if (_refusals.Any) Mark(cell);
    }

    internal async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (_batch.RowCount == 0) return;
        await _take(_batch, cancellation).ConfigureAwait(false);
        _batch.Clear();
        _batchBytes = 0;
    }

    private void Mark(RawRow.CellOf cell) => _refusals.MoveTo(_batch, _batch.RowCount - 1, Rows, _ => RawRow.Of(_header, cell));

    private unsafe bool Append(ColumnBuffer column, CellFormat format, byte* text, int length)
    {
        switch (format)
        {
            case CellFormat.Integer when NumberCell.TryInt64(text, length, out var whole):
                ((FixedBuffer<long>)column).Append(whole);
                return true;
            case CellFormat.Number when NumberCell.TryDouble(text, length, out var number):
                ((FixedBuffer<double>)column).Append(number);
                return true;
            case CellFormat.Flag when FlagCell.TryFlag(new ReadOnlySpan<byte>(text, length), out var flag):
                ((FixedBuffer<bool>)column).Append(flag);
                return true;
            case CellFormat.DayId when DateCell.TryDay(text, length, out var day):
                ((FixedBuffer<int>)column).Append(day);
                return true;
            case CellFormat.IsoDay when DateCell.TryIsoDay(text, length, out var isoDay):
                ((FixedBuffer<int>)column).Append(isoDay);
                return true;
            case CellFormat.MonthId when DateCell.TryMonth(text, length, out var month):
                ((FixedBuffer<int>)column).Append(month);
                return true;
            case CellFormat.YearId when DateCell.TryYear(text, length, out var year):
                ((FixedBuffer<int>)column).Append(year);
                return true;
            case CellFormat.HourId when DateCell.TryHour(text, length, _plan.OffsetMinutes, out var hour):
                ((FixedBuffer<long>)column).Append(hour);
                return true;
            case CellFormat.UnixSeconds when DateCell.TryUnixSeconds(text, length, out var seconds):
                ((FixedBuffer<long>)column).Append(seconds);
                return true;
            case CellFormat.IsoTimestamp when DateCell.TryIso(text, length, out var instant):
                ((FixedBuffer<long>)column).Append(instant);
                return true;
            default:
                column.AppendNull();
                return false;
        }
    }
}
