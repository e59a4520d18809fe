using Etl.Core.Columns;

namespace Etl.Kaltura.Reports;

/// <summary>Sums of the additive columns of a table, over all rows that came.</summary>
internal sealed class ColumnSums
{
    private readonly Dictionary<string, double> _sums = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, double> Values => _sums;

    /// <summary>Columns with a cell that could not be typed: their sums lack it and prove nothing.</summary>
    public HashSet<string> Broken { get; } = new(StringComparer.Ordinal);

    public void Add(RowBatch batch, int[] columns)
    {
        foreach (var cell in batch.Refused.SelectMany(r => r.Cells)) Broken.Add(cell.Column);
        foreach (var column in columns)
        {
            double sum = 0;
            // Null slots hold zero.
            if (batch[column] is FixedBuffer<long> whole)
                foreach (var value in whole.Values) sum += value;
            else if (batch[column] is FixedBuffer<double> real)
                foreach (var value in real.Values) sum += value;
            Add(batch.Schema.Columns[column].Name, sum);
        }
    }

    public void Add(ColumnSums other)
    {
        foreach (var (name, sum) in other._sums) Add(name, sum);
        Broken.UnionWith(other.Broken);
    }

    private void Add(string name, double sum) => _sums[name] = _sums.GetValueOrDefault(name) + sum;
}
