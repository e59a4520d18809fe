namespace Etl.Parquet.Metadata;

/// <summary>Bounds and counts of a column chunk, in the format's plain bytes (text without length).</summary>
internal sealed class Statistics
{
    public byte[]? Min { get; set; }

    public byte[]? Max { get; set; }

    public bool? MinExact { get; set; }

    public bool? MaxExact { get; set; }

    public long? NullCount { get; set; }

    public long? NanCount { get; set; }

    public void Write(CompactWriter writer, short id)
    {
        writer.Begin(id);
        if (NullCount is { } nulls)
            writer.Int64(3, nulls);
        if (Max is not null)
            writer.Binary(5, Max);
        if (Min is not null)
            writer.Binary(6, Min);
        if (Max is not null && MaxExact is { } maxExact)
            writer.Bool(7, maxExact);
        if (Min is not null && MinExact is { } minExact)
            writer.Bool(8, minExact);
        if (NanCount is { } nans)
            writer.Int64(9, nans);
        writer.End();
    }

    /// <summary>Reads the current field; the old, order-less bounds (fields 1 and 2) are ignored.</summary>
    public static Statistics Read(ref CompactReader reader)
    {
        var result = new Statistics();
        var outer = reader.BeginStructField();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 3:
                    result.NullCount = reader.Int64();
                    break;
                case 5:
                    result.Max = reader.Binary().ToArray();
                    break;
                case 6:
                    result.Min = reader.Binary().ToArray();
                    break;
                case 7:
                    result.MaxExact = reader.Bool();
                    break;
                case 8:
                    result.MinExact = reader.Bool();
                    break;
                case 9:
                    result.NanCount = reader.Int64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        return result;
    }
}
