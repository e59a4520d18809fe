using System.Buffers.Binary;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Targets;

namespace Etl.Pipeline.Restating;

/// <summary>Writes a difference, tall: one row for each column that changed, or that has a value in a row that came or went.</summary>
internal sealed class DiffWriter
{
    private const int BatchRows = 8192;

    private readonly DiffSchema _schema;
    private readonly IStagingWriter _to;
    private readonly RowBatch _batch;
    private readonly byte[] _previous;
    private readonly byte[][] _names;
    private readonly ContentHasher _hasher = new();

    public DiffWriter(DiffSchema schema, string previousPull, IStagingWriter to)
    {
        (_schema, _to, _batch, _previous) = (schema, to, new RowBatch(schema.Table), Encoding.UTF8.GetBytes(previousPull));
        _names = [.. schema.Compared.Columns.Select(c => Encoding.UTF8.GetBytes(c.Name))];
    }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Their content hash.</summary>
    public string ContentHash => _hasher.Current();

    /// <summary>Writes a whole row that only one side has.</summary>
    public void Whole(RowBatch cells, int row, UInt128 id, bool pulled)
    {
        var change = pulled ? DiffSchema.Added : DiffSchema.Removed;
        var before = Rows;
        for (var column = 0; column < _names.Length; column++)
        {
            if (cells[column].IsNull(row)) continue;
            Begin(cells, row, id, change);
            Value(cells, column, pulled ? null : row, pulled ? row : null);
        }
        if (Rows > before) return;
        // A row of nulls is a row.
        Begin(cells, row, id, change);
        for (var column = _schema.ColumnName; column < _schema.Table.Columns.Count; column++) _batch[column].AppendNull();
        End();
    }

    /// <summary>Writes the columns in which two rows differ.</summary>
    public void Change(RowBatch cells, int old, int now, UInt128 id)
    {
        for (var column = 0; column < _names.Length; column++)
        {
            if (AreEqual(cells[column], old, now)) continue;
            Begin(cells, now, id, DiffSchema.Changed);
            Value(cells, column, old, now);
        }
    }

    /// <summary>Hands over what is left.</summary>
    public void Flush()
    {
        if (_batch.RowCount == 0) return;
        _hasher.Add(_batch);
        _to.Write(_batch);
        _batch.Clear();
    }

    private void Begin(RowBatch cells, int row, UInt128 id, string change)
    {
        Span<byte> bytes = stackalloc byte[16];
        Span<byte> hex = stackalloc byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        Convert.TryToHexStringLower(bytes, hex, out _);
        _batch.Text(0).Append(_previous);
        _batch.Text(1).Append(Encoding.UTF8.GetBytes(change));
        _batch.Text(2).Append(hex);
        for (var i = 0; i < _schema.Key.Length; i++) _batch[3 + i].AppendFrom(cells[_schema.Key[i]], row);
    }

    private void Value(RowBatch cells, int column, int? old, int? now)
    {
        var type = _schema.Compared.Columns[column].Type;
        var at = _schema.ColumnName;
        _batch.Text(at).Append(_names[column]);
        Text(cells[column], type, old, _batch.Text(at + 1));
        Text(cells[column], type, now, _batch.Text(at + 2));
        var delta = _batch.Fixed<double>(at + 3);
        if (old is { } a && now is { } b && Delta(cells[column], type, a, b) is { } difference) delta.Append(difference);
        else delta.AppendNull();
        End();
    }

    private void End()
    {
        Rows++;
        if (_batch.RowCount >= BatchRows) Flush();
    }

    private static void Text(ColumnBuffer cells, ColumnType type, int? row, TextBuffer to)
    {
        if (row is { } at) CellText.Append(cells, type, at, to);
        else to.AppendNull();
    }

    // A difference that is no number (of infinities) has no place in databases that know numbers only.
    private static double? Delta(ColumnBuffer cells, ColumnType type, int old, int now)
    {
        if (!CommonColumns.IsNumber(type) || cells.IsNull(old) || cells.IsNull(now)) return null;
        var delta = cells switch
        {
            FixedBuffer<double> doubles => doubles.Values[now] - doubles.Values[old],
            FixedBuffer<long> longs => (double)((Int128)longs.Values[now] - longs.Values[old]),
            _ => (double)((FixedBuffer<int>)cells).Values[now] - ((FixedBuffer<int>)cells).Values[old],
        };
        return double.IsFinite(delta) ? delta : null;
    }

    // To the bit, as content hashes are.
    private static bool AreEqual(ColumnBuffer cells, int a, int b)
    {
        if (cells.IsNull(a) || cells.IsNull(b)) return cells.IsNull(a) && cells.IsNull(b);
        return cells switch
        {
            TextBuffer text => text[a].SequenceEqual(text[b]),
            FixedBuffer<double> doubles => BitConverter.DoubleToInt64Bits(doubles.Values[a]) == BitConverter.DoubleToInt64Bits(doubles.Values[b]),
            FixedBuffer<long> longs => longs.Values[a] == longs.Values[b],
            FixedBuffer<int> ints => ints.Values[a] == ints.Values[b],
            _ => ((FixedBuffer<bool>)cells).Values[a] == ((FixedBuffer<bool>)cells).Values[b],
        };
    }
}
