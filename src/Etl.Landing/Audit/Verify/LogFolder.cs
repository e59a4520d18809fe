using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Verify;

/// <summary>What lies in a log's folder, by names with slashes. No link is followed.</summary>
internal sealed class LogFolder
{
    private readonly string _root;
    private readonly Dictionary<string, Item> _items;

    private LogFolder(string root, Dictionary<string, Item> items) => (_root, _items) = (root, items);

    /// <summary>Everything, folders too.</summary>
    public IReadOnlyDictionary<string, Item> Items => _items;

    public static LogFolder Read(string root)
    {
        var items = new Dictionary<string, Item>(StringComparer.Ordinal);
        Walk(new DirectoryInfo(root), "", items);
        return new LogFolder(root, items);
    }

    /// <summary>True for a plain file.</summary>
    public bool IsFile(string name) => _items.TryGetValue(name, out var item) && item.Kind == ItemKind.File;

    /// <summary>The bytes of a plain file; null when there is none, or one of more than <paramref name="most"/> bytes.</summary>
    public byte[]? Bytes(string name, int most)
    {
        if (!IsFile(name) || _items[name].Bytes > most) return null;
        using var stream = Open(name);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Opens a plain file. One without bytes is not opened: a pipe looks like that and would hang whoever reads it.</summary>
    public Stream Open(string name) =>
        _items[name].Bytes == 0 ? Stream.Null : new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private string PathOf(string name) => Path.Combine(_root, name);

    private static void Walk(DirectoryInfo folder, string above, Dictionary<string, Item> items)
    {
        foreach (var info in folder.EnumerateFileSystemInfos())
        {
            var name = above + info.Name;
            if ((info.Attributes & FileAttributes.ReparsePoint) != 0 || info.LinkTarget is not null) items[name] = new Item(ItemKind.Other, 0);
            else if (info is DirectoryInfo inner)
            {
                items[name] = new Item(ItemKind.Folder, 0);
                Walk(inner, name + "/", items);
            }
            else items[name] = new Item(ItemKind.File, ((FileInfo)info).Length);
        }
    }

    public enum ItemKind
    {
        File,
        Folder,
        /// <summary>A link.</summary>
        Other,
    }

    public readonly record struct Item(ItemKind Kind, long Bytes);
}
