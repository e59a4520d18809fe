using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Quarantine;

/// <summary>
/// Notes as <c>&lt;data&gt;/quarantine/&lt;job&gt;/&lt;label&gt;-&lt;pull&gt;.jsonl</c>, one JSON object a line, and raw replies as
/// <c>&lt;data&gt;/raw/&lt;job&gt;/&lt;label&gt;/&lt;pull&gt;/&lt;name&gt;</c>. Thread safe.
/// </summary>
public sealed class QuarantineStore : IQuarantineStore, IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<string, FileStream> _open = [];
    private readonly Lock _lock = new();
    // Makings of a folder that others remove at the same time.
    private const int Attempts = 20;
    private readonly string _quarantine;
    private readonly string _raw;

    /// <summary>Makes the store; folders are made when needed.</summary>
    public QuarantineStore(string dataFolder)
    {
        _quarantine = Path.Combine(Path.GetFullPath(dataFolder), "quarantine");
        _raw = Path.Combine(Path.GetFullPath(dataFolder), "raw");
    }

    /// <inheritdoc/>
    /// <exception cref="Core.Errors.EtlException">The file cannot be written.</exception>
    public void Add(WindowKey key, string pull, QuarantineNote note)
    {
        var path = NotesPath(key, pull);
        var line = JsonSerializer.Serialize(note, s_json) + "\n";
        Guarded("write a quarantine note", path, () =>
        {
            lock (_lock)
            {
                if (!_open.TryGetValue(path, out var file))
                {
                    DurableFolder.Create(Path.GetDirectoryName(path)!);
                    file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
                    _open.Add(path, file);
                }
                file.Write(Encoding.UTF8.GetBytes(line));
            }
        });
    }

    /// <inheritdoc/>
    /// <exception cref="Core.Errors.EtlException">The name or the folder is not possible.</exception>
    public Stream OpenRaw(WindowKey key, string pull, string name)
    {
        var path = Path.Combine(RawFolder(key, pull), PathNames.Check("raw reply", name));
        Stream? stream = null;
        Guarded("keep a raw reply", path, () =>
        {
            for (var attempt = 1; stream is null; attempt++)
            {
                try
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
                }
                catch (DirectoryNotFoundException) when (attempt < Attempts)
                {
                    // Another pull has just removed the empty folder above.
                }
            }
        });
        return stream!;
    }

    /// <inheritdoc/>
    /// <remarks>May be called again, and for a pull that has neither notes nor raw replies.</remarks>
    public string? Finish(WindowKey key, string pull, bool keepNotes, bool keepRaw)
    {
        var notes = NotesPath(key, pull);
        var raw = RawFolder(key, pull);
        var kept = keepRaw && Directory.Exists(raw);
        Guarded("finish the quarantine of a pull", notes, () =>
        {
            lock (_lock)
            {
                if (_open.Remove(notes, out var file))
                {
                    if (keepNotes) file.Flush(flushToDisk: true);
                    file.Dispose();
                }
            }
            if (!keepNotes && File.Exists(notes)) File.Delete(notes);
            else if (File.Exists(notes)) DurableFolder.Sync(Path.GetDirectoryName(notes)!);
            if (kept || !Directory.Exists(raw)) return;
            Directory.Delete(raw, recursive: true);
            RemoveEmpty(Path.GetDirectoryName(raw)!);
        });
        return kept ? raw : null;
    }

    /// <summary>Closes the files that are still open.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var file in _open.Values) file.Dispose();
            _open.Clear();
        }
    }

    /// <summary>Removes the folders of the window and of the job, and the one of all raw replies, while they are empty.</summary>
    private void RemoveEmpty(string folder)
    {
        try
        {
            for (var at = folder; at.Length >= _raw.Length; at = Path.GetDirectoryName(at)!) Directory.Delete(at);
        }
        catch (IOException)
        {
            // Not empty, or another pull was faster: both are well.
        }
    }

    private string NotesPath(WindowKey key, string pull) => Path.Combine(
        _quarantine, PathNames.Check("job", key.Job), $"{PathNames.Check("window label", key.Label)}-{PathNames.Check("pull", pull)}.jsonl");

    private string RawFolder(WindowKey key, string pull) => Path.Combine(
        _raw, PathNames.Check("job", key.Job), PathNames.Check("window label", key.Label), PathNames.Check("pull", pull));

    private static void Guarded(string doing, string path, Action work)
    {
        try
        {
            work();
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, doing, path);
        }
    }
}
