using Etl.Core.Columns;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Joining;

/// <summary>What rows of one source give to the leads: measures, values and consent.</summary>
internal sealed class SourceTakers(SourceColumns columns)
{
    private readonly List<Taker> _takers = [];
    private int[] _some = [];

    /// <summary>Takes a column, or only rows where there is none to take.</summary>
    public void Add(LeadCells cells, string? column, (string Column, IReadOnlyList<string> Values)? where) => _takers.Add(new Taker(
        cells.Grow, (batch, leads) => cells.Take(batch[column is null ? 0 : columns.Schema.IndexOf(column)], leads), Filter(where), column));

    /// <summary>Takes consent.</summary>
    public void Add(ConsentCells cells, string column) =>
        _takers.Add(new Taker(cells.Grow, (batch, leads) => cells.Take(batch.Text(columns.Schema.IndexOf(column)), leads), null, column));

    /// <summary>Makes room for so many leads.</summary>
    public void Grow(int leads) => _takers.ForEach(t => t.Grow(leads));

    /// <summary>Takes the rows of a batch.</summary>
    /// <exception cref="TakingException">A cell cannot be taken as its measure wants it.</exception>
    public void Take(RowBatch batch, ReadOnlySpan<int> leads)
    {
        foreach (var taker in _takers)
        {
            try
            {
                taker.Take(batch, taker.Where is { } where ? Only(batch, leads, where) : leads);
            }
            catch (Exception fault) when (fault is FormatException or OverflowException)
            {
                throw new TakingException(taker.Column, fault);
            }
        }
    }

    private (int Column, byte[][] Values)? Filter((string Column, IReadOnlyList<string> Values)? where) =>
        where is { } filter ? (columns.Schema.IndexOf(filter.Column), [.. filter.Values.Select(System.Text.Encoding.UTF8.GetBytes)]) : null;

    private ReadOnlySpan<int> Only(RowBatch batch, ReadOnlySpan<int> leads, (int Column, byte[][] Values) where)
    {
        if (_some.Length < leads.Length) _some = new int[leads.Length];
        var cells = batch.Text(where.Column);
        for (var row = 0; row < leads.Length; row++) _some[row] = !cells.IsNull(row) && IsOneOf(cells[row], where.Values) ? leads[row] : LeadPeople.Nobody;
        return _some.AsSpan(0, leads.Length);
    }

    private static bool IsOneOf(ReadOnlySpan<byte> cell, byte[][] values)
    {
        foreach (var value in values)
            if (cell.SequenceEqual(value)) return true;
        return false;
    }

    private sealed record Taker(Action<int> Grow, TakeRows Take, (int Column, byte[][] Values)? Where, string? Column);

    private delegate void TakeRows(RowBatch batch, ReadOnlySpan<int> leads);
}

/// <summary>A cell that a measure cannot take.</summary>
/// <param name="column">Its column.</param>
/// <param name="fault">Why.</param>
internal sealed class TakingException(string? column, Exception fault) : Exception(fault.Message, fault)
{
    /// <summary>The column.</summary>
    public string? Column => column;
}
