using System.Buffers.Binary;
using Etl.Parquet.Column;
using Etl.Parquet.Metadata;
using Etl.Parquet.RowGroup;

namespace Etl.Parquet;

/// <summary>Reads flat Parquet files, ours and others', as a stream of rows.</summary>
/// <remarks>
/// Reads required and optional columns; data pages of version 1 and 2; PLAIN, dictionary and (for truth values) RLE encodings; no compression, Snappy
/// and gzip; boolean, 32- and 64-bit signed integers, double, date, timestamps in milliseconds (given as microseconds) and microseconds, text. Timestamps
/// that the file calls local are given as they are; byte arrays without a meaning are given as text. Anything else is a
/// <see cref="ParquetFormatException"/>, as is every damage that shows; no length in the file is trusted.
/// <para>Memory: the footer, and per column one restored page (at most 256 MiB) and one dictionary. Not thread safe.</para>
/// </remarks>
public sealed partial class ParquetReader : IDisposable
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly FileSource _source;
    private readonly FileMetadata _file;
    private readonly List<ReaderColumn> _columns;
    private readonly ColumnReader[] _readers;
    private IReadOnlyList<ParquetRowGroupFacts>? _facts; // made when they are asked for: who reads rows never does
    private int _group = -1;
    private long _groupLeft;
    private bool _isBroken;
    private bool _isDisposed;

    private ParquetReader(Stream stream, bool leaveOpen)
    {
        _stream = stream;
        _leaveOpen = leaveOpen;
        _source = new FileSource(stream);
        _file = ReadFooter(out var end);
        _columns = SchemaMapping.Map(_file.Schema);
        Schema = new ParquetSchema(_columns.Select(c => new ParquetColumn(c.Name, c.Type)));
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in _file.KeyValues)
            metadata[key] = value;
        Metadata = metadata;
        CheckRowGroups(end);
        _readers = _columns.Select(c => new ColumnReader(c, _source)).ToArray();
    }

    /// <summary>The file's columns.</summary>
    public ParquetSchema Schema { get; }

    /// <summary>Rows in the file.</summary>
    public long RowCount => _file.Rows;

    /// <summary>Key-value pairs of the footer; of a key that occurs twice, the last.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What the file says wrote it, or null.</summary>
    public string? CreatedBy => _file.CreatedBy;

    /// <summary>Facts of the row groups, from the footer.</summary>
    public IReadOnlyList<ParquetRowGroupFacts> RowGroups => _facts ??= _file.RowGroups.Select(Facts).ToList().AsReadOnly();

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="ParquetFormatException">It is no Parquet file, damaged, or has columns that cannot be read here.</exception>
    /// <exception cref="IOException">The file system refuses.</exception>
    public static ParquetReader Open(string path) => Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0));

    /// <summary>Opens a stream that can seek.</summary>
    /// <param name="seekable">The whole stream is the file, whatever its position.</param>
    /// <param name="leaveOpen">False (default): the stream is disposed with the reader, also when opening fails.</param>
    /// <exception cref="ParquetFormatException">It is no Parquet file, damaged, or has columns that cannot be read here.</exception>
    public static ParquetReader Open(Stream seekable, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(seekable);
        if (!seekable.CanSeek || !seekable.CanRead)
            throw new ArgumentException("The stream cannot be read from any position; expected one that can seek.", nameof(seekable));
        try
        {
            return new ParquetReader(seekable, leaveOpen);
        }
        catch when (!leaveOpen)
        {
            seekable.Dispose();
            throw;
        }
    }

    /// <summary>Fills <paramref name="batch"/> with the next rows.</summary>
    /// <param name="batch">Made for a schema with the same types; its contents are valid until the next call.</param>
    /// <param name="maxRows">1 or more. A call may give fewer rows, since it never crosses a row group.</param>
    /// <returns>Rows read; 0 at the end of the file.</returns>
    /// <exception cref="ParquetFormatException">Damage, an unsupported page, or more than 512 MiB of text in one column of the batch.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed, so where the columns stand is not known.</exception>
    public int Read(ParquetBatch batch, int maxRows)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRows);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        CheckBatch(batch);
        if (_isBroken)
            throw new InvalidOperationException("The rows cannot be read on after an earlier failure; open the file again.");
        while (_groupLeft == 0)
        {
            if (_group + 1 >= _file.RowGroups.Count)
            {
                batch.RowCount = 0;
                return 0;
            }

            var group = _file.RowGroups[++_group];
            _groupLeft = group.Rows;
            for (var i = 0; i < _readers.Length; i++)
                _readers[i].Start(group.Chunks[i], _group);
        }

        _isBroken = true;
        var rows = (int)Math.Min(_groupLeft, maxRows);
        for (var i = 0; i < _readers.Length; i++)
        {
            batch[i].Reset(rows);
            _readers[i].Read(batch[i], rows);
        }

        _isBroken = false;
        _groupLeft -= rows;
        batch.RowCount = rows;
        return rows;
    }

    /// <summary>Ends reading and disposes the stream, unless it was to be left open.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        if (!_leaveOpen)
            _stream.Dispose();
    }

    private void CheckBatch(ParquetBatch batch)
    {
        var same = batch.ColumnCount == _columns.Count;
        for (var i = 0; same && i < _columns.Count; i++)
            same = batch[i].Type == _columns[i].Type;
        if (!same)
            throw new ArgumentException("The batch was made for a schema with other types; expected the reader's schema.", nameof(batch));
    }

    /// <summary>A file is: magic, pages and indexes, footer, 4-byte footer length, magic.</summary>
    private FileMetadata ReadFooter(out long end)
    {
        Span<byte> tail = stackalloc byte[8];
        if (_source.Length < 12)
            throw new ParquetFormatException(FormattableString.Invariant($"The file has {_source.Length} bytes; expected at least the 12 of an empty Parquet file."));
        _source.Read(0, tail[..4]);
        if (!tail[..4].SequenceEqual("PAR1"u8))
            throw new ParquetFormatException("The file does not start with 'PAR1': it is no Parquet file.").At(offset: 0);
        _source.Read(_source.Length - 8, tail);
        if (!tail[4..].SequenceEqual("PAR1"u8))
            throw new ParquetFormatException("The file does not end with 'PAR1': it is encrypted, damaged, or was not completed.").At(offset: _source.Length - 4);
        var length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (length <= 0 || length > _source.Length - 12)
            throw new ParquetFormatException(FormattableString.Invariant($"The footer announces {length} bytes; expected 1 to {_source.Length - 12}.")).At(offset: _source.Length - 8);
        end = _source.Length - 8 - length;
        var bytes = new byte[length];
        _source.Read(end, bytes);
        try
        {
            return FooterReader.Read(bytes);
        }
        catch (ParquetFormatException e)
        {
            throw e.At(offset: end);
        }
    }

    private void CheckRowGroups(long end)
    {
        long rows = 0;
        for (var g = 0; g < _file.RowGroups.Count; g++)
        {
            var group = _file.RowGroups[g];
            if (group.Rows < 0 || group.Rows > _file.Rows - rows)
                throw new ParquetFormatException(FormattableString.Invariant($"The row group announces {group.Rows} rows; expected 0 to {_file.Rows - rows}.")).At(rowGroup: g);
            rows += group.Rows;
            if (group.Chunks.Count != _columns.Count)
                throw new ParquetFormatException(FormattableString.Invariant($"The row group has {group.Chunks.Count} column chunks; expected {_columns.Count}.")).At(rowGroup: g);
            for (var c = 0; c < _columns.Count; c++)
                CheckChunk(group, g, c, end);
        }

        if (rows != _file.Rows)
            throw new ParquetFormatException(FormattableString.Invariant($"The row groups have {rows} rows; the footer announces {_file.Rows}."));
    }

    private void CheckChunk(RowGroupMetadata group, int g, int c, long end)
    {
        var chunk = group.Chunks[c];
        var column = _columns[c];
        var fault =
            !chunk.HasMetadata ? "The column chunk has no metadata."
            : chunk.FilePath is { Length: > 0 } ? "The column chunk is in another file, which is not supported."
            : chunk.PathLength != 1 || chunk.Path != column.Name ? $"The column chunk is of '{chunk.Path}'; expected the schema's order."
            : chunk.Type != column.Physical ? $"The column chunk holds {chunk.Type}; the schema says {column.Physical}."
            : chunk.Values != group.Rows ? FormattableString.Invariant($"The column chunk announces {chunk.Values} values; expected the row group's {group.Rows}.")
            : chunk.CompressedBytes < 0 || chunk.Start < 4 || chunk.Start > end - chunk.CompressedBytes
                ? FormattableString.Invariant($"The column chunk announces {chunk.CompressedBytes} bytes at {chunk.Start}; expected a range from 4 to {end}.")
            : null;
        if (fault is not null)
            throw new ParquetFormatException(fault).At(rowGroup: g, column: column.Name);
    }
}
