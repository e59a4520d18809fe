using System.Buffers;
using Etl.Core.Columns;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Csv;

/// <summary>
/// One CSV file that is no export: texts as they are (RFC 4180, UTF-8, LF, quotes where needed, names in the first line). It appears whole under its
/// name or not at all. Complete publishes, dispose without it discards.
/// </summary>
public sealed class ConvertedCsv : IDisposable
{
    private const int BufferBytes = 1 << 18;
    private const byte Quote = (byte)'"';

    private static readonly SearchValues<byte> s_quoted = SearchValues.Create("\",\r\n"u8);

    private readonly string _path;
    private readonly TempFile _file;
    private readonly int _columns;
    private byte[] _buffer = new byte[BufferBytes];
    private int _length;

    /// <summary>Begins the file.</summary>
    /// <param name="path">Where it will stand; its folder exists.</param>
    /// <param name="names">The columns: the first ones of the batches that come, all of them text.</param>
    /// <exception cref="Core.Errors.EtlException">The folder cannot be written.</exception>
    public ConvertedCsv(string path, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        _path = Path.GetFullPath(path);
        _columns = names.Count;
        _file = Guarded(() => ConvertedFile.Begin(_path));
        for (var i = 0; i < names.Count; i++) Put(System.Text.Encoding.UTF8.GetBytes(names[i]), i == names.Count - 1 ? (byte)'\n' : (byte)',');
    }

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Writes a batch.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="leavesOut">For each row whether it is left out; empty when none is.</param>
    public void Write(RowBatch batch, ReadOnlySpan<bool> leavesOut)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var columns = new TextBuffer[_columns];
        // Most columns have nothing to quote: one look at all of their text saves one at every cell.
        var isPlain = new bool[_columns];
        for (var i = 0; i < _columns; i++)
        {
            columns[i] = batch.Text(i);
            isPlain[i] = _columns > 1 && columns[i].Bytes.IndexOfAny(s_quoted) < 0;
        }
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (!leavesOut.IsEmpty && leavesOut[row]) continue;
            for (var i = 0; i < columns.Length; i++)
            {
                var last = i == columns.Length - 1 ? (byte)'\n' : (byte)',';
                if (isPlain[i]) PutPlain(columns[i], row, last);
                else Put(columns[i][row], last);
            }
            Rows++;
        }
    }

    /// <summary>Publishes the file, replacing what had its name; returns its bytes.</summary>
    public long Complete()
    {
        Flush();
        return Guarded(() =>
        {
            var bytes = _file.Stream.Length;
            _file.Sync();
            _file.Publish(_path);
            DurableFolder.Sync(Path.GetDirectoryName(_path)!);
            return bytes;
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void PutPlain(TextBuffer column, int row, byte last)
    {
        var most = column.Offsets[row + 1] - column.Offsets[row] + 1 + TextBuffer.Slack;
        if (_buffer.Length - _length < most) Room(most);
        _length += column.CopyRow(row, _buffer.AsSpan(_length));
        _buffer[_length++] = last;
    }

    private void Put(ReadOnlySpan<byte> cell, byte last)
    {
        // Every byte doubled, two quotes, what follows.
        var most = (cell.Length * 2L) + 3;
        if (_buffer.Length - _length < most) Room(most);
        // A line without anything in it is no row to most readers.
        if (cell.IndexOfAny(s_quoted) >= 0 || (cell.IsEmpty && _columns == 1))
        {
            _buffer[_length++] = Quote;
            foreach (var value in cell)
            {
                if (value == Quote) _buffer[_length++] = Quote;
                _buffer[_length++] = value;
            }
            _buffer[_length++] = Quote;
        }
        else
        {
            cell.CopyTo(_buffer.AsSpan(_length));
            _length += cell.Length;
        }
        _buffer[_length++] = last;
    }

    private void Room(long bytes)
    {
        Flush();
        if (_buffer.Length < bytes) _buffer = new byte[bytes];
    }

    private void Flush()
    {
        Guarded(() =>
        {
            _file.Stream.Write(_buffer, 0, _length);
            return true;
        });
        _length = 0;
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "write the CSV file", _path);
        }
    }
}
