using System.Buffers.Binary;
using System.Globalization;
using Etl.Core.Disks;

namespace Etl.Sandbox.Collect;

/// <summary>
/// What was received, one record behind the other: length and CRC-32 of the payload (4 bytes each, little-endian), payload. With a folder the file
/// <c>events.log</c> there, else memory. Events that come while one write is on its way to the disk share the next one (group commit).
/// </summary>
/// <remarks>
/// When the file is opened, everything from the first record that is not whole is cut off and kept beside it as
/// <c>events-damaged-NUMBER.bin</c>. Thread safe; one process at a time.
/// </remarks>
internal sealed class EventLog : IAsyncDisposable
{
    private const int HeadBytes = 8;
    private const int MaxPayload = 1 << 20;

    /// <summary>Records between two places that are remembered: a reader scans that many to find its first one.</summary>
    private const int IndexEvery = 256;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly Stream _file;
    private readonly bool _isOnDisk;
    private readonly Func<DateTimeOffset> _now;
    private readonly Action<long, CollectedEvent> _committed;
    private readonly List<(long Number, long At, long Offset)> _index = [];
    private readonly Task _writer;
    private Batch _next = new();
    private long _count;
    private long _length;
    private long _lastAt;
    private bool _closed;

    private EventLog(Stream file, bool isOnDisk, Func<DateTimeOffset> now, Action<long, CollectedEvent> committed, Action<string> notice, string folder)
    {
        (_file, _isOnDisk, _now, _committed) = (file, isOnDisk, now, committed);
        if (isOnDisk)
            Recover(folder, notice);
        _writer = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Records that are kept.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    public bool IsOnDisk => _isOnDisk;

    /// <summary>Opens the log.</summary>
    /// <param name="folder">Its folder, made when it is missing; null for memory.</param>
    /// <param name="now">The clock.</param>
    /// <param name="committed">Gets every kept event and its number (from 1) in order: first those of the file, before this returns, then new ones on a thread of the log.</param>
    /// <param name="notice">Gets sentences about what was repaired.</param>
    /// <exception cref="IOException">The folder cannot be used, or another sandbox has it.</exception>
    public static EventLog Open(string? folder, Func<DateTimeOffset> now, Action<long, CollectedEvent> committed, Action<string> notice)
    {
        if (folder is null)
            return new EventLog(new SegmentStream(), false, now, committed, notice, "");
        Directory.CreateDirectory(folder);
        var file = new FileStream(Path.Combine(folder, "events.log"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        try
        {
            return new EventLog(file, true, now, committed, notice, folder);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Adds an event; done when it is kept. <paramref name="make"/> gets the time that it is given, which never goes back.
    /// </summary>
    /// <exception cref="ArgumentException">The event is larger than 1 MiB.</exception>
    public Task AddAsync(Func<long, CollectedEvent> make)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _lastAt = Math.Max(_lastAt, _now().ToUnixTimeMilliseconds());
            var item = make(_lastAt);
            var payload = item.Encode();
            if (payload.Length > MaxPayload)
                throw new ArgumentException($"An event of {payload.Length} bytes was refused; the most is {MaxPayload}.");
            if (_next.Items.Count == 0)
                _work.Release();
            _next.Items.Add(item);
            Span<byte> head = stackalloc byte[HeadBytes];
            BinaryPrimitives.WriteInt32LittleEndian(head, payload.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(head[4..], Crc32.Of(payload));
            _next.Bytes.Write(head);
            _next.Bytes.Write(payload);
            return _next.Done.Task;
        }
    }

    /// <summary>Kept events in order, from a number (the first is 1) on, at most so many.</summary>
    public List<(long Number, CollectedEvent Event)> Read(long from, int most)
    {
        var found = new List<(long, CollectedEvent)>();
        lock (_gate)
        {
            if (from > _count || _index.Count == 0)
                return found;
            var (number, _, offset) = _index[Place(i => i.Number <= from)];
            _file.Position = offset;
            var bytes = new byte[HeadBytes];
            for (; number <= _count && found.Count < most; number++)
            {
                _file.ReadExactly(bytes, 0, HeadBytes);
                var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
                if (number < from)
                {
                    _file.Position += length;
                    continue;
                }
                var payload = new byte[length];
                _file.ReadExactly(payload);
                found.Add((number, CollectedEvent.Decode(payload, 0, length)));
            }
        }
        return found;
    }

    /// <summary>Number of the first kept event at or after a time (unix milliseconds); one more than the last when there is none.</summary>
    public long FirstAt(long at)
    {
        long number;
        lock (_gate)
        {
            if (_index.Count == 0 || _lastAt < at)
                return _count + 1;
            number = _index[Place(i => i.At < at)].Number;
        }
        while (Read(number, IndexEvery) is { Count: > 0 } some)
        {
            foreach (var (found, item) in some)
            {
                if (item.At >= at)
                    return found;
            }
            number += some.Count;
        }
        return number;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
        }
        _work.Release();
        await _writer.ConfigureAwait(false);
        await _file.DisposeAsync().ConfigureAwait(false);
        _work.Dispose();
    }

    // The last place that is not too late; the first one where none is.
    private int Place(Predicate<(long Number, long At, long Offset)> isBefore)
    {
        var (low, high) = (0, _index.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (isBefore(_index[middle]))
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private void Write()
    {
        while (true)
        {
            _work.Wait();
            Batch batch;
            lock (_gate)
            {
                batch = _next;
                if (batch.Items.Count == 0 && _closed)
                    return;
                _next = new Batch();
            }
            try
            {
                Keep(batch);
                batch.Done.SetResult();
            }
            catch (IOException error)
            {
                batch.Done.SetException(error);
            }
        }
    }

    private void Keep(Batch batch)
    {
        lock (_gate)
        {
            _file.Position = _length;
            try
            {
                _file.Write(batch.Bytes.GetBuffer(), 0, (int)batch.Bytes.Length);
                _file.Flush();
            }
            catch (IOException)
            {
                // A part of it may have been written: the next batch overwrites that.
                _file.SetLength(_length);
                throw;
            }
        }
        // Readers need not wait for the disk: they see the records once they are counted.
        if (_isOnDisk)
            DiskSync.Flush(((FileStream)_file).SafeFileHandle, ((FileStream)_file).Name);
        long number;
        lock (_gate)
        {
            number = _count;
            var offset = _length;
            var head = batch.Bytes.GetBuffer().AsSpan();
            foreach (var item in batch.Items)
            {
                Place(item.At, offset);
                offset += HeadBytes + BinaryPrimitives.ReadInt32LittleEndian(head[(int)(offset - _length)..]);
            }
            _length = offset;
        }
        foreach (var item in batch.Items)
            _committed(++number, item);
    }

    private void Place(long at, long offset)
    {
        if (_count++ % IndexEvery == 0)
            _index.Add((_count, at, offset));
    }

    private void Recover(string folder, Action<string> notice)
    {
        var head = new byte[HeadBytes];
        var buffer = new byte[MaxPayload];
        var size = _file.Length;
        _file.Position = 0;
        while (size - _length >= HeadBytes)
        {
            _file.ReadExactly(head);
            var length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length is < 25 or > MaxPayload || size - _length - HeadBytes < length)
                break;
            _file.ReadExactly(buffer, 0, length);
            if (Crc32.Of(buffer.AsSpan(0, length)) != BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)))
                break;
            var item = CollectedEvent.Decode(buffer, 0, length);
            Place(item.At, _length);
            _lastAt = item.At;
            _committed(_count, item);
            _length += HeadBytes + length;
        }
        if (_length < size)
            Cut(folder, size, notice);
    }

    private void Cut(string folder, long size, Action<string> notice)
    {
        var number = 1;
        string aside;
        do
            aside = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"events-damaged-{number++}.bin"));
        while (File.Exists(aside));
        using (var copy = new FileStream(aside, FileMode.CreateNew))
        {
            _file.Position = _length;
            _file.CopyTo(copy);
            DiskSync.Flush(copy);
        }
        _file.SetLength(_length);
        DiskSync.Flush((FileStream)_file);
        notice(string.Create(CultureInfo.InvariantCulture,
            $"The log '{((FileStream)_file).Name}' is not whole behind its event {_count}: the last {size - _length} bytes were cut off and are kept in '{aside}'. Events that stood there have to be sent again."));
    }

    private sealed class Batch
    {
        public List<CollectedEvent> Items { get; } = [];

        public MemoryStream Bytes { get; } = new();

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
