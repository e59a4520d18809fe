using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Etl.Core.Disks;
using Etl.Kaltura.Events.Queue;

namespace Etl.Kaltura.Events.Sending;

/// <summary>The file of events that the service will never take: JSON lines in the form of the input, each with the reason, to be mended and sent again.</summary>
internal sealed class RefusedEvents(string path) : IDisposable
{
    private FileStream? _file;

    /// <summary>Returns when the line is on the disk.</summary>
    public void Add(QueuedEvent e, string reason)
    {
        _file ??= Open();
        var line = new ArrayBufferWriter<byte>(512);
        if (e.Event is { } known)
        {
            EventJson.Write(line, known, reason);
        }
        else
        {
            // What this build cannot read is kept as it stands.
            line.Write(JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["refused"] = reason, ["raw"] = System.Text.Encoding.UTF8.GetString(e.Raw) }));
        }
        line.Write("\n"u8);
        _file.Write(line.WrittenSpan);
        DiskSync.Flush(_file);
    }

    public void Dispose() => _file?.Dispose();

    private FileStream Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 1);
    }
}
