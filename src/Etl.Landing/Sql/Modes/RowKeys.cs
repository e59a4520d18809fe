using System.Globalization;
using Etl.Core.Columns;

namespace Etl.Landing.Sql.Modes;

/// <summary>
/// Computes <c>_key</c> and <c>_hash</c> for the rows of one pull, in the pull's order. Keys are hashes of bytes, so they are compared byte by
/// byte whatever a database's collation does, and every one can be indexed. Rows whose key is unresolved have the hash of all their report cells
/// as key; a key that was met before has its number among its equals mixed in. So no two rows of a pull share a key and none is lost.
/// Memory: about 25 bytes for each row of the pull.
/// </summary>
internal sealed class RowKeys
{
    private readonly int[] _key;
    private readonly int[] _report;
    private readonly RowHashSet _seen = new();
    private readonly Dictionary<UInt128, long> _repeats = [];
    private UInt128[] _keys = [];
    private UInt128[] _hashes = [];

    /// <param name="schema">Columns of the batches to come.</param>
    /// <param name="key">Names of key columns, all of them in the schema.</param>
    public RowKeys(TableSchema schema, IReadOnlyList<string> key)
    {
        _key = [.. key.Select(schema.IndexOf)];
        _report = [.. Enumerable.Range(0, schema.Columns.Count).Where(c => schema.Columns[c].Role != ColumnRole.System)];
    }

    /// <summary>Appends one cell a row to <paramref name="keys"/> and, where wanted, to <paramref name="hashes"/>.</summary>
    public void Append(RowBatch batch, TextBuffer keys, TextBuffer? hashes)
    {
        if (_keys.Length < batch.RowCount) (_keys, _hashes) = (new UInt128[batch.RowCount], new UInt128[batch.RowCount]);
        RowHash.Compute(batch, _key, _keys);
        RowHash.Compute(batch, _report, _hashes);
        _seen.Fetch(_keys.AsSpan(0, batch.RowCount));
        Span<byte> digits = stackalloc byte[32];
        for (var row = 0; row < batch.RowCount; row++)
        {
            Append(keys, Unique(KeyCells.IsUnresolved(batch, _key, row) ? _hashes[row] : _keys[row]), digits);
            if (hashes is not null) Append(hashes, _hashes[row], digits);
        }
    }

    private UInt128 Unique(UInt128 hash)
    {
        if (_seen.Add(hash)) return hash;
        while (true)
        {
            var number = _repeats[hash] = _repeats.GetValueOrDefault(hash) + 1;
            var mixed = RowHash.With(hash, number);
            if (_seen.Add(mixed)) return mixed;
        }
    }

    private static void Append(TextBuffer cells, UInt128 hash, Span<byte> digits)
    {
        hash.TryFormat(digits, out var written, "x32", CultureInfo.InvariantCulture);
        cells.Append(digits[..written]);
    }
}
