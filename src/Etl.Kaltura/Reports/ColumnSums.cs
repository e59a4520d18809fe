using Etl.Core.Columns;

namespace Etl.Kaltura.Reports;

/// <summary>Sums of the additive columns of a table.</summary>
internal sealed class ColumnSums
{
    private readonly Dictionary<string, double> _sums = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, double> Values => _sums;

    public void Add(RowBatch batch, int[] columns)
    {
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
    }

    private void Add(string name, double sum) => _sums[name] = _sums.GetValueOrDefault(name) + sum;
}
