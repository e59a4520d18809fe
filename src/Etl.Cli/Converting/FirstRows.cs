using System.Numerics;
using Etl.Core.Columns;

namespace Etl.Cli.Converting;

/// <summary>
/// Tells the first row of each value of a text column from the others. Letters A to Z count like small ones, as addresses are meant; a row without a value is
/// never a first one. Memory: a hash of 16 bytes for each value, in slots of which a half to three quarters are taken.
/// </summary>
internal sealed class FirstRows(int column)
{
    private static readonly int[] s_first = [0];

    private readonly RowBatch _keys = new(new TableSchema([new Column("key", ColumnType.Text)]));
    private readonly RowHashSet _seen = new();
    private UInt128[] _hashes = [];
    private bool[] _others = [];
    private byte[] _small = [];

    /// <summary>Rows that were not the first of their value.</summary>
    public long LeftOut { get; private set; }

    /// <summary>For each row whether it is not the first of its value; good until the next call.</summary>
    public ReadOnlySpan<bool> FindOthers(RowBatch batch)
    {
        var (rows, keys) = (batch.Text(column), _keys.Text(0));
        if (_hashes.Length < batch.RowCount) (_hashes, _others) = (new UInt128[batch.RowCount], new bool[batch.RowCount]);
        _keys.Clear();
        keys.Load(Small(rows.Bytes), rows.Offsets, rows.Validity);
        RowHash.Compute(_keys, s_first, _hashes);
        _seen.Fetch(_hashes.AsSpan(0, batch.RowCount));
        for (var row = 0; row < batch.RowCount; row++)
        {
            _others[row] = rows[row].IsEmpty || !_seen.Add(_hashes[row]);
            if (_others[row]) LeftOut++;
        }
        return _others.AsSpan(0, batch.RowCount);
    }

    // In UTF-8 bytes of other letters are never those of A to Z.
    private ReadOnlySpan<byte> Small(ReadOnlySpan<byte> text)
    {
        if (_small.Length < text.Length) _small = new byte[text.Length * 2];
        var small = _small.AsSpan(0, text.Length);
        var i = 0;
        for (; i + Vector<byte>.Count <= text.Length; i += Vector<byte>.Count)
        {
            var letters = new Vector<byte>(text[i..]);
            var capitals = Vector.LessThanOrEqual(letters - new Vector<byte>((byte)'A'), new Vector<byte>((byte)('Z' - 'A')));
            (letters | (capitals & new Vector<byte>(0x20))).CopyTo(small[i..]);
        }
        for (; i < text.Length; i++) small[i] = (byte)(text[i] is >= (byte)'A' and <= (byte)'Z' ? text[i] | 0x20 : text[i]);
        return small;
    }
}
