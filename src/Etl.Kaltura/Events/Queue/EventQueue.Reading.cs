using Etl.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Etl.Kaltura.Events.Queue;

/// <summary>One event out of the queue.</summary>
internal sealed class QueuedEvent
{
    /// <summary>Its place in the order of all events.</summary>
    public required long Number { get; init; }

    /// <summary>The event; null when this build cannot read it.</summary>
    public required KalturaEvent? Event { get; init; }

    /// <summary>Why not.</summary>
    public string? Fault { get; init; }

    /// <summary>Its JSON as it was kept.</summary>
    public required byte[] Raw { get; init; }

    internal required Segment Segment { get; init; }
}

public sealed partial class EventQueue
{
    private const int ReadBytes = 256 << 10;

    private static readonly EventBinder s_binder = new();

    private Segment? _reading;
    private long _readAt;
    private byte[] _buffer = [];
    private int _bufferAt;
    private int _bufferEnd;

    /// <summary>The next event that is not done with, or null when there is none for now. Each is given once per opening; one caller at a time.</summary>
    internal QueuedEvent? TryRead()
    {
        while (true)
        {
            if (_bufferAt < _bufferEnd && QueueRecord.TryRead(_buffer.AsMemory(_bufferAt, _bufferEnd - _bufferAt), out var record, out var length))
            {
                _bufferAt += length;
                if (record.Kind != RecordKind.Event || _reading!.DoneBefore.Contains(record.Number)) continue;
                return Queued(record);
            }
            if (!Fill()) return null;
        }
    }

    /// <summary>Done when events were appended after this call, or the queue was closed.</summary>
    internal Task WaitForMoreAsync()
    {
        lock (_lock) return _isClosed ? Task.CompletedTask : _appended.Task;
    }

    /// <summary>Says that an event is done with: delivered, or kept elsewhere. A kill before that, and a power loss up to 200 ms after, sends it again.</summary>
    internal void Acknowledge(QueuedEvent e)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            e.Segment.Done(e.Number);
            if (e.Segment is { IsSealed: true, Remaining: 0 }) DropDone();
            if (_isSyncDue) return;
            _isSyncDue = true;
        }
        _ = Task.Delay(s_syncDoneAfter).ContinueWith(_ => SyncDone(), TaskScheduler.Default);
    }

    private void SyncDone()
    {
        lock (_lock)
        {
            _isSyncDue = false;
            if (_isClosed) return;
            foreach (var segment in _segments) segment.SyncDone();
        }
    }

    private static QueuedEvent Queued(QueueRecord record, Segment segment)
    {
        var raw = record.Content.ToArray();
        var faults = new List<string>();
        KalturaEvent? e = null;
        try
        {
            e = s_binder.Bind(EventJson.Pairs(raw), faults);
        }
        catch (FormatException fault)
        {
            faults.Add(fault.Message);
        }
        return new QueuedEvent { Number = record.Number, Event = e, Fault = e is null ? string.Join(' ', faults) : null, Raw = raw, Segment = segment };
    }

    private QueuedEvent Queued(QueueRecord record) => Queued(record, _reading!);

    /// <summary>Brings more bytes behind those that were not read yet; false at the end of what is on the disk.</summary>
    private bool Fill()
    {
        long end;
        lock (_lock)
        {
            if (_isClosed) return false;
            if (_reading is null && !Begin(_segments[0])) return false;
            if (_bufferAt == _bufferEnd && _readAt >= _reading!.Length)
            {
                // Files that are done with leave the list: the next is the first that begins behind this one.
                if (!_reading.IsSealed || _segments.Find(s => s.First > _reading.First) is not { } next) return false;
                Begin(next);
            }
            end = _reading!.Length;
        }
        var rest = _bufferEnd - _bufferAt;
        var wanted = (int)Math.Min(end - _readAt, ReadBytes);
        if (wanted == 0)
        {
            if (rest == 0) return true;
            throw new EtlException(FaultKind.Window, $"'{_reading.Path}' was damaged while it was open, at offset {_readAt - rest}. Run the command again: the intact events are kept and sent.") { Code = "queue-damaged" };
        }
        var buffer = new byte[rest + wanted];
        _buffer.AsSpan(_bufferAt, rest).CopyTo(buffer);
        if (TryOpen(_reading) is not { } file)
        {
            // Dropped, so all its events are done with; what was not read yet are no events.
            (_readAt, _bufferAt, _bufferEnd) = (end, 0, 0);
            return true;
        }
        using var opened = file;
        var read = RandomAccess.Read(file, buffer.AsSpan(rest), _readAt);
        if (read == 0) throw new EtlException(FaultKind.Window, $"'{_reading.Path}' became shorter while it was open. Run the command again.") { Code = "queue-damaged" };
        _readAt += read;
        (_buffer, _bufferAt, _bufferEnd) = (buffer, 0, rest + read);
        return true;
    }

    private SafeFileHandle? TryOpen(Segment segment)
    {
        try
        {
            return File.OpenHandle(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            lock (_lock)
            {
                if (!_segments.Contains(segment)) return null;
            }
            throw;
        }
    }

    private bool Begin(Segment segment)
    {
        (_reading, _readAt, _bufferAt, _bufferEnd) = (segment, Segment.Header.Length, 0, 0);
        return true;
    }
}
