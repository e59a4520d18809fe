using Etl.Core.Columns;
using Etl.Pipeline.Pulling;

namespace Etl.Pipeline.SecondPaths;

/// <summary>
/// The second look, taken only when the hashes differ: reads the staged pull once more and says which keys miss where and which columns
/// differ. Numbers that differ by rounding only count as equal: the service adds up the same values in another order.
/// </summary>
internal sealed class PathDifference
{
    /// <summary>Rows that are named.</summary>
    public const int MostNamed = 10;

    /// <summary>Relative difference up to which two numbers are one; the service writes 14 significant digits.</summary>
    private const double Rounding = 1e-9;

    private const int LongestKey = 80;

    private readonly ComparingSink _sink;
    private readonly int[] _key;
    private readonly Dictionary<UInt128, int> _byKey = [];
    private readonly bool[] _paired;

    private PathDifference(ComparingSink sink)
    {
        _sink = sink;
        _key = [.. sink.Shared.Schema.Key.Select(sink.Shared.Schema.IndexOf)];
        _paired = new bool[sink.Kept.RowCount];
    }

    /// <summary>Rows that differ: keys with other values, and rows that one path does not have.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that are equal but for rounding.</summary>
    public long Rounded { get; private set; }

    /// <summary>The first of them, one phrase each.</summary>
    public List<string> Named { get; } = [];

    /// <summary>Compares what is left on both sides. Takes the sink's rows: it can be done once.</summary>
    public static PathDifference Of(ComparingSink sink, CancellationToken cancellation)
    {
        var difference = new PathDifference(sink);
        if (sink.Left.Count + sink.Unmatched == 0) return difference;
        difference.IndexKept();
        if (sink.Left.Count > 0) difference.ReadStaged(cancellation);
        difference.EndKept();
        return difference;
    }

    private void IndexKept()
    {
        if (_key.Length == 0) return;
        var kept = _sink.Kept;
        var hashes = new UInt128[kept.RowCount];
        RowHash.Compute(kept, _key, hashes);
        for (var row = 0; row < hashes.Length; row++)
            if (!KeyCells.IsUnresolved(kept, _key, row)) _byKey.TryAdd(hashes[row], row);
    }

    private void ReadStaged(CancellationToken cancellation)
    {
        UInt128[] keys = [];
        foreach (var batch in _sink.Staged.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = _sink.Shared.OfFirst(batch, out var hashes);
            if (keys.Length < rows.RowCount) keys = new UInt128[rows.RowCount];
            if (_key.Length > 0) RowHash.Compute(rows, _key, keys);
            for (var row = 0; row < rows.RowCount; row++)
                if (_sink.Left.TryTake(hashes[row])) Judge(rows, row, keys[row]);
        }
    }

    private void Judge(RowBatch rows, int row, UInt128 key)
    {
        if (_key.Length > 0 && !KeyCells.IsUnresolved(rows, _key, row) && _byKey.Remove(key, out var other))
        {
            _paired[other] = true;
            var columns = Enumerable.Range(0, rows.Schema.Columns.Count).Where(c => !AreEqual(rows[c], row, _sink.Kept[c], other)).ToList();
            if (columns.Count == 0) Rounded++;
            else Add(rows, row, $"differs in {string.Join(", ", columns.Select(c => rows.Schema.Columns[c].Name))}");
            return;
        }
        // Past the kept rows nobody knows whether the second path has the key with other values.
        Add(rows, row, _sink.Unmatched > ComparingSink.MostKept ? "has no equal on the second path" : "only on the first path");
    }

    private void EndKept()
    {
        for (var row = 0; row < _paired.Length; row++)
            if (!_paired[row]) Add(_sink.Kept, row, "only on the second path");
        Rows += _sink.Unmatched - _paired.Length;
    }

    private void Add(RowBatch rows, int row, string what)
    {
        Rows++;
        if (Named.Count == MostNamed) return;
        // Without a key, the labels say best which row it is.
        var labels = Enumerable.Range(0, rows.Schema.Columns.Count).Where(c => rows.Schema.Columns[c].Role == ColumnRole.Dimension).Take(3);
        var key = RowKey.Show(rows, _key.Length > 0 ? _key : labels, row);
        Named.Add($"{(key.Length > LongestKey ? key[..LongestKey] + "…" : key)} {what}".TrimStart());
    }

    private static bool AreEqual(ColumnBuffer a, int row, ColumnBuffer b, int other)
    {
        if (a.IsNull(row) || b.IsNull(other)) return a.IsNull(row) && b.IsNull(other);
        return (a, b) switch
        {
            (TextBuffer x, TextBuffer y) => x[row].SequenceEqual(y[other]),
            (FixedBuffer<double> x, FixedBuffer<double> y) => AreClose(x.Values[row], y.Values[other]),
            (FixedBuffer<long> x, FixedBuffer<long> y) => x.Values[row] == y.Values[other],
            (FixedBuffer<int> x, FixedBuffer<int> y) => x.Values[row] == y.Values[other],
            (FixedBuffer<bool> x, FixedBuffer<bool> y) => x.Values[row] == y.Values[other],
            _ => false,
        };
    }

    private static bool AreClose(double a, double b) => a.Equals(b) || Math.Abs(a - b) <= Rounding * Math.Max(Math.Abs(a), Math.Abs(b));
}
