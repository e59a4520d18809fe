using System.Buffers.Binary;
using System.Globalization;
using Etl.Core.Disks;
using Microsoft.Win32.SafeHandles;

namespace Etl.Kaltura.Events.Queue;

/// <summary>
/// One file of the queue and, beside it, the file of the numbers that are done with: <c>number(8) crc(4)</c> each, appended. A number that did not reach
/// that file is sent again. Guarded by the queue's lock.
/// </summary>
internal sealed class Segment : IDisposable
{
    private const int AckBytes = 12;

    private SafeFileHandle? _done;
    private long _doneLength;
    private bool _isDirty;

    public Segment(string folder, long first)
    {
        First = first;
        var name = first.ToString("D20", CultureInfo.InvariantCulture);
        (Path, DonePath) = (System.IO.Path.Combine(folder, name + ".events"), System.IO.Path.Combine(folder, name + ".done"));
    }

    public static ReadOnlySpan<byte> Header => "ETLEVT1\n"u8;

    public long First { get; }
    public string Path { get; }
    public string DonePath { get; }

    /// <summary>Bytes that are on the disk.</summary>
    public long Length { get; set; }

    /// <summary>Events that are not done with.</summary>
    public int Remaining { get; set; }

    public bool IsSealed { get; set; }

    /// <summary>Numbers that were done with when the queue was opened.</summary>
    public HashSet<long> DoneBefore { get; } = [];

    public void ReadDone()
    {
        if (!File.Exists(DonePath)) return;
        var bytes = File.ReadAllBytes(DonePath);
        _doneLength = bytes.Length - bytes.Length % AckBytes;
        for (var at = 0; at < _doneLength; at += AckBytes)
        {
            var entry = bytes.AsSpan(at, AckBytes);
            // A torn or damaged entry counts as absent: the event is sent again, never lost.
            if (QueueRecord.Crc(0, entry[..8]) == BinaryPrimitives.ReadUInt32LittleEndian(entry[8..])) DoneBefore.Add(BinaryPrimitives.ReadInt64LittleEndian(entry));
        }
    }

    public void Done(long number)
    {
        Span<byte> entry = stackalloc byte[AckBytes];
        BinaryPrimitives.WriteInt64LittleEndian(entry, number);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], QueueRecord.Crc(0, entry[..8]));
        _done ??= File.OpenHandle(DonePath, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        RandomAccess.Write(_done, entry, _doneLength);
        _doneLength += AckBytes;
        _isDirty = true;
        Remaining--;
    }

    public void SyncDone()
    {
        if (!_isDirty || _done is null) return;
        DiskSync.Flush(_done, DonePath);
        _isDirty = false;
    }

    public void Delete()
    {
        Dispose();
        // The numbers outlive their events: in the other order a crash would bring all of them back.
        File.Delete(Path);
        File.Delete(DonePath);
    }

    public void Dispose()
    {
        _done?.Dispose();
        _done = null;
    }
}
