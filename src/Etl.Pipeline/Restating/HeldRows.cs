using Etl.Core.Columns;

namespace Etl.Pipeline.Restating;

/// <summary>The rows of one part, of both sides, in memory. Where a part holds whole rows, equal ones are held once and counted.</summary>
internal sealed class HeldRows(DiffSchema schema)
{
    /// <summary>Bytes held for a row beside its cells: identity, row hash, count, side, place in the order, and the same again while lists grow.</summary>
    public const int Overhead = 120;

    private readonly List<UInt128> _ids = [];
    private readonly List<bool> _keyed = [], _pulled = [];
    private readonly List<int> _counts = [];
    private readonly Dictionary<(UInt128 Row, bool Pulled), int> _places = [];
    private UInt128[] _hashes = [];

    /// <summary>The cells.</summary>
    public RowBatch Cells { get; } = new(schema.Compared);

    public UInt128 IdOf(int row) => _ids[row];

    public UInt128 HashOf(int row) => _hashes[row];

    public bool IsKeyed(int row) => _keyed[row];

    /// <summary>True for a row of the new pull, false for a published one.</summary>
    public bool IsPulled(int row) => _pulled[row];

    /// <summary>How many equal rows it stands for.</summary>
    public int CountOf(int row) => _counts[row];

    /// <summary>Takes the rows of a batch that belong to the part.</summary>
    public void Add(RowBatch batch, RowIdentity rows, DiffSieve sieve, DiffPart part, bool pulled)
    {
        for (var row = 0; row < batch.RowCount; row++)
        {
            var bucket = sieve.BucketOf(rows.IdOf(row));
            if (bucket < part.First || bucket >= part.End || !sieve.Differs(bucket)) continue;
            if (part.WholeRows)
            {
                if (!part.Has(rows.RowOf(row))) continue;
                if (!_places.TryAdd((rows.RowOf(row), pulled), _ids.Count))
                {
                    _counts[_places[(rows.RowOf(row), pulled)]]++;
                    continue;
                }
            }
            for (var column = 0; column < batch.Schema.Columns.Count; column++) Cells[column].AppendFrom(batch[column], row);
            _ids.Add(part.WholeRows ? rows.RowOf(row) : rows.IdOf(row));
            _keyed.Add(rows.IsKeyed(row) && !part.WholeRows);
            _pulled.Add(pulled);
            _counts.Add(1);
        }
    }

    /// <summary>The rows by identity, then row hash, then the published ones first: the same for the same rows in whatever order they came.</summary>
    public int[] InOrder()
    {
        _hashes = new UInt128[_ids.Count];
        RowHash.Compute(Cells, [.. Enumerable.Range(0, schema.Compared.Columns.Count)], _hashes);
        var order = new int[_ids.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (a, b) =>
        {
            var byId = _ids[a].CompareTo(_ids[b]);
            if (byId != 0) return byId;
            var byRow = _hashes[a].CompareTo(_hashes[b]);
            return byRow != 0 ? byRow : _pulled[a].CompareTo(_pulled[b]);
        });
        return order;
    }

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        Cells.Clear();
        _ids.Clear();
        _keyed.Clear();
        _pulled.Clear();
        _counts.Clear();
        _places.Clear();
    }
}
