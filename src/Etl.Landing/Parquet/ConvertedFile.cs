using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Core.Columns;
using Etl.Landing.Stores.Local;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>
/// One Parquet file that is no landing, with notes of the cells that could not be typed beside it
/// (<c>OUT.quarantine.jsonl</c>). Both appear whole under their names or not at all; the notes first, so that a new file never
/// stands beside old notes. Of two runs that write the same file the later one to end wins. Complete publishes, dispose without it discards.
/// </summary>
public sealed class ConvertedFile : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Twice what a landing takes: nothing else runs beside a conversion. Of 5 million rows with 200,000 addresses the file is 8 % smaller and takes 4 %
    // less processor time, since dictionaries are begun anew half as often; 18 MiB more memory.
    private const long MaxRowGroupBytes = 64L << 20;

    private readonly string _path;
    private readonly TempFile _file;
    private readonly ParquetWriter _writer;
    private TempFile? _notes;

    /// <summary>Begins the file.</summary>
    /// <param name="path">Where it will stand; its folder exists.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="codec">How pages are compressed.</param>
    /// <exception cref="Core.Errors.EtlException">The folder cannot be written.</exception>
    public ConvertedFile(string path, TableSchema schema, ParquetCodec codec)
    {
        _path = Path.GetFullPath(path);
        _file = Guarded(() => Begin(_path));
        try
        {
            _writer = new ParquetWriter(_file.Stream, ParquetRows.Schema(schema), new ParquetWriterOptions { Codec = codec, MaxRowGroupBytes = MaxRowGroupBytes });
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Where the notes stand, if there are any.</summary>
    public string NotesPath => _path + ".quarantine.jsonl";

    /// <summary>Cells noted.</summary>
    public long Notes { get; private set; }

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Writes a batch.</summary>
    public void Write(RowBatch batch) => Guarded(() =>
    {
        ParquetRows.Write(_writer, batch);
        return Rows += batch.RowCount;
    });

    /// <summary>Notes a cell that is null in the file: its line (or row, where a file has rows that are no lines), column, text and reason.</summary>
    public void Note(long? line, long row, string column, string raw, string reason) => Guarded(() =>
    {
        _notes ??= new TempFile(TemporaryName(NotesPath));
        _notes.Stream.Write(JsonSerializer.SerializeToUtf8Bytes(new { line, row, column, raw, reason }, s_json));
        _notes.Stream.Write("\n"u8);
        return ++Notes;
    });

    /// <summary>Publishes file and notes, replacing what had their names; returns the file's bytes.</summary>
    public long Complete() => Guarded(() =>
    {
        var bytes = _writer.Complete().Bytes;
        _file.Sync();
        _notes?.Sync();
        _notes?.Publish(NotesPath);
        _file.Publish(_path);
        if (_notes is null) File.Delete(NotesPath);
        DurableFolder.Sync(Path.GetDirectoryName(_path)!);
        return bytes;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
        _notes?.Dispose();
    }

    /// <summary>A temporary file beside the path. Those that killed runs left there are removed.</summary>
    internal static TempFile Begin(string path)
    {
        Sweep(path);
        return new TempFile(TemporaryName(path));
    }

    // Never the name of another run: a file that two had open could be published while the other still writes it.
    private static string TemporaryName(string path) => Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");

    // What a killed run left: a running one holds a lock on its file.
    private static void Sweep(string path)
    {
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.*.tmp", new EnumerationOptions { AttributesToSkip = 0 }))
        {
            try
            {
                using (new FileStream(left, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) File.Delete(left);
            }
            catch (IOException)
            {
                // In use, or swept by another run.
            }
        }
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "write the Parquet file", _path);
        }
    }
}
