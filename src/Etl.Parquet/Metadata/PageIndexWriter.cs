using Etl.Parquet.Column;

namespace Etl.Parquet.Metadata;

/// <summary>Writes the two indexes of a column chunk: where its pages are, and what bounds they have.</summary>
internal static class PageIndexWriter
{
    public static void WriteOffsets(CompactWriter writer, List<PageRecord> pages, long dataOffset)
    {
        writer.BeginElement();
        writer.List(1, CompactWriter.StructType, pages.Count);
        long row = 0;
        foreach (var page in pages)
        {
            writer.BeginElement();
            writer.Int64(1, dataOffset);
            writer.Int32(2, page.StoredBytes);
            writer.Int64(3, row);
            writer.End();
            dataOffset += page.StoredBytes;
            row += page.Rows;
        }

        writer.End();
    }

    /// <summary>Writes the bounds; false, and nothing written, when a page has values but no bounds (all NaN, or text without an upper bound).</summary>
    public static bool TryWriteBounds(CompactWriter writer, ColumnWriter column)
    {
        var pages = column.Pages;
        foreach (var page in pages)
        {
            if (!page.HasBounds && page.Nulls != page.Rows)
                return false;
        }

        writer.BeginElement();
        writer.List(1, CompactWriter.True, pages.Count);
        foreach (var page in pages)
            writer.BoolElement(!page.HasBounds);
        writer.List(2, CompactWriter.BinaryType, pages.Count);
        foreach (var page in pages)
            writer.BinaryElement(page.HasBounds ? column.BoundBytes.Written[page.Min] : []);
        writer.List(3, CompactWriter.BinaryType, pages.Count);
        foreach (var page in pages)
            writer.BinaryElement(page.HasBounds ? column.BoundBytes.Written[page.Max] : []);
        writer.Int32(4, (int)Order(column));
        writer.List(5, CompactWriter.Int64Type, pages.Count);
        foreach (var page in pages)
            writer.NumberElement(page.Nulls);
        if (column.Column.Type == ParquetType.Double)
        {
            writer.List(8, CompactWriter.Int64Type, pages.Count);
            foreach (var page in pages)
                writer.NumberElement(page.Nans);
        }

        writer.End();
        return true;
    }

    /// <summary>Whether both lists of bounds rise or fall from page to page, null pages left out.</summary>
    private static BoundaryOrder Order(ColumnWriter column)
    {
        var bounds = column.BoundBytes.Written;
        var (rising, falling) = (true, true);
        PageRecord? previous = null;
        foreach (var page in column.Pages)
        {
            if (!page.HasBounds)
                continue;
            if (previous is { } p)
            {
                var min = column.Compare(bounds[p.Min], bounds[page.Min]);
                var max = column.Compare(bounds[p.Max], bounds[page.Max]);
                rising &= min <= 0 && max <= 0;
                falling &= min >= 0 && max >= 0;
            }

            previous = page;
        }

        return rising ? BoundaryOrder.Ascending : falling ? BoundaryOrder.Descending : BoundaryOrder.Unordered;
    }
}
