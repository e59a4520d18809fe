using Etl.Core.Columns;
using Etl.Core.Jobs;

namespace Etl.Pipeline.Schemas;

/// <summary>
/// Brings what a source sends into the shape that lands: whole numbers become doubles where the column landed as doubles before, the side map
/// of <c>schema: ignore</c> is always there, and columns that are promised and were not sent stand as nulls behind the others. Columns
/// that stay as they are are not copied.
/// </summary>
internal sealed class LandedShape
{
    private readonly TableSchema _sent;
    private readonly FixedBuffer<double>?[] _widened;
    private readonly ColumnBuffer[] _added;

    /// <param name="sent">What the source sends.</param>
    /// <param name="policy">The job's schema policy.</param>
    /// <param name="types">Types that landed before.</param>
    public LandedShape(TableSchema sent, SchemaPolicy policy, IReadOnlyList<SchemaColumn> types)
    {
        _sent = sent;
        var doubles = types.Where(t => t is { Type: ColumnType.Double, Extra: false }).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var columns = sent.Columns.Select(c => c.Type == ColumnType.Int64 && doubles.Contains(c.Name) ? c with { Type = ColumnType.Double } : c).ToList();
        _widened = [.. columns.Select((c, i) => c.Type == sent.Columns[i].Type ? null : new FixedBuffer<double>())];
        List<Column> added = [];
        if (policy == SchemaPolicy.Ignore && sent.IndexOf(SystemColumns.Extra.Name) < 0) added.Add(SystemColumns.Extra);
        added.AddRange(sent.Drift.Absent.Select(c => c.Type == ColumnType.Int64 && doubles.Contains(c.Name) ? c with { Type = ColumnType.Double } : c));
        _added = [.. added.Select(c => ColumnBuffer.Create(c.Type))];
        Schema = _added.Length == 0 && Array.TrueForAll(_widened, w => w is null) ? sent : new TableSchema([.. columns, .. added], sent.Key);
    }

    /// <summary>What lands.</summary>
    public TableSchema Schema { get; }

    /// <summary>Whole numbers that no double holds exactly, by column.</summary>
    public Dictionary<string, long> Inexact { get; } = new(StringComparer.Ordinal);

    /// <summary>The rows of a batch as they land; good as long as the batch is, and until the next call.</summary>
    public RowBatch Fit(RowBatch batch)
    {
        if (ReferenceEquals(Schema, _sent)) return batch;
        var cells = new ColumnBuffer[Schema.Columns.Count];
        for (var c = 0; c < _widened.Length; c++) cells[c] = _widened[c] is { } wide ? Widen(batch.Fixed<long>(c), wide, _sent.Columns[c].Name) : batch[c];
        for (var c = 0; c < _added.Length; c++)
        {
            var nulls = cells[_widened.Length + c] = _added[c];
            if (nulls.Count > batch.RowCount) nulls.Clear();
            while (nulls.Count < batch.RowCount) nulls.AppendNull();
        }
        return new RowBatch(Schema, cells);
    }

    private FixedBuffer<double> Widen(FixedBuffer<long> from, FixedBuffer<double> to, string name)
    {
        to.Clear();
        for (var row = 0; row < from.Count; row++)
        {
            if (from.IsNull(row))
            {
                to.AppendNull();
                continue;
            }
            var value = from.Values[row];
            to.Append(value);
            // The conversion back is saturated, so the largest value would look exact.
            if (value == long.MaxValue || (long)(double)value != value) Inexact[name] = Inexact.GetValueOrDefault(name) + 1;
        }
        return to;
    }
}
