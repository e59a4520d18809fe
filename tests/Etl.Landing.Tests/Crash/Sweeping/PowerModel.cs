using System.Security.Cryptography;
using System.Text;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>
/// What a disk may hold after the power went, from the recorded calls of a run. What a sync waited for is there; of everything since, any part may be: bytes of a file
/// until that file is synced, names until their folder is. Renames are one change, of the folder
/// of the new name. The model is harder than file systems are, which keep an order among names.
/// </summary>
internal sealed class PowerModel
{
    private readonly Node _root = new(IsFolder: true);
    private readonly List<Change> _changes = [];
    private readonly Dictionary<string, Node> _now = new(StringComparer.Ordinal);
    private readonly Dictionary<int, long> _positions = [];

    /// <summary>Makes the model.</summary>
    /// <param name="before">The folder as it was on the disk before.</param>
    /// <param name="data">The folder in the recorded calls.</param>
    /// <param name="calls">The calls, with all bytes.</param>
    public PowerModel(string before, string data, IReadOnlyList<SystemCall> calls)
    {
        _now[""] = _root;
        foreach (var folder in Directory.EnumerateDirectories(before, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)) Exist(Path.GetRelativePath(before, folder), new Node(IsFolder: true));
        foreach (var file in Folders.Files(before)) Exist(file, new Node(IsFolder: false) { Before = File.ReadAllBytes(Path.Combine(before, file)) });
        foreach (var call in calls) Take(call, data);
    }

    private PowerModel(PowerModel other, IEnumerable<Change> changes)
    {
        _root = other._root;
        _changes = [.. changes];
    }

    /// <summary>The syncs, by the name of what was synced, in order.</summary>
    public IReadOnlyList<(int Index, string Name)> Syncs => [.. _changes.Select((c, i) => (i, c)).Where(c => c.c.Kind == ChangeKind.Sync).Select(c => (c.i, c.c.Text))];

    /// <summary>How many changes and syncs there are.</summary>
    public int Count => _changes.Count;

    /// <summary>The same run, had it not made one sync.</summary>
    public PowerModel Without(int sync) => new(this, _changes.Where((_, i) => i != sync));

    /// <summary>The same run, had it written into the file of a name instead of beside it: planted, to be found.</summary>
    /// <param name="name">Path of the file that was renamed over.</param>
    public PowerModel InPlace(string name)
    {
        var rename = _changes.Single(c => c.Kind == ChangeKind.Rename && c.Text == name);
        var (folder, child) = (rename.Node, rename.Child!);
        // The bytes go where readers look from the first one on.
        return new PowerModel(this, [new Change(ChangeKind.Name, folder, name) { Child = child, Entry = rename.Entry }, .. _changes.Where(c => c != rename && !(c.Kind == ChangeKind.Name && c.Child == child))]);
    }

    /// <summary>The states that a disk may be in when the power goes, each once, and whether all had been done by then.</summary>
    /// <param name="most">How many states to make at most of one moment; beyond, those that lack little or have little, and a choice of others.</param>
    public IEnumerable<(DiskState State, bool IsEnd)> States(int most)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        // Between two syncs what may be missing only grows: the last moment before each has the states of all moments before it.
        for (var moment = 0; moment <= _changes.Count; moment++)
        {
            if (moment < _changes.Count && _changes[moment].Kind != ChangeKind.Sync) continue;
            var isEnd = moment == _changes.Count;
            var (sure, open) = Split(moment);
            foreach (var kept in Subsets(open.Count, most, moment))
            {
                var made = Make([.. sure.Concat(open.Where((_, i) => kept[i])).Order().Select(i => _changes[i])]);
                // The end is a state of its own: what was reported must be there.
                if (seen.Add(made.Hash + isEnd)) yield return (made, isEnd);
            }
        }
    }

    private (List<int> Sure, List<int> Open) Split(int moment)
    {
        var synced = new Dictionary<Node, int>();
        for (var i = 0; i < moment; i++)
            if (_changes[i].Kind == ChangeKind.Sync) synced[_changes[i].Node] = i;
        var (sure, open) = (new List<int>(), new List<int>());
        for (var i = 0; i < moment; i++)
            if (_changes[i].Kind != ChangeKind.Sync) (synced.GetValueOrDefault(_changes[i].Node, -1) > i ? sure : open).Add(i);
        return (sure, open);
    }

    private static IEnumerable<bool[]> Subsets(int count, int most, int seed)
    {
        if (count < 20 && 1 << count <= most)
        {
            for (var bits = 0; bits < 1 << count; bits++) yield return [.. Enumerable.Range(0, count).Select(i => (bits >> i & 1) == 1)];
            yield break;
        }
        yield return new bool[count];
        yield return [.. Enumerable.Repeat(true, count)];
        var left = most - 2;
        foreach (var all in (bool[])[true, false])
            for (var i = 0; i < count && left > 0; i++, left--) yield return [.. Enumerable.Range(0, count).Select(k => k == i ? !all : all)];
        // Up to a moment all, after it nothing.
        for (var i = 1; i < count && left > 0; i++, left--) yield return [.. Enumerable.Range(0, count).Select(k => k < i)];
        var random = new Random(seed);
        for (; left > 0; left--) yield return [.. Enumerable.Range(0, count).Select(_ => random.Next(2) == 1)];
    }

    private DiskState Make(IReadOnlyList<Change> changes)
    {
        var names = new Dictionary<Node, SortedDictionary<string, Node>>();
        var bytes = new Dictionary<Node, byte[]>();
        foreach (var change in changes)
            switch (change.Kind)
            {
                case ChangeKind.Name:
                    Names(change.Node)[change.Entry] = change.Child!;
                    break;
                case ChangeKind.Rename:
                    Names(change.FromFolder!).Remove(change.From);
                    Names(change.Node)[change.Entry] = change.Child!;
                    break;
                case ChangeKind.Unlink:
                    Names(change.Node).Remove(change.Entry);
                    break;
                case ChangeKind.Write:
                    var content = Content(change.Node);
                    var needed = change.Offset + change.Bytes.Length;
                    if (content.Length < needed) Array.Resize(ref content, (int)needed);
                    change.Bytes.CopyTo(content, change.Offset);
                    bytes[change.Node] = content;
                    break;
                case ChangeKind.Length:
                    content = Content(change.Node);
                    Array.Resize(ref content, (int)change.Offset);
                    bytes[change.Node] = content;
                    break;
                default:
                    break;
            }
        var files = new List<(string, byte[]?)>();
        Walk(_root, "");
        return new DiskState(files);

        SortedDictionary<string, Node> Names(Node node) => names.TryGetValue(node, out var found) ? found : names[node] = new SortedDictionary<string, Node>(node.Names, StringComparer.Ordinal);

        byte[] Content(Node node) => bytes.TryGetValue(node, out var found) ? found : [.. node.Before];

        void Walk(Node node, string path)
        {
            foreach (var (name, child) in names.TryGetValue(node, out var changed) ? changed : node.Names)
            {
                files.Add((path + name, child.IsFolder ? null : Content(child)));
                if (child.IsFolder) Walk(child, path + name + "/");
            }
        }
    }

    private void Exist(string path, Node node)
    {
        _now[path] = node;
        _now[Path.GetDirectoryName(path) ?? ""].Names[Path.GetFileName(path)] = node;
    }

    private void Take(SystemCall call, string data)
    {
        var paths = call.Paths.Select(p => p == data ? "" : p.StartsWith(data + "/", StringComparison.Ordinal) ? p[(data.Length + 1)..] : null).ToList();
        switch (call.Name)
        {
            case "open" or "openat" or "creat":
                var path = paths[^1];
                _positions[(int)call.Result!.Value] = 0;
                if (path is null || path.Length == 0) break;
                if (!_now.TryGetValue(path, out var opened))
                {
                    if (!call.Arguments.Contains("O_CREAT", StringComparison.Ordinal) && call.Name != "creat") throw new InvalidOperationException($"'{path}' is opened, and nobody made it.");
                    Add(path, new Node(IsFolder: false));
                }
                else if (call.Arguments.Contains("O_TRUNC", StringComparison.Ordinal)) _changes.Add(new Change(ChangeKind.Length, opened, path));
                break;
            case "mkdir" or "mkdirat":
                Add(paths[^1]!, new Node(IsFolder: true));
                break;
            case "write" or "pwrite64":
                // A handle of a file without a name any more writes where nobody reads.
                if (paths[0] is null || !_now.TryGetValue(paths[0]!, out var written)) break;
                var bytes = call.Bytes();
                var at = call.Name == "write" ? _positions.GetValueOrDefault(call.Handle) : Last(call);
                if (call.Name == "write") _positions[call.Handle] = at + bytes.Length;
                _changes.Add(new Change(ChangeKind.Write, written, paths[0]!) { Offset = at, Bytes = bytes });
                break;
            case "ftruncate":
                if (paths[0] is null || !_now.TryGetValue(paths[0]!, out var cut)) break;
                _changes.Add(new Change(ChangeKind.Length, cut, paths[0]!) { Offset = Last(call) });
                break;
            case "fsync" or "fdatasync":
                if (paths[0] is not null && _now.TryGetValue(paths[0]!, out var synced)) _changes.Add(new Change(ChangeKind.Sync, synced, paths[0]!));
                break;
            case "rename" or "renameat" or "renameat2":
                var moved = _now[paths[0]!];
                _changes.Add(new Change(ChangeKind.Rename, Above(paths[^1]!), paths[^1]!)
                {
                    From = Path.GetFileName(paths[0]!), FromFolder = Above(paths[0]!), Entry = Path.GetFileName(paths[^1]!), Child = moved,
                });
                _now.Remove(paths[0]!);
                _now[paths[^1]!] = moved;
                break;
            case "link" or "linkat":
                Add(paths[^1]!, _now[paths[0]!]);
                break;
            case "unlink" or "unlinkat" or "rmdir":
                _changes.Add(new Change(ChangeKind.Unlink, Above(paths[^1]!), paths[^1]!) { Entry = Path.GetFileName(paths[^1]!) });
                _now.Remove(paths[^1]!);
                break;
            case "lseek":
                _positions[call.Handle] = call.Result!.Value;
                break;
            case "close":
                break;
            default:
                throw new InvalidOperationException($"The model has no idea of '{call.Name}'.");
        }
    }

    private void Add(string path, Node node)
    {
        _now[path] = node;
        _changes.Add(new Change(ChangeKind.Name, Above(path), path) { Entry = Path.GetFileName(path), Child = node });
    }

    private static long Last(SystemCall call) => long.Parse(call.Arguments[(call.Arguments.LastIndexOf(',') + 1)..], System.Globalization.CultureInfo.InvariantCulture);

    private Node Above(string path) => _now[Path.GetDirectoryName(path) ?? ""];

    private enum ChangeKind
    {
        Name,
        Rename,
        Unlink,
        Write,
        Length,
        Sync,
    }

    private sealed class Node(bool IsFolder)
    {
        public bool IsFolder { get; } = IsFolder;
        public byte[] Before { get; init; } = [];
        public SortedDictionary<string, Node> Names { get; } = new(StringComparer.Ordinal);
    }

    /// <param name="Kind">What.</param>
    /// <param name="Node">What must be synced for it: the file, or the folder of the name.</param>
    /// <param name="Text">Path, for people.</param>
    private sealed record Change(ChangeKind Kind, Node Node, string Text)
    {
        public string Entry { get; init; } = "";
        public string From { get; init; } = "";
        public Node? FromFolder { get; init; }
        public Node? Child { get; init; }
        public long Offset { get; init; }
        public byte[] Bytes { get; init; } = [];
    }
}

/// <summary>What a disk holds.</summary>
/// <param name="Files">Paths with their bytes; null for a folder.</param>
internal sealed record DiskState(IReadOnlyList<(string Path, byte[]? Bytes)> Files)
{
    /// <summary>Of everything.</summary>
    public string Hash { get; } = HashOf(Files);

    /// <summary>Makes it in a folder.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (path, bytes) in Files)
            if (bytes is null) Directory.CreateDirectory(Path.Combine(folder, path));
            else File.WriteAllBytes(Path.Combine(folder, path), bytes);
    }

    private static string HashOf(IReadOnlyList<(string Path, byte[]? Bytes)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, bytes) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{bytes?.Length ?? -1}\0"));
            if (bytes is not null) hash.AppendData(bytes);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
