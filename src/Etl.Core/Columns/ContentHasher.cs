using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Etl.Core.Columns;

/// <summary>
/// The content hash of a pull: equal for the same rows in any order, and blind to system columns
/// (<c>_window</c>, <c>_pull</c>, <c>_pulled_at</c>). SHA-256 over the row count and the sum of row hashes.
/// </summary>
public sealed class ContentHasher
{
    private UInt128[] _hashes = [];
    private UInt128 _sum;
    private int[] _columns = [];
    private TableSchema? _schema;

    /// <summary>Rows added so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds the rows of a batch.</summary>
    public void Add(RowBatch batch)
    {
        if (!ReferenceEquals(_schema, batch.Schema))
        {
            _schema = batch.Schema;
            _columns = [.. Enumerable.Range(0, _schema.Columns.Count).Where(i => _schema.Columns[i].Role != ColumnRole.System)];
        }
        if (_hashes.Length < batch.RowCount) _hashes = new UInt128[batch.RowCount];
        RowHash.Compute(batch, _columns, _hashes);
        for (var row = 0; row < batch.RowCount; row++) _sum += _hashes[row];
        Rows += batch.RowCount;
    }

    /// <summary>The hash so far: 64 lower-case hex digits.</summary>
    public string Current()
    {
        Span<byte> state = stackalloc byte[24];
        BinaryPrimitives.WriteInt64LittleEndian(state, Rows);
        BinaryPrimitives.WriteUInt128LittleEndian(state[8..], _sum);
        return Convert.ToHexStringLower(SHA256.HashData(state));
    }
}
