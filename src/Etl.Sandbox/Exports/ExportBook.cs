using System.Globalization;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Exports;

/// <summary>The files that exports wrote, by name. Thread safe; the oldest go when there are more than <see cref="MaxFiles"/>.</summary>
internal sealed class ExportBook(SandboxOptions options)
{
    private const int MaxFiles = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly Queue<string> _age = [];
    private long _number;

    /// <summary>Keeps a file under a fresh name: 32 hex digits and the hour.</summary>
    public string Add(byte[] content)
    {
        var number = Interlocked.Increment(ref _number);
        var name = string.Create(CultureInfo.InvariantCulture,
            $"{Prng.Hash(options.Seed, 40, number):x16}{Prng.Hash(options.Seed, 41, number):x16}_{options.Clock.GetUtcNow():yyyy-MM-dd-HH}");
        lock (_gate)
        {
            _files[name] = content;
            _age.Enqueue(name);
            if (_age.Count > MaxFiles)
                _files.Remove(_age.Dequeue());
        }
        return name;
    }

    public byte[]? Find(string name)
    {
        lock (_gate)
            return _files.GetValueOrDefault(name);
    }
}
