using System.Globalization;
using Etl.Core.Disks;

namespace Etl.Kaltura.Events.Queue;

/// <summary>Reads a segment file whole, finds what is intact, and mends the file around what is not.</summary>
internal static class SegmentScan
{
    /// <summary>The intact records in order. Damage is moved to a file of its own, and told.</summary>
    /// <param name="segment">Whose file; its length is set.</param>
    /// <param name="damagedFolder">Takes the damaged bytes.</param>
    /// <param name="isLast">True for the newest segment, whose tail may be torn by a stop.</param>
    /// <param name="warn">Hears a sentence per damage.</param>
    /// <param name="syncFolder">Makes names in a folder durable.</param>
    public static IReadOnlyList<QueueRecord> Read(Segment segment, string damagedFolder, bool isLast, Action<string> warn, Action<string> syncFolder)
    {
        var bytes = File.ReadAllBytes(segment.Path).AsMemory();
        var records = new List<QueueRecord>();
        var damage = new List<Range>();
        var intact = new List<Range>();
        var at = bytes.Span.StartsWith(Segment.Header) ? Segment.Header.Length : 0;
        while (at < bytes.Length)
        {
            if (QueueRecord.TryRead(bytes[at..], out var record, out var length))
            {
                records.Add(record);
                intact.Add(at..(at + length));
                at += length;
                continue;
            }
            var next = Next(bytes, at + 1);
            damage.Add(at..next);
            at = next;
        }
        segment.Length = bytes.Length;
        if (damage.Count == 0) return records;
        foreach (var range in damage) SetAside(segment, bytes[range], range, damagedFolder, isLast && range.End.Value == bytes.Length, warn);
        Mend(segment, bytes, intact, syncFolder);
        return records;
    }

    private static int Next(ReadOnlyMemory<byte> bytes, int from)
    {
        while (from < bytes.Length)
        {
            var step = bytes.Span[from..].IndexOf(QueueRecord.Marker);
            if (step < 0) break;
            from += step;
            if (QueueRecord.TryRead(bytes[from..], out _, out _)) return from;
            from++;
        }
        return bytes.Length;
    }

    private static void SetAside(Segment segment, ReadOnlyMemory<byte> bytes, Range range, string folder, bool isTail, Action<string> warn)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(segment.Path)}-{range.Start.Value}.bin");
        var path = Path.Combine(folder, name);
        using (var file = new FileStream(path, FileMode.Create))
        {
            file.Write(bytes.Span);
            DiskSync.Flush(file);
        }
        warn(isTail
            ? $"The last {bytes.Length} bytes of '{segment.Path}' are of a write that was cut off; nobody was told that its events were kept. They were moved to '{path}'."
            : $"{bytes.Length} bytes at offset {range.Start.Value} of '{segment.Path}' are damaged: the events in them cannot be sent. They were moved to '{path}'; the intact events stay in the queue.");
    }

    private static void Mend(Segment segment, ReadOnlyMemory<byte> bytes, List<Range> intact, Action<string> syncFolder)
    {
        var temporary = segment.Path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create))
        {
            file.Write(Segment.Header);
            foreach (var range in intact) file.Write(bytes[range].Span);
            DiskSync.Flush(file);
            segment.Length = file.Length;
        }
        File.Move(temporary, segment.Path, overwrite: true);
        syncFolder(Path.GetDirectoryName(segment.Path)!);
    }
}
