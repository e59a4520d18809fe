using System.Buffers.Binary;
using Etl.Parquet.Column;
using Etl.Parquet.Metadata;

namespace Etl.Parquet;

/// <content>What a file says of itself, for looking into files.</content>
public sealed partial class ParquetReader
{
    // An index is a few dozen bytes per page; this allows about a million pages.
    private const int MaxIndexBytes = 128 << 20;

    /// <summary>Reads the page headers of one column chunk, without the bodies. Does not disturb <see cref="Read"/>.</summary>
    /// <exception cref="ParquetFormatException">A header is damaged.</exception>
    public IReadOnlyList<ParquetPageFacts> ReadPages(int rowGroup, int column)
    {
        var chunk = Chunk(rowGroup, column);
        var pages = new PageReader(_source);
        var facts = new List<ParquetPageFacts>();
        pages.Start(chunk);
        try
        {
            while (pages.Next())
            {
                var h = pages.Header;
                var kind = h.Type switch { PageType.Dictionary => "DICTIONARY", PageType.Data => "DATA", PageType.DataV2 => "DATA_V2", _ => "INDEX" };
                facts.Add(new ParquetPageFacts(kind, FormatNames.Encoding(h.Encoding), h.Values, pages.Offset, pages.HeaderBytes, h.Bytes, h.CompressedBytes));
            }
        }
        catch (ParquetFormatException e)
        {
            throw e.At(pages.Offset, rowGroup, _columns[column].Name, Math.Max(0, pages.Number));
        }

        return facts;
    }

    /// <summary>Reads the page index of one column chunk; empty when the file has none.</summary>
    /// <exception cref="ParquetFormatException">The index is damaged.</exception>
    public IReadOnlyList<ParquetPageIndexEntry> ReadPageIndex(int rowGroup, int column)
    {
        var chunk = Chunk(rowGroup, column);
        if (chunk.OffsetIndexOffset is not { } offset)
            return [];
        try
        {
            var pages = PageIndexReader.ReadOffsets(ReadIndex(offset, chunk.OffsetIndexBytes));
            if (chunk.ColumnIndexOffset is not { } columnIndex)
                return pages.Select(p => new ParquetPageIndexEntry(p.Offset, p.Bytes, p.FirstRow, null, null)).ToList();
            var (nullPages, min, max, nulls, nans, _) = PageIndexReader.ReadBounds(ReadIndex(columnIndex, chunk.ColumnIndexBytes));
            if (nullPages.Count != pages.Count || min.Count != pages.Count || max.Count != pages.Count || !IsFull(nulls) || !IsFull(nans))
                throw new ParquetFormatException(FormattableString.Invariant($"The column index has {nullPages.Count} pages; the offset index has {pages.Count}."));
            return pages.Select((p, i) => new ParquetPageIndexEntry(p.Offset, p.Bytes, p.FirstRow, nullPages[i], new ParquetStatistics(
                nulls.Count > 0 ? nulls[i] : null, nans.Count > 0 ? nans[i] : null, nullPages[i] ? null : Bound(min[i], column), nullPages[i] ? null : Bound(max[i], column), null, null))).ToList();

            bool IsFull(List<long> counts) => counts.Count == 0 || counts.Count == pages.Count;
        }
        catch (ParquetFormatException e)
        {
            throw e.At(offset, rowGroup, _columns[column].Name);
        }
    }

    private byte[] ReadIndex(long offset, int bytes)
    {
        if (bytes is < 0 or > MaxIndexBytes || offset < 0 || offset > _source.Length - bytes)
            throw new ParquetFormatException(FormattableString.Invariant($"A page index announces {bytes} bytes at {offset}; expected a range within the file of {_source.Length} bytes."));
        var index = new byte[bytes];
        _source.Read(offset, index);
        return index;
    }

    private ChunkMetadata Chunk(int rowGroup, int column)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rowGroup, (uint)_file.RowGroups.Count, nameof(rowGroup));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)_columns.Count, nameof(column));
        return _file.RowGroups[rowGroup].Chunks[column];
    }

    private ParquetRowGroupFacts Facts(RowGroupMetadata group) =>
        new(group.Rows, group.Bytes, group.Chunks.Sum(c => c.CompressedBytes), group.Chunks.Select(Facts).ToList().AsReadOnly());

    private ParquetChunkFacts Facts(ChunkMetadata chunk, int column) => new(
        FormatNames.Codec(chunk.Codec),
        chunk.Encodings.Select(e => FormatNames.Encoding((Encoding)e)).ToList().AsReadOnly(),
        chunk.Values,
        chunk.Bytes,
        chunk.CompressedBytes,
        chunk.Start,
        chunk.Start != chunk.DataOffset,
        chunk.Statistics is { } s ? new ParquetStatistics(s.NullCount, s.NanCount, Bound(s.Min, column), Bound(s.Max, column), s.MinExact, s.MaxExact) : null,
        chunk.OffsetIndexOffset is not null);

    /// <summary>A bound in our types; null when there is none, its order is not known, or its length is wrong.</summary>
    private object? Bound(byte[]? bytes, int column)
    {
        if (bytes is null || column >= _file.ColumnOrders.Count || !_file.ColumnOrders[column])
            return null;
        var (_, type, physical, _, scale) = _columns[column];
        return physical switch
        {
            PhysicalType.Boolean when bytes.Length == 1 => bytes[0] != 0,
            PhysicalType.Int32 when bytes.Length == 4 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            PhysicalType.Int64 when bytes.Length == 8 => unchecked(BinaryPrimitives.ReadInt64LittleEndian(bytes) * scale),
            PhysicalType.Double when bytes.Length == 8 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            PhysicalType.ByteArray when type == ParquetType.Text => System.Text.Encoding.UTF8.GetString(bytes),
            _ => null,
        };
    }
}
