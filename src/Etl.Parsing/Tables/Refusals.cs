using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>Gathers refused cells, which come column by column, into refused rows. Costs nothing where there are none.</summary>
internal sealed class Refusals
{
    private readonly SortedDictionary<int, List<RefusedCell>> _rows = [];

    /// <summary>True when a cell was refused.</summary>
    public bool Any => _rows.Count > 0;

    /// <summary>Forgets what was gathered.</summary>
    public void Clear() => _rows.Clear();

    /// <summary>Adds a cell of a row, counted from zero within what is being filled.</summary>
    public void Add(int row, string column, ReadOnlySpan<byte> cell, CellFormat format, long? line = null)
    {
        if (!_rows.TryGetValue(row, out var cells)) _rows.Add(row, cells = []);
        cells.Add(new RefusedCell(column, FaultText.Shorten(cell), FaultText.Reason(format)) { Line = line });
    }

    /// <summary>Marks the rows in the batch that was just filled.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="firstIndex">Its row that is row zero here.</param>
    /// <param name="firstNumber">Number of that row in the answer, from one.</param>
    /// <param name="raw">The raw text of a row.</param>
    public void MoveTo(RowBatch batch, int firstIndex, long firstNumber, Func<int, string> raw)
    {
        foreach (var (row, cells) in _rows) batch.Refuse(new RefusedRow(firstIndex + row, firstNumber + row, raw(row), cells));
        _rows.Clear();
    }
}
