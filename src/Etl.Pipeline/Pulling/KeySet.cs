using Etl.Core.Columns;

namespace Etl.Pipeline.Pulling;

/// <summary>
/// Counts repeated row keys. Rows with a key cell that is empty, <c>Unknown</c> or <c>Error</c> are legal (the service
/// could not resolve them) and exempt (design: promise 5). The one part of a pull whose memory grows with its rows: a hash of 16 bytes
/// for each key, in slots of which a half to three quarters are taken.
/// </summary>
internal sealed class KeySet
{
    private readonly int[] _columns;
    private readonly RowHashSet _seen = new();
    private UInt128[] _hashes = [];

    public KeySet(TableSchema schema) => _columns = [.. schema.Key.Select(schema.IndexOf)];

    public bool HasKey => _columns.Length > 0;

    public long Duplicates { get; private set; }

    public long Exempt { get; private set; }

    /// <summary>The first repeated key, cell by cell, for the message.</summary>
    public string? Example { get; private set; }

    public void Add(RowBatch batch)
    {
        if (!HasKey) return;
        if (_hashes.Length < batch.RowCount) _hashes = new UInt128[batch.RowCount];
        RowHash.Compute(batch, _columns, _hashes);
        _seen.Fetch(_hashes.AsSpan(0, batch.RowCount));
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (KeyCells.IsUnresolved(batch, _columns, row)) Exempt++;
            else if (!_seen.Add(_hashes[row]))
            {
                Duplicates++;
                Example ??= RowKey.Show(batch, _columns, row);
            }
        }
    }
}
