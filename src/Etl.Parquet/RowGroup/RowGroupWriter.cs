using Etl.Parquet.Column;
using Etl.Parquet.Compression;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;

namespace Etl.Parquet.RowGroup;

/// <summary>Encodes staged rows and writes them out as one row group after the other.</summary>
internal sealed class RowGroupWriter
{
    /// <summary>Most rows that are encoded between two looks at the row group's size. 1,024 longs are 8 KiB: a block stays in the first-level cache.</summary>
    public const int BlockRows = 1024;

    private readonly PageStore _store = new();
    private readonly ColumnWriter[] _columns;

    public RowGroupWriter(ParquetSchema schema, ParquetWriterOptions options, StagedColumn[] staged)
    {
        var compressor = new PageCompressor(options.Codec);
        _columns = new ColumnWriter[staged.Length];
        for (var i = 0; i < staged.Length; i++)
        {
            var column = schema.Columns[i];
            _columns[i] = staged[i] switch
            {
                StagedNumbers<bool> s => new BoolColumnWriter(column, options, compressor, _store, s),
                StagedNumbers<int> s => new NumberColumnWriter<int>(column, options, compressor, _store, s),
                StagedNumbers<long> s => new NumberColumnWriter<long>(column, options, compressor, _store, s),
                StagedNumbers<double> s => new NumberColumnWriter<double>(column, options, compressor, _store, s),
                StagedText s => new TextColumnWriter(column, options, compressor, _store, s),
                _ => throw new InvalidOperationException($"No writer for column '{column.Name}'."),
            };
        }
    }

    /// <summary>Rows in the open row group.</summary>
    public long Rows { get; private set; }

    /// <summary>Memory that the open row group takes.</summary>
    public long BufferedBytes
    {
        get
        {
            var bytes = _store.Length;
            foreach (var column in _columns)
                bytes += column.BufferedBytes;
            return bytes;
        }
    }

    /// <summary>Encodes staged rows, at most <see cref="BlockRows"/>.</summary>
    public void Append(int row, int rows)
    {
        foreach (var column in _columns)
            column.Append(row, rows);
        Rows += rows;
    }

    /// <summary>Writes the open row group and starts the next. The indexes go to two buffers, since they stand together at the end of the file.</summary>
    /// <remarks>Index offsets in the result count from the start of the buffers.</remarks>
    public RowGroupMetadata Flush(CountingOutput output, CompactWriter columnIndexes, CompactWriter offsetIndexes)
    {
        var group = new RowGroupMetadata { Rows = Rows, Offset = output.Position };
        foreach (var column in _columns)
        {
            var chunk = column.Finish(output);
            var start = columnIndexes.Output.Length;
            if (PageIndexWriter.TryWriteBounds(columnIndexes, column))
            {
                chunk.ColumnIndexOffset = start;
                chunk.ColumnIndexBytes = columnIndexes.Output.Length - start;
            }

            start = offsetIndexes.Output.Length;
            PageIndexWriter.WriteOffsets(offsetIndexes, column.Pages, chunk.DataOffset);
            chunk.OffsetIndexOffset = start;
            chunk.OffsetIndexBytes = offsetIndexes.Output.Length - start;
            group.Chunks.Add(chunk);
            group.Bytes += chunk.Bytes;
            column.Clear();
        }

        group.CompressedBytes = output.Position - group.Offset;
        _store.Clear();
        Rows = 0;
        return group;
    }
}
