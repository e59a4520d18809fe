using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Quarantine;

/// <summary>
/// Notes as <c>&lt;data&gt;/quarantine/&lt;job&gt;/&lt;label&gt;-&lt;pull&gt;.jsonl</c>, one JSON object a line. Thread safe.
/// </summary>
public sealed class QuarantineStore : IQuarantineStore, IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<string, FileStream> _open = [];
    private readonly Lock _lock = new();
    private readonly string _quarantine;

    /// <summary>Makes the store; folders are made when needed.</summary>
    public QuarantineStore(string dataFolder) => _quarantine = Path.Combine(Path.GetFullPath(dataFolder), "quarantine");

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
    /// <remarks>May be called again, and for a pull without notes.</remarks>
    public void Finish(WindowKey key, string pull, bool keepNotes)
    {
        var notes = NotesPath(key, pull);
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
        });
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

    private string NotesPath(WindowKey key, string pull) => Path.Combine(
        _quarantine, PathNames.Check("job", key.Job), $"{PathNames.Check("window label", key.Label)}-{PathNames.Check("pull", pull)}.jsonl");

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
