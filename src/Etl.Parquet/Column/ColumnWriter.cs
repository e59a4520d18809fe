using Etl.Parquet.Compression;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;
using Etl.Parquet.RowGroup;

namespace Etl.Parquet.Column;

/// <summary>Cuts one column into pages and writes its chunks. Used for one chunk after the other; keeps its buffers.</summary>
/// <remarks>
/// A data page (version 1): header, then compressed: 4-byte length and hybrid runs of the definition levels, then the values.
/// The values grow in the body behind a reserve, and the levels are put in front of them at the end: no copy of the values.
/// </remarks>
internal abstract class ColumnWriter
{
    private readonly ByteBuffer _levels = new();
    private readonly ByteBuffer _header = new();
    private readonly CompactWriter _headerWriter;
    private readonly PageCompressor _compressor;
    private readonly PageStore _store;
    private readonly ulong[] _validity;
    private readonly int _reserve;
    private int _rows;

    protected ColumnWriter(ParquetColumn column, ParquetWriterOptions options, int width, PageCompressor compressor, PageStore store)
    {
        Column = column;
        Options = options;
        _compressor = compressor;
        _store = store;
        _headerWriter = new CompactWriter(_header);
        MaxPageRows = width == 0 ? options.MaxPageRows : Math.Min(options.MaxPageRows, Math.Max(1, options.MaxPageBytes / width));
        _validity = new ulong[Bitmap.Words(MaxPageRows) + 1];
        _reserve = LevelEncoder.MaxBytes(MaxPageRows);
        Body = new ByteBuffer(_reserve + 1024);
        Body.SetLength(_reserve);
    }

    public ParquetColumn Column { get; }

    /// <summary>The finished pages of the open chunk.</summary>
    public List<PageRecord> Pages { get; } = [];

    /// <summary>The bytes that the page records' bounds refer to.</summary>
    public ByteBuffer BoundBytes { get; } = new();

    /// <summary>Memory in use for the open page and the dictionary; finished pages are in the store.</summary>
    public virtual long BufferedBytes => Body.Length + BoundBytes.Length;

    protected ParquetWriterOptions Options { get; }

    protected int MaxPageRows { get; }

    /// <summary>The open page's values, behind the reserve for the levels.</summary>
    protected ByteBuffer Body { get; }

    /// <summary>Values of the open page that are not null.</summary>
    protected int Present { get; private set; }

    /// <summary>Encodes <paramref name="rows"/> staged rows from <paramref name="row"/> on.</summary>
    public abstract void Append(int row, int rows);

    /// <summary>Rows that still fit into the open page.</summary>
    protected int RowsLeft => MaxPageRows - _rows;

    /// <summary>Adds rows to the open page whose values the subclass has encoded; closes it when it is full.</summary>
    protected void Advance(ReadOnlySpan<ulong> validity, int bit, int rows, int present, bool isFull)
    {
        if (present == rows)
            Bitmap.Fill(_validity, _rows, rows);
        else
            Bitmap.Copy(validity, bit, _validity, _rows, rows);
        _rows += rows;
        Present += present;
        if (isFull || _rows == MaxPageRows)
            ClosePage(last: false);
    }

    /// <summary>Completes the body of the open page and says how it is encoded.</summary>
    /// <param name="last">The chunk ends with this page.</param>
    protected abstract Encoding CloseValues(bool last);

    /// <summary>Appends the bounds of the page just closed to <see cref="BoundBytes"/>, folds them into the chunk's, and starts the next page's.</summary>
    protected abstract void CloseBounds(ref PageRecord page);

    /// <summary>Bounds of the chunk, and NaN count.</summary>
    protected abstract void ExportBounds(Statistics statistics);

    /// <summary>The dictionary page's body and entry count; empty when no page uses one.</summary>
    protected virtual ReadOnlySpan<byte> Dictionary(out int entries)
    {
        entries = 0;
        return [];
    }

    /// <summary>Order of two bounds in their plain bytes.</summary>
    public abstract int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    /// <summary>Forgets the chunk.</summary>
    public virtual void Clear()
    {
        Pages.Clear();
        BoundBytes.Clear();
    }

    /// <summary>Writes the chunk: dictionary page, data pages. <see cref="Clear"/> must follow when the indexes are done.</summary>
    public ChunkMetadata Finish(CountingOutput output)
    {
        ClosePage(last: true);
        var start = output.Position;
        var chunk = new ChunkMetadata { Type = SchemaMapping.Physical(Column.Type), Path = Column.Name, Codec = FormatCodec };
        chunk.Encodings.Add((int)Encoding.Rle); // the levels
        var dictionary = Dictionary(out var entries);
        if (entries > 0)
        {
            chunk.DictionaryOffset = start;
            chunk.Encodings.Add((int)Encoding.Plain);
            chunk.EncodingStats.Add(new PageCount(PageType.Dictionary, Encoding.Plain) { Pages = 1 });
            var stored = _compressor.Compress(dictionary);
            _header.Clear();
            PageHeader.WriteDictionary(_headerWriter, dictionary.Length, stored.Length, entries);
            output.Write(_header.Written);
            output.Write(stored);
            chunk.Bytes = _header.Length + dictionary.Length;
        }

        chunk.DataOffset = output.Position;
        long nulls = 0;
        foreach (var page in Pages)
        {
            _store.CopyTo(output, page.StoreStart, page.StoredBytes);
            chunk.Values += page.Rows;
            chunk.Bytes += page.Bytes;
            nulls += page.Nulls;
            if (!chunk.Encodings.Contains((int)page.Encoding))
                chunk.Encodings.Add((int)page.Encoding);
            var stat = chunk.EncodingStats.Find(s => s.Type == PageType.Data && s.Encoding == page.Encoding);
            if (stat is null)
                chunk.EncodingStats.Add(stat = new PageCount(PageType.Data, page.Encoding));
            stat.Pages++;
        }

        chunk.CompressedBytes = output.Position - start;
        chunk.Statistics = new Statistics { NullCount = nulls };
        ExportBounds(chunk.Statistics);
        return chunk;
    }

    private CompressionCodec FormatCodec => Options.Codec switch
    {
        ParquetCodec.None => CompressionCodec.Uncompressed,
        ParquetCodec.Snappy => CompressionCodec.Snappy,
        _ => CompressionCodec.Gzip,
    };

    private void ClosePage(bool last)
    {
        if (_rows == 0)
            return;
        var page = new PageRecord { Rows = _rows, Nulls = _rows - Present, Encoding = CloseValues(last), StoreStart = _store.Length };
        _levels.Clear();
        LevelEncoder.Encode(_validity, _rows, Present, _levels);
        var body = Body.Written[(_reserve - _levels.Length)..];
        _levels.Written.CopyTo(body);

        var stored = _compressor.Compress(body);
        _header.Clear();
        PageHeader.WriteData(_headerWriter, body.Length, stored.Length, _rows, page.Encoding);
        _store.Append(_header.Written);
        _store.Append(stored);
        page.StoredBytes = _header.Length + stored.Length;
        page.Bytes = _header.Length + (long)body.Length;
        CloseBounds(ref page);
        Pages.Add(page);

        Body.SetLength(_reserve);
        _rows = 0;
        Present = 0;
    }
}
