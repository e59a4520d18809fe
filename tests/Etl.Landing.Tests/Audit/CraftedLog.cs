using System.Globalization;
using System.Text;
using Etl.Core.Windows;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Verify;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Audit;

/// <summary>
/// A log written by hand, entry for entry, rightly chained and signed unless a test says otherwise: what the log's own writer would never make can be made. Folders of entries end
/// in their number.
/// </summary>
internal sealed class CraftedLog : IDisposable
{
    public const string Origin = "etl-audit/compliance/0123456789abcdef";

    private readonly TempFolder _data = new();
    private readonly List<byte[]> _entries = [];
    private string _last = AuditManifest.NoPrevious;

    public CraftedLog()
    {
        (First, Next) = (Open("first"), Open("next"));
        Signer = First;
        Directory.CreateDirectory(Path("log/entries"));
    }

    public PemSigner First { get; }

    public PemSigner Next { get; }

    /// <summary>Signs what comes.</summary>
    public PemSigner Signer { get; set; }

    public string Root => _data["compliance"];

    public long Size => _entries.Count;

    /// <summary>
    /// Two days, a handover to the next key, an erasure of the first day's raw reply, another day: <c>erased</c>.
    /// </summary>
    public static CraftedLog Usual()
    {
        var log = new CraftedLog();
        log.Snapshot(1);
        log.Snapshot(2);
        log.HandOver();
        log.Erase(0, "raw/0001.json");
        File.Delete(log.FileOf(0, "raw/0001.json"));
        log.Snapshot(3);
        log.Seal();
        return log;
    }

    public static string IdOf(PemSigner signer) => signer.KeyAsync(default).Result.Id;

    public static byte[] PemOf(PemSigner signer) => Encoding.ASCII.GetBytes(signer.KeyAsync(default).Result.ToPem());

    public string Path(string name) => System.IO.Path.Combine(Root, name);

    public string FileOf(int sequence, string path) => Path($"{FolderOf(sequence)}/files/{path}");

    /// <summary>Folder of an entry, relative to the log.</summary>
    public string FolderOf(int sequence) => System.IO.Path.GetRelativePath(Root, Directory.GetDirectories(Path("snapshot"), $"{sequence:D20}-*").Single());

    public PemSigner Open(string name)
    {
        var file = _data[$"keys/{name}.pem"];
        AuditKeys.Create(file);
        return PemSigner.Open(file, "x");
    }

    /// <summary>A snapshot of a day, with two files.</summary>
    public void Snapshot(int day, Action<CanonicalObject>? change = null, string every = "day", string zone = "UTC", int days = 1)
    {
        var window = AuditBench.Key(day);
        (string Path, byte[] Bytes)[] files = [("data.parquet", Encoding.UTF8.GetBytes($"rows of {day}")), ("raw/0001.json", "[1]"u8.ToArray())];
        var facts = new CanonicalObject
        {
            ["window"] = new CanonicalObject
            {
                ["job"] = window.Job, ["source"] = window.Source, ["account"] = window.Account, ["label"] = window.Label,
                ["from"] = Instant(day), ["to"] = Instant(day + days), ["every"] = every, ["timezone"] = zone,
            },
        };
        Append(AuditManifest.SnapshotKind, AuditNames.WindowHash(window), facts, change, files);
    }

    public void HandOver(Action<CanonicalObject>? change = null, PemSigner? signedToo = null)
    {
        var folder = Append(AuditManifest.KeyKind, "00000000", new CanonicalObject { ["newKey"] = IdOf(Next) }, change);
        Write(folder + AuditNames.NewKeySignature, (signedToo ?? Next).SignAsync(_entries[^1], default).Result);
        Signer = Next;
    }

    public void Erase(long sequence, params string[] paths) =>
        Append(AuditManifest.ErasedKind, "00000000", new CanonicalObject { [Erasures.Member] = Erasures.Of(new Erasure(sequence, paths)) }, null);

    /// <summary>Writes keys and a signed checkpoint over all entries.</summary>
    public void Seal(byte[]? root = null)
    {
        foreach (var key in (PemSigner[])[First, Next])
            if (key == First || Signer == Next) Write(AuditNames.Key(IdOf(key)), PemOf(key));
        var checkpoint = new Checkpoint(Origin, Size, root ?? Tree()).ToBytes();
        Write(AuditNames.Checkpoint, checkpoint);
        Write(AuditNames.CheckpointSignature(Size), Signer.SignAsync(checkpoint, default).Result);
    }

    /// <summary>A checkpoint that somebody kept.</summary>
    public string Keep(long size, string origin = Origin, byte[]? root = null)
    {
        var file = _data["kept"];
        File.WriteAllBytes(file, new Checkpoint(origin, size, root ?? MerkleTree.RootOf([.. _entries.Take((int)size).Select(e => MerkleTree.Leaf(e))])).ToBytes());
        return file;
    }

    public void Write(string name, byte[] bytes)
    {
        var path = Path(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    public void Change(string name, Func<byte[], byte[]> with) => File.WriteAllBytes(Path(name), with(File.ReadAllBytes(Path(name))));

    public AuditVerdict Verify(string? old = null, bool quick = false, string? key = null, Action<AuditProgress>? progress = null, CancellationToken cancellation = default) =>
        AuditVerifier.Verify(new AuditVerification(Root) { Key = key ?? "sha256:" + IdOf(First), OldCheckpoint = old, Quick = quick }, progress, cancellation);

    public void Dispose()
    {
        First.Dispose();
        Next.Dispose();
        _data.Dispose();
    }

    private string Append(string kind, string window, CanonicalObject facts, Action<CanonicalObject>? change, params (string Path, byte[] Bytes)[] files)
    {
        var folder = $"snapshot/{_entries.Count:D20}-{window}-{_entries.Count:x8}";
        facts["created"] = "2026-11-20T02:15:00Z";
        facts["files"] = files.Select(object (f) => new CanonicalObject { ["path"] = f.Path, ["bytes"] = (long)f.Bytes.Length, ["sha256"] = AuditManifest.HashOf(f.Bytes) }).ToList();
        facts["folder"] = folder;
        facts["format"] = AuditManifest.Format;
        facts["key"] = IdOf(Signer);
        facts["kind"] = kind;
        facts["origin"] = Origin;
        facts["previous"] = _last;
        facts["seq"] = (long)_entries.Count;
        facts["tool"] = "crafted";
        change?.Invoke(facts);
        var bytes = CanonicalJson.Write(facts);
        foreach (var (path, content) in files) Write($"{folder}/files/{path}", content);
        Write(folder + AuditNames.Manifest, bytes);
        Write(folder + AuditNames.Signature, Signer.SignAsync(bytes, default).Result);
        Write(AuditNames.Entry(_entries.Count), bytes);
        _entries.Add(bytes);
        _last = AuditManifest.HashOf(bytes);
        return folder;
    }

    private byte[] Tree() => MerkleTree.RootOf([.. _entries.Select(e => MerkleTree.Leaf(e))]);

    private static string Instant(int day) => new DateTime(2026, 11, 1).AddDays(day - 1).ToString("yyyy-MM-dd'T'00:00:00'Z'", CultureInfo.InvariantCulture);
}
