using Etl.Core.Columns;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>Carries rows between our batches and Parquet, whole columns at a time.</summary>
internal static class ParquetRows
{
    public static ParquetSchema Schema(TableSchema schema) => new(schema.Columns.Select(c => new ParquetColumn(c.Name, Type(c.Type))));

    public static ParquetType Type(ColumnType type) => type switch
    {
        ColumnType.Bool => ParquetType.Bool,
        ColumnType.Int32 => ParquetType.Int32,
        ColumnType.Int64 => ParquetType.Int64,
        ColumnType.Double => ParquetType.Double,
        ColumnType.Date => ParquetType.Date,
        ColumnType.Timestamp => ParquetType.Timestamp,
        _ => ParquetType.Text,
    };

    /// <summary>Writes one column of a batch that is not ended yet.</summary>
    public static void Write(ParquetWriter writer, int column, ColumnBuffer cells)
    {
        var validity = cells.NullCount == 0 ? default : cells.Validity;
        switch (cells)
        {
            case FixedBuffer<bool> bools: writer.WriteBool(column, bools.Values, validity); break;
            case FixedBuffer<int> ints: writer.WriteInt32(column, ints.Values, validity); break;
            case FixedBuffer<long> longs: writer.WriteInt64(column, longs.Values, validity); break;
            case FixedBuffer<double> doubles: writer.WriteDouble(column, doubles.Values, validity); break;
            case TextBuffer text: writer.WriteText(column, text.Bytes, text.Offsets, validity); break;
        }
    }

    /// <summary>Writes a whole batch.</summary>
    public static void Write(ParquetWriter writer, RowBatch batch)
    {
        for (var column = 0; column < batch.Schema.Columns.Count; column++) Write(writer, column, batch[column]);
        writer.EndBatch(batch.RowCount);
    }

    /// <summary>Replaces a batch's rows by those just read.</summary>
    public static void Load(RowBatch batch, ParquetBatch read)
    {
        batch.Clear();
        for (var column = 0; column < batch.Schema.Columns.Count; column++)
        {
            var data = read[column];
            switch (batch[column])
            {
                case FixedBuffer<bool> bools: bools.Load(data.Bools, data.Validity); break;
                case FixedBuffer<int> ints: ints.Load(data.Int32s, data.Validity); break;
                case FixedBuffer<long> longs: longs.Load(data.Int64s, data.Validity); break;
                case FixedBuffer<double> doubles: doubles.Load(data.Doubles, data.Validity); break;
                case TextBuffer text when data.SharedText is { } shared: text.LoadShared(shared, shared.Bytes, shared.Length, data.TextStarts, data.TextLengths, data.Validity); break;
                case TextBuffer text: text.Load(data.TextBytes, data.TextOffsets, data.Validity); break;
            }
        }
    }
}
