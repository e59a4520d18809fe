using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Etl.Core.Windows;

namespace Etl.Landing.Audit.Log;

/// <summary>What an entry of a log says, read strictly. An entry is a manifest: its bytes are the leaf of the tree, and a snapshot's folder repeats them.</summary>
internal sealed partial record AuditManifest
{
    /// <summary>Form of a manifest. A reader refuses a higher one.</summary>
    public const long Format = 1;

    public const string SnapshotKind = "snapshot", KeyKind = "key", ErasedKind = "erased", RetentionKind = "retention";

    /// <summary>Instants: UTC to the second.</summary>
    public const string InstantForm = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>What <see cref="Previous"/> says of the first entry.</summary>
    public static readonly string NoPrevious = new('0', 64);

    /// <summary>Members that the log writes itself.</summary>
    public static readonly IReadOnlyList<string> Own = ["created", "files", "folder", "format", "key", "kind", "newKey", "origin", "previous", "seq", "tool"];

    private static readonly string[] s_windowMembers = ["account", "every", "from", "job", "label", "source", "timezone", "to"];

    /// <summary>From 0.</summary>
    public required long Sequence { get; init; }

    public required string Kind { get; init; }

    /// <summary>Of the log; see <see cref="Checkpoint.Origin"/>.</summary>
    public required string Origin { get; init; }

    /// <summary>SHA-256 of the entry before, as <c>sha256sum</c> prints it.</summary>
    public required string Previous { get; init; }

    /// <summary>When the writer says that it was written.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Id of the key that signs this entry.</summary>
    public required string KeyId { get; init; }

    /// <summary>Relative to the log.</summary>
    public required string Folder { get; init; }

    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>Of a key entry: id of the key that signs everything behind it.</summary>
    public string? NewKey { get; init; }

    /// <summary>Of a snapshot.</summary>
    public ManifestWindow? Window { get; init; }

    /// <summary>Of an erasure or a retention entry: files that are gone lawfully.</summary>
    public IReadOnlyList<Erasure> Erases { get; init; } = [];

    /// <summary>Everything, as it was read.</summary>
    public required CanonicalObject Content { get; init; }

    /// <exception cref="CanonicalException">The bytes are not canonical, or no manifest.</exception>
    public static AuditManifest Read(ReadOnlySpan<byte> bytes)
    {
        var content = CanonicalReader.Read(bytes);
        if (Take<long>(content, "format") is not Format and var format) throw new CanonicalException($"its format is {format}; this build knows {Format}");
        var kind = Take<string>(content, "kind");
        if (kind is not (SnapshotKind or KeyKind or ErasedKind or RetentionKind)) throw new CanonicalException($"its kind is '{kind}', which format {Format} does not have");
        var window = kind == SnapshotKind ? ReadWindow(Take<CanonicalObject>(content, "window")) : null;
        var manifest = new AuditManifest
        {
            Sequence = Take<long>(content, "seq"),
            Kind = kind,
            Origin = Take<string>(content, "origin"),
            Previous = Hash(content, "previous"),
            Created = Instant(content, "created"),
            KeyId = Hash(content, "key"),
            Folder = Take<string>(content, "folder"),
            Files = ReadFiles(Take<List<object>>(content, "files")),
            NewKey = kind == KeyKind ? Hash(content, "newKey") : null,
            Window = window,
            Erases = kind is ErasedKind or RetentionKind ? ReadErasures(Take<List<object>>(content, "erases")) : [],
            Content = content,
        };
        Take<string>(content, "tool");
        if (!AuditNames.IsFolder(manifest.Folder, manifest.Sequence, window?.Key)) throw new CanonicalException($"its folder '{manifest.Folder}' is not that of entry {manifest.Sequence} and its window");
        if (kind != SnapshotKind && manifest.Files.Count > 0) throw new CanonicalException($"a '{kind}' entry has no files");
        return manifest;
    }

    private static ManifestWindow ReadWindow(CanonicalObject window)
    {
        foreach (var name in s_windowMembers) Take<string>(window, name);
        var (from, to) = (Instant(window, "from"), Instant(window, "to"));
        if (from >= to) throw new CanonicalException("its window ends before it begins");
        return new ManifestWindow(
            new WindowKey(Take<string>(window, "job"), Take<string>(window, "source"), Take<string>(window, "account"), Take<string>(window, "label")),
            from, to, Take<string>(window, "every"), Take<string>(window, "timezone"));
    }

    private static List<ManifestFile> ReadFiles(List<object> list)
    {
        var files = new List<ManifestFile>(list.Count);
        var folded = new HashSet<string>();
        foreach (var item in list)
        {
            if (item is not CanonicalObject file) throw new CanonicalException("'files' lists something that is no object");
            var path = Take<string>(file, "path");
            if (!AuditPaths.IsGood(path)) throw new CanonicalException($"the path '{path}' could leave the snapshot or mean several files");
            if (files.Count > 0 && string.CompareOrdinal(files[^1].Path, path) >= 0) throw new CanonicalException($"the file '{path}' is not in order of paths or listed twice");
            if (!folded.Add(AuditPaths.Fold(path))) throw new CanonicalException($"the file '{path}' differs from another one only by capitals");
            if (Take<long>(file, "bytes") is < 0 and var bytes) throw new CanonicalException($"the file '{path}' has {bytes} bytes");
            files.Add(new ManifestFile(path, Take<long>(file, "bytes"), Hash(file, "sha256")));
        }
        return files;
    }

    private static List<Erasure> ReadErasures(List<object> list) => [.. list.Select(item =>
    {
        if (item is not CanonicalObject erasure) throw new CanonicalException("'erases' lists something that is no object");
        var paths = Take<List<object>>(erasure, "paths");
        return new Erasure(Take<long>(erasure, "seq"), [.. paths.Select(p => p as string ?? throw new CanonicalException("'paths' lists something that is no string"))]);
    })];

    private static T Take<T>(CanonicalObject from, string name)
    {
        if (!from.TryGetValue(name, out var value)) throw new CanonicalException($"'{name}' is missing");
        return value is T typed ? typed : throw new CanonicalException($"'{name}' is of another type than it must be");
    }

    private static string Hash(CanonicalObject from, string name)
    {
        var text = Take<string>(from, name);
        return HashForm().IsMatch(text) ? text : throw new CanonicalException($"'{name}' is not a SHA-256 in lower-case hex");
    }

    private static DateTimeOffset Instant(CanonicalObject from, string name) =>
        DateTimeOffset.TryParseExact(Take<string>(from, name), InstantForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw new CanonicalException($"'{name}' is not an instant such as '2026-11-20T02:15:00Z'");

    /// <summary>The SHA-256 of bytes in the form that manifests have.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex HashForm();
}

/// <summary>A file of a snapshot.</summary>
internal sealed record ManifestFile(string Path, long Bytes, string Sha256);

/// <summary>The window of a snapshot.</summary>
internal sealed record ManifestWindow(WindowKey Key, DateTimeOffset From, DateTimeOffset To, string Every, string TimeZone);

/// <summary>Files of an entry that were erased.</summary>
internal sealed record Erasure(long Sequence, IReadOnlyList<string> Paths);
