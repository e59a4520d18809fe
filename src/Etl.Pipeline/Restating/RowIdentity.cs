using Etl.Core.Columns;
using Etl.Pipeline.Pulling;

namespace Etl.Pipeline.Restating;

/// <summary>What tells rows of a batch apart: the hash of their key, or of the whole row where the key is not resolved or there is none.</summary>
internal sealed class RowIdentity(DiffSchema schema)
{
    private readonly int[] _all = [.. Enumerable.Range(0, schema.Compared.Columns.Count)];
    private UInt128[] _ids = [], _rows = [];
    private bool[] _keyed = [];

    /// <summary>A row's identity.</summary>
    public UInt128 IdOf(int row) => _ids[row];

    /// <summary>True when the identity is that of a key.</summary>
    public bool IsKeyed(int row) => _keyed[row];

    /// <summary>The hash of the whole row; only after <see cref="Look"/> was asked for it, or where the row is not keyed.</summary>
    public UInt128 RowOf(int row) => _rows[row];

    /// <summary>Looks at the rows of a batch; what it says is good until the next look.</summary>
    public void Look(RowBatch batch, bool wholeRows)
    {
        if (_ids.Length < batch.RowCount) (_ids, _rows, _keyed) = (new UInt128[batch.RowCount], new UInt128[batch.RowCount], new bool[batch.RowCount]);
        var unresolved = schema.Key.Length == 0;
        for (var row = 0; row < batch.RowCount; row++) unresolved |= !(_keyed[row] = schema.Key.Length > 0 && !KeyCells.IsUnresolved(batch, schema.Key, row));
        if (schema.Key.Length > 0) RowHash.Compute(batch, schema.Key, _ids);
        if (wholeRows || unresolved) RowHash.Compute(batch, _all, _rows);
        if (!unresolved) return;
        for (var row = 0; row < batch.RowCount; row++)
            if (!_keyed[row]) _ids[row] = _rows[row];
    }
}
