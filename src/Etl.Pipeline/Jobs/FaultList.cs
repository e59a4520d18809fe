using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Collects the faults of one file.</summary>
internal sealed class FaultList(string file)
{
    private const int MaxMessageLength = 600;

    private readonly List<JobFault> _faults = [];

    /// <summary>The file, as messages name it.</summary>
    public string File { get; } = file;

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<JobFault> Faults => _faults;

    /// <summary>Adds a fault at a place.</summary>
    public void Add(Place place, string path, string message) =>
        _faults.Add(new JobFault(File, place.Line, place.Column, OneLine(message), path));

    /// <summary>Adds a fault about a value.</summary>
    public void At(YamlNode node, string message) => Add(node.Place, node.Path, message);

    /// <summary>Adds a fault about a key.</summary>
    public void AtKey(YamlEntry entry, string message) => Add(entry.Place, entry.Value.Path, message);

    /// <summary>Removes the faults of one line, where a syntax error says it better.</summary>
    public void Drop(int line) => _faults.RemoveAll(f => f.Line == line);

    /// <summary>True when a fault names exactly this path.</summary>
    public bool Has(string path) => _faults.Any(f => f.Path == path);

    /// <summary>True when a fault names this path, one below it, or one above it that is still below <paramref name="root"/>.</summary>
    public bool Touches(string path, string root) =>
        _faults.Any(f => IsAtOrBelow(f.Path, path) || (f.Path.Length > root.Length && IsAtOrBelow(path, f.Path)));

    // A message may quote what a file holds: one line and a bounded length keep a list of faults readable.
    private static string OneLine(string message)
    {
        var line = string.Concat(message.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));
        return line.Length <= MaxMessageLength ? line : line[..(MaxMessageLength / 2)] + " … " + line[^(MaxMessageLength / 2)..];
    }

    private static bool IsAtOrBelow(string path, string above) =>
        path.StartsWith(above, StringComparison.Ordinal)
        && (path.Length == above.Length || path[above.Length] is '.' or '[');
}
