using System.Runtime.ExceptionServices;
using Etl.Parquet.Column;
using Etl.Parquet.Compression;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;

namespace Etl.Parquet.RowGroup;

/// <summary>Encodes staged rows and writes them out as one row group after the other.</summary>
internal sealed class RowGroupWriter
{
    /// <summary>Most rows that are encoded between two looks at the row group's size: enough for two threads to share their columns.</summary>
    public const int BlockRows = 8192;

    /// <summary>Rows of a block that is small enough for any limit.</summary>
    public const int SmallestBlockRows = 1024;

    private readonly ColumnWriter[] _columns;
    private readonly ParallelOptions? _parallel;
    private long _plainBytes; // of the open row group

    public RowGroupWriter(ParquetSchema schema, ParquetWriterOptions options, StagedColumn[] staged)
    {
        var compressors = new PageCompressors(options.Codec);
        _parallel = options.Threads > 1 ? new ParallelOptions { MaxDegreeOfParallelism = options.Threads } : null;
        _columns = new ColumnWriter[staged.Length];
        for (var i = 0; i < staged.Length; i++)
        {
            var column = schema.Columns[i];
            _columns[i] = staged[i] switch
            {
                StagedNumbers<bool> s => new BoolColumnWriter(column, options, compressors, s),
                StagedNumbers<int> s => new NumberColumnWriter<int>(column, options, compressors, s),
                StagedNumbers<long> s => new NumberColumnWriter<long>(column, options, compressors, s),
                StagedNumbers<double> s => new NumberColumnWriter<double>(column, options, compressors, s),
                StagedText s => new TextColumnWriter(column, options, compressors, s),
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
            long bytes = 0;
            foreach (var column in _columns)
                bytes += column.BufferedBytes;
            return bytes;
        }
    }

    /// <summary>Memory that the open row group will take with so many more bytes of plain values, if they encode as those before them did.</summary>
    public long BufferedBytesWith(long plainBytes)
    {
        var buffered = BufferedBytes;
        return Rows == 0 ? plainBytes : buffered + (long)((double)plainBytes * buffered / _plainBytes);
    }

    /// <summary>Encodes staged rows, at most <see cref="BlockRows"/>, whose plain values take so many bytes.</summary>
    public void Append(int row, int rows, long plainBytes)
    {
        Each(column => column.Append(row, rows));
        Rows += rows;
        _plainBytes += plainBytes;
    }

    /// <summary>Writes the open row group and starts the next. The indexes go to two buffers, since they stand together at the end of the file.</summary>
    /// <remarks>Index offsets in the result count from the start of the buffers.</remarks>
    public RowGroupMetadata Flush(CountingOutput output, CompactWriter columnIndexes, CompactWriter offsetIndexes)
    {
        Each(column => column.Seal());
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
        Rows = 0;
        _plainBytes = 0;
        return group;
    }

    // What a column's bytes are depends on its rows alone, so that it does not matter which thread works on it, and when.
    private void Each(Action<ColumnWriter> work)
    {
        if (_parallel is null)
        {
            foreach (var column in _columns)
                work(column);
            return;
        }

        try
        {
            Parallel.ForEach(_columns, _parallel, work);
        }
        catch (AggregateException faults)
        {
            ExceptionDispatchInfo.Throw(faults.InnerExceptions[0]);
        }
    }
}
