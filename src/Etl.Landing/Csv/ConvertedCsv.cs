using System.Buffers;
using System.Runtime.CompilerServices;
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
    private const int BufferBytes = 1 << 19;

    /// <summary>Room is asked for once for so many rows: few enough that long texts need little of it.</summary>
    private const int RoomRows = 64;

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
        for (var i = 0; i < names.Count; i++)
        {
            var name = System.Text.Encoding.UTF8.GetBytes(names[i]);
            Reserve((name.Length * 2L) + 3);
            _length += Put(name, _buffer.AsSpan(_length));
            _buffer[_length++] = i == names.Count - 1 ? (byte)'\n' : (byte)',';
        }
    }

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Writes a batch.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="leavesOut">For each row whether it is left out; empty when none is.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
            if (row % RoomRows == 0) Reserve(MostOf(columns, isPlain, row, Math.Min(row + RoomRows, batch.RowCount)));
            if (!leavesOut.IsEmpty && leavesOut[row]) continue;
            var at = _length;
            for (var i = 0; i < columns.Length; i++)
            {
                at += isPlain[i] ? columns[i].CopyRow(row, _buffer.AsSpan(at)) : Put(columns[i][row], _buffer.AsSpan(at));
                _buffer[at++] = (byte)',';
            }
            _buffer[at - 1] = (byte)'\n';
            _length = at;
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

    // At most so many bytes, with what follows each cell: where something is to be quoted, every byte doubled and two quotes.
    private static long MostOf(TextBuffer[] columns, bool[] isPlain, int first, int end)
    {
        long most = TextBuffer.Slack;
        for (var i = 0; i < columns.Length; i++)
        {
            long bytes = columns[i].Offsets[end] - columns[i].Offsets[first];
            most += isPlain[i] ? bytes + (end - first) : (bytes * 2) + ((end - first) * 3L);
        }
        return most;
    }

    private int Put(ReadOnlySpan<byte> cell, Span<byte> room)
    {
        // A line without anything in it is no row to most readers.
        if (cell.IndexOfAny(s_quoted) < 0 && (!cell.IsEmpty || _columns > 1))
        {
            cell.CopyTo(room);
            return cell.Length;
        }
        var length = 0;
        room[length++] = Quote;
        foreach (var value in cell)
        {
            if (value == Quote) room[length++] = Quote;
            room[length++] = value;
        }
        room[length++] = Quote;
        return length;
    }

    private void Reserve(long bytes)
    {
        if (_buffer.Length - _length >= bytes) return;
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
