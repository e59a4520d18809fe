using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Joining;

/// <summary>Leads in memory, ordered by key.</summary>
/// <param name="keys">Keys in order.</param>
/// <param name="leads">Number of each key's lead.</param>
/// <param name="columns">Columns with what makes their cells of the index of a key.</param>
internal sealed class LeadTable(UInt128[] keys, int[] leads, IReadOnlyList<(LeadColumn Column, Func<int, LeadCell> Cell)> columns) : ILeadTable
{
    /// <inheritdoc/>
    public IReadOnlyList<LeadColumn> Columns { get; } = [.. columns.Select(c => c.Column)];

    /// <inheritdoc/>
    public required LeadCounts Counts { get; init; }

    /// <inheritdoc/>
    public required string Inputs { get; init; }

    /// <summary>The text of a key: 32 hex digits.</summary>
    public static string Text(UInt128 key) => key.ToString("x32", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public IEnumerable<Lead> Read()
    {
        var cells = new LeadCell[columns.Count];
        for (var index = 0; index < leads.Length; index++)
        {
            for (var column = 0; column < cells.Length; column++) cells[column] = columns[column].Cell(index);
            yield return new Lead(Text(keys[index]), cells);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
