using System.Buffers;
using System.Globalization;
using Etl.Core.Disks;
using Etl.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Etl.Kaltura.Events.Queue;

/// <summary>Where the queue is and how large it may grow.</summary>
public sealed record EventQueueOptions
{
    /// <summary>Folder of the queue; made when it does not exist. One process at a time.</summary>
    public required string Folder { get; init; }

    /// <summary>Bytes on disk at which new events are refused; the oldest are always kept.</summary>
    public long LimitBytes { get; init; } = 1L << 30;

    /// <summary>Bytes at which a file of the queue is closed and the next begun. A file goes when all its events are done with.</summary>
    public int SegmentBytes { get; init; } = 32 << 20;

    /// <summary>Hears what was found damaged, in sentences.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Makes new names in a folder durable; does nothing by default, and then a power loss may take a new file with it.</summary>
    public Action<string> SyncFolder { get; init; } = _ => { };
}

/// <summary>
/// Events on their way, on disk: append-only files, a checksum on every record, one sync for all that is appended at the same time. What <see cref="AppendAsync"/>
/// returned for survives a kill and a power loss. Safe for concurrent use.
/// </summary>
public sealed partial class EventQueue : IDisposable
{
    // Room that appends leave, so that there is always some to note what was delivered and to open the queue: 12 bytes an event, 40,000 of them.
    private const long ReserveBytes = 512 << 10;

    private static readonly TimeSpan s_syncDoneAfter = TimeSpan.FromMilliseconds(200);

    private readonly EventQueueOptions _options;
    private readonly FileStream _owner;
    private readonly Lock _lock = new();
    private readonly List<Segment> _segments = [];
    private readonly Dictionary<ulong, long> _inputs = [];
    private readonly List<Pending> _pending = [];
    private readonly int _segmentBytes;
    private SafeFileHandle? _file;
    private long _next = 1;
    private long _pendingBytes;
    private bool _isWriting;
    private bool _isSyncDue;
    private bool _isClosed;
    private TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EventQueue(EventQueueOptions options, FileStream owner)
    {
        (_options, _owner) = (options, owner);
        _segmentBytes = (int)Math.Min(options.SegmentBytes, Math.Max(options.LimitBytes / 4, 4 << 10));
    }

    /// <summary>Events that are not done with.</summary>
    public long Count
    {
        get
        {
            lock (_lock) return _segments.Sum(s => (long)s.Remaining);
        }
    }

    private Segment Current => _segments[^1];

    /// <summary>Opens or makes the queue. Damaged parts are moved to <c>damaged</c> beside it, and told.</summary>
    /// <exception cref="EtlException">Another process has it open, or the folder cannot be used.</exception>
    public static EventQueue Open(EventQueueOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EtlException(FaultKind.Usage, $"The folder of the event queue, '{options.Folder}', cannot be made: {e.Message}", e) { Code = "queue" };
        }
        FileStream owner;
        try
        {
            owner = ExclusiveFile.TryOpen(Path.Combine(options.Folder, "lock"))
                ?? throw new EtlException(FaultKind.Usage, $"The event queue '{options.Folder}' is in use by another process. Wait for that one, or use another '--data' folder.") { Code = "queue" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EtlException(FaultKind.Usage, $"The event queue '{options.Folder}' may not be written: {e.Message} See to its rights and its disk, or use another '--data' folder.", e) { Code = "queue" };
        }
        var queue = new EventQueue(options, owner);
        try
        {
            queue.Load();
            return queue;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            queue.Dispose();
            throw new EtlException(FaultKind.Window, $"The event queue '{options.Folder}' could not be opened: {e.Message} What it holds is kept; make room on the disk, or see to its rights.", e) { Code = "queue-disk" };
        }
    }

    /// <summary>What <see cref="LinesTaken"/> gives for an input that was taken over to its end.</summary>
    public const long WholeInput = long.MaxValue;

    /// <summary>Lines of an input that were taken over before; <see cref="WholeInput"/> for all, 0 for none. Known until <see cref="ForgetInputsAsync"/>.</summary>
    /// <param name="input">What the input is known by: a hash of its content.</param>
    public long LinesTaken(ulong input)
    {
        lock (_lock) return _inputs.GetValueOrDefault(input);
    }

    /// <summary>Takes events over. When the task is done they are on the disk, in order, behind all that were appended before.</summary>
    /// <param name="lines">The events.</param>
    /// <param name="input">Input that they are from, whose lines are counted; 0 for one that nobody can read again.</param>
    /// <param name="isEnd">True when the input ends with them.</param>
    /// <exception cref="EtlException">The queue is full (<c>queue-full</c>) or the disk does not take them (<c>queue-disk</c>); then none of them was taken over.</exception>
    public Task AppendAsync(IReadOnlyList<EventLine> lines, ulong input = 0, bool isEnd = false)
    {
        var contents = new ArrayBufferWriter<byte>(lines.Count * 256 + 64);
        var entries = new List<(long Line, int Length)>(lines.Count);
        foreach (var line in lines)
        {
            var before = contents.WrittenCount;
            EventJson.Write(contents, line.Event ?? throw new ArgumentException($"Line {line.Number} has faults.", nameof(lines)));
            entries.Add((line.Number, contents.WrittenCount - before));
        }
        var pending = new Pending(entries, contents.WrittenMemory, input, isEnd);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            var used = _segments.Where(s => s.Remaining > 0).Sum(s => s.Length) + _pendingBytes;
            if (lines.Count > 0 && used + pending.Bytes > _options.LimitBytes)
                return Task.FromException(Full(used));
            return Enqueue(pending);
        }
    }

    /// <summary>
    /// Forgets the inputs that were taken over to their end, so that they may be sent anew. To be called when all events were sent: until then the same input
    /// is one that a stopped command goes on with.
    /// </summary>
    public Task ForgetInputsAsync()
    {
        lock (_lock)
        {
            ulong[] whole = [.. _inputs.Where(i => i.Value == WholeInput).Select(i => i.Key)];
            return whole.Length == 0 ? Task.CompletedTask : Enqueue(new Pending([], default, 0, IsEnd: false) { Forgotten = whole });
        }
    }

    /// <summary>Closes the files. Whatever is not done with is there when the queue is opened again.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isClosed) return;
            _isClosed = true;
            foreach (var segment in _segments)
            {
                segment.SyncDone();
                segment.Dispose();
            }
            if (!_isWriting) _file?.Dispose();
        }
        _owner.Dispose();
        _appended.TrySetResult();
    }

    private Task Enqueue(Pending pending)
    {
        _pending.Add(pending);
        _pendingBytes += pending.Bytes;
        if (!_isWriting)
        {
            _isWriting = true;
            _ = Task.Run(WriteAll);
        }
        return pending.Done.Task;
    }

    private void Load()
    {
        foreach (var temporary in Directory.EnumerateFiles(_options.Folder, "*.tmp").ToList()) File.Delete(temporary);
        var firsts = Directory.EnumerateFiles(_options.Folder, "*.events")
            .Select(p => long.TryParse(Path.GetFileNameWithoutExtension(p), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1).Where(n => n >= 0).Order().ToList();
        var damaged = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_options.Folder))!, "damaged");
        foreach (var first in firsts)
        {
            var segment = new Segment(_options.Folder, first) { IsSealed = true };
            var records = SegmentScan.Read(segment, damaged, first == firsts[^1], _options.Warn, _options.SyncFolder);
            segment.ReadDone();
            foreach (var record in records) Recall(segment, record);
            _next = Math.Max(_next, first + 1);
            _segments.Add(segment);
        }
        foreach (var done in Directory.EnumerateFiles(_options.Folder, "*.done").Where(d => !File.Exists(Path.ChangeExtension(d, ".events"))).ToList()) File.Delete(done);
        Roll();
    }

    private void Recall(Segment segment, QueueRecord record)
    {
        if (record.Kind == RecordKind.Event)
        {
            if (!segment.DoneBefore.Contains(record.Number)) segment.Remaining++;
            _next = Math.Max(_next, record.Number + 1);
        }
        if (record.Input == 0) return;
        if (record.Kind == RecordKind.InputForgotten) _inputs.Remove(record.Input);
        else _inputs[record.Input] = Math.Max(record.Line, _inputs.GetValueOrDefault(record.Input));
    }

    /// <summary>Begins a new file, with what is known of inputs in hand, and drops files that are done with.</summary>
    private void Roll()
    {
        var segment = new Segment(_options.Folder, _next++);
        using var head = new MemoryStream();
        head.Write(Segment.Header);
        foreach (var (input, line) in _inputs) QueueRecord.Write(head, RecordKind.Input, 0, input, line, []);
        var file = File.OpenHandle(segment.Path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        RandomAccess.Write(file, head.GetBuffer().AsSpan(0, (int)head.Length), 0);
        DiskSync.Flush(file, segment.Path);
        _options.SyncFolder(_options.Folder);
        segment.Length = head.Length;
        _file?.Dispose();
        _file = file;
        lock (_lock)
        {
            foreach (var old in _segments) old.IsSealed = true;
            _segments.Add(segment);
            DropDone();
        }
    }

    private void DropDone()
    {
        for (var i = _segments.Count - 2; i >= 0; i--)
        {
            if (_segments[i] is not { IsSealed: true, Remaining: 0 } done) continue;
            _segments.RemoveAt(i);
            done.Delete();
        }
    }

    private void WriteAll()
    {
        while (true)
        {
            List<Pending> batch;
            lock (_lock)
            {
                if (_pending.Count == 0 || _isClosed)
                {
                    _isWriting = false;
                    foreach (var late in _pending) late.Done.SetException(new ObjectDisposedException(nameof(EventQueue)));
                    _pending.Clear();
                    if (_isClosed) _file?.Dispose();
                    return;
                }
                batch = [.. _pending];
                _pending.Clear();
                _pendingBytes = 0;
            }
            Write(batch);
        }
    }

    private void Write(List<Pending> batch)
    {
        long at = 0;
        try
        {
            if (Current.Length >= _segmentBytes || (Current.Remaining == 0 && Current.Length > _segmentBytes / 2)) Roll();
            at = Current.Length;
            var first = _next;
            using var buffer = new MemoryStream();
            foreach (var pending in batch) _next = pending.WriteTo(buffer, _next);
            if (FreeBytes() - buffer.Length < ReserveBytes && batch.Exists(p => p.Entries.Count > 0)) throw new IOException("the disk is full but for a small reserve.");
            RandomAccess.Write(_file!, buffer.GetBuffer().AsSpan(0, (int)buffer.Length), at);
            DiskSync.Flush(_file!, Current.Path);
            lock (_lock)
            {
                Current.Length = at + buffer.Length;
                Current.Remaining += (int)(_next - first);
                foreach (var pending in batch) Recount(pending);
                var appended = _appended;
                _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
                appended.TrySetResult();
            }
            foreach (var pending in batch) pending.Done.SetResult();
        }
        catch (Exception e)
        {
            // Whatever it was: nobody may wait for ever.
            TakeBack(at);
            var fault = new EtlException(FaultKind.Window, $"The event queue '{_options.Folder}' could not be written: {e.Message} Make room on the disk; what was taken over before is kept.", e) { Code = "queue-disk", IsTransient = true };
            foreach (var pending in batch) pending.Done.SetException(fault);
        }
    }

    private void Recount(Pending pending)
    {
        foreach (var input in pending.Forgotten) _inputs.Remove(input);
        if (pending.Input == 0) return;
        if (pending.IsEnd) _inputs[pending.Input] = WholeInput;
        else if (pending.Entries.Count > 0) _inputs[pending.Input] = pending.Entries[^1].Line;
    }

    // Half a write would be found as damage; whoever appended was told that nothing was taken over.
    private void TakeBack(long length)
    {
        try
        {
            if (length > 0) RandomAccess.SetLength(_file!, length);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _options.Warn($"The event queue could not take back half a write: {e.Message}");
        }
    }

    private long FreeBytes() => new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(Path.GetFullPath(_options.Folder))! : _options.Folder).AvailableFreeSpace;

    private EtlException Full(long used) => new(FaultKind.Window,
        string.Create(CultureInfo.InvariantCulture, $"The event queue '{_options.Folder}' is full: {used} of {_options.LimitBytes} bytes hold events that are not sent. The oldest are kept and new ones are refused; let them be sent, or raise '--queue-limit'."))
    { Code = "queue-full", IsTransient = true };

    private sealed record Pending(List<(long Line, int Length)> Entries, ReadOnlyMemory<byte> Contents, ulong Input, bool IsEnd)
    {
        public ulong[] Forgotten { get; init; } = [];

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Bytes => Contents.Length + (long)Entries.Count * (QueueRecord.HeadBytes + QueueRecord.FixedBodyBytes);

        public long WriteTo(Stream stream, long next)
        {
            var at = 0;
            foreach (var (line, length) in Entries)
            {
                QueueRecord.Write(stream, RecordKind.Event, next++, Input, line, Contents.Span.Slice(at, length));
                at += length;
            }
            if (IsEnd && Input != 0) QueueRecord.Write(stream, RecordKind.Input, 0, Input, WholeInput, []);
            foreach (var input in Forgotten) QueueRecord.Write(stream, RecordKind.InputForgotten, 0, input, 0, []);
            return next;
        }
    }
}
