namespace Etl.Parquet.Metadata;

/// <summary>Reads the two indexes of a column chunk.</summary>
internal static class PageIndexReader
{
    public static List<(long Offset, int Bytes, long FirstRow)> ReadOffsets(ReadOnlySpan<byte> bytes)
    {
        var pages = new List<(long, int, long)>();
        var reader = new CompactReader(bytes);
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            if (id != 1)
            {
                reader.Skip();
                continue;
            }

            for (var n = reader.List(CompactWriter.StructType); n > 0; n--)
                pages.Add(ReadLocation(ref reader));
        }

        reader.EndStruct(outer);
        return pages;
    }

    public static (List<bool> NullPages, List<byte[]> Min, List<byte[]> Max, List<long> Nulls, List<long> Nans, BoundaryOrder Order) ReadBounds(ReadOnlySpan<byte> bytes)
    {
        var (nullPages, min, max, nulls, nans) = (new List<bool>(), new List<byte[]>(), new List<byte[]>(), new List<long>(), new List<long>());
        var order = BoundaryOrder.Unordered;
        var reader = new CompactReader(bytes);
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 1:
                    for (var n = reader.List(CompactWriter.True); n > 0; n--)
                        nullPages.Add(reader.BoolElement());
                    break;
                case 2 or 3:
                    for (var n = reader.List(CompactWriter.BinaryType); n > 0; n--)
                        (id == 2 ? min : max).Add(reader.BinaryElement().ToArray());
                    break;
                case 4:
                    order = (BoundaryOrder)reader.Int32();
                    break;
                case 5 or 8:
                    for (var n = reader.List(CompactWriter.Int64Type); n > 0; n--)
                        (id == 5 ? nulls : nans).Add(reader.Int64Element());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        return (nullPages, min, max, nulls, nans, order);
    }

    private static (long Offset, int Bytes, long FirstRow) ReadLocation(ref CompactReader reader)
    {
        var (offset, bytes, row) = (0L, 0, 0L);
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 1:
                    offset = reader.Int64();
                    break;
                case 2:
                    bytes = reader.Int32();
                    break;
                case 3:
                    row = reader.Int64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        return (offset, bytes, row);
    }
}
