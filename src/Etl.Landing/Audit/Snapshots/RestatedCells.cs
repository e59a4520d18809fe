using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>How much a pull changed of the one that was published before.</summary>
/// <param name="Previous">Pull that was published before.</param>
/// <param name="Added">Rows that it did not have.</param>
/// <param name="Removed">Rows that the new pull does not have.</param>
/// <param name="Changed">Rows of the same key with other values.</param>
/// <param name="Cells">Cells that changed in them.</param>
internal sealed record RestatedCells(string Previous, long Added, long Removed, long Changed, long Cells)
{
    /// <summary>Counts a difference, which has one row for each cell, those of a row together.</summary>
    public static RestatedCells Of(IRestatement difference)
    {
        var (change, id) = (difference.Schema.IndexOf("change"), difference.Schema.IndexOf("row_id"));
        var (added, removed, changed, cells) = (0L, 0L, 0L, 0L);
        byte[] last = [];
        foreach (var batch in difference.Read())
        {
            for (var row = 0; row < batch.RowCount; row++)
            {
                var kind = batch.Text(change)[row];
                var isChange = kind.SequenceEqual("changed"u8);
                if (isChange) cells++;
                ReadOnlySpan<byte> identity = [.. kind, .. batch.Text(id)[row]];
                if (identity.SequenceEqual(last)) continue;
                last = identity.ToArray();
                if (isChange) changed++;
                else if (kind.SequenceEqual("added"u8)) added++;
                else removed++;
            }
        }
        return new RestatedCells(difference.PreviousPull, added, removed, changed, cells);
    }

    public CanonicalObject ToFacts() => new() { ["from"] = Previous, ["rowsAdded"] = Added, ["rowsRemoved"] = Removed, ["rowsChanged"] = Changed, ["cellsChanged"] = Cells };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"Against pull {Previous}, which was published before, {Added:#,0} rows came, {Removed:#,0} went and {Changed:#,0} changed in {Cells:#,0} cells. The snapshot of that pull stays in the log.");
}
