using System.Text.RegularExpressions;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.TimeStamps;

namespace Etl.Landing.Audit.Verify;

/// <summary>One verification. Numbers in the code are the steps of docs/audit-format.md.</summary>
internal sealed partial class LogCheck(LogFolder folder, string? expectedKey, Checkpoint? old, bool isQuick, Action<AuditProgress>? progress, CancellationToken cancellation)
{
    private const int SignatureBytes = 256, KeyBytes = 4096;

    /// <summary>How far the clock of a writer may be ahead of an authority's.</summary>
    private static readonly TimeSpan s_clockSlack = TimeSpan.FromMinutes(10);

    private readonly List<AuditFinding> _findings = [];
    private readonly List<string> _notes = [];
    private readonly HashSet<string> _expected = new(StringComparer.Ordinal) { "log", "log/checkpoint", "log/entries", "log/keys", "log/tsa", "snapshot" };
    private readonly SortedDictionary<long, AuditManifest> _snapshots = [];
    private readonly Dictionary<(long Sequence, string Path), long> _erased = [];
    private readonly List<ErasedFile> _gone = [];
    private readonly List<string> _keys = [];
    private readonly MerkleTree _tree = new();
    private AuditPublicKey? _key;
    private byte[] _checkpointBytes = [];
    private Checkpoint? _checkpoint;
    private DateTimeOffset _newestCreated = DateTimeOffset.MinValue;
    private ProvenTime? _proven;
    private long _filesRead, _bytesRead;

    // What comes after a wrong entry does not fit it; one cause is told once.
    private bool _isBroken;

    public AuditVerdict Run()
    {
        if (!folder.Items.ContainsKey(AuditNames.Checkpoint)) return WithoutCheckpoint();
        _checkpointBytes = folder.Bytes(AuditNames.Checkpoint, Checkpoint.MaxBytes) ?? [];
        if (!Checkpoint.TryRead(_checkpointBytes, out _checkpoint))
        {
            Find(AuditNames.Checkpoint, "The checkpoint is not what a checkpoint is: three lines with the log's origin, its size and its root in base64.");
            return Verdict([]);
        }
        CheckEntries();
        CheckEnd();
        CheckFiles();
        CheckNames();
        return Verdict(Coverage.Missing(_snapshots.Values.Select(s => s.Window!)));
    }

    // 1, 2, 3, 6, 9: entries in order, each with its folder's manifest and signature, the key in force, the chain and the tree.
    private void CheckEntries()
    {
        var last = AuditManifest.NoPrevious;
        var size = _checkpoint!.Size;
        for (long sequence = 0; sequence < size && _findings.Count < AuditVerifier.MostFindings; sequence++)
        {
            cancellation.ThrowIfCancellationRequested();
            var name = AuditNames.Entry(sequence);
            _expected.Add(name);
            var bytes = folder.Bytes(name, CanonicalReader.MaxBytes);
            if (bytes is null)
            {
                var after = folder.Items.ContainsKey(AuditNames.Entry(sequence + 1)) ? $" between entries {sequence - 1} and {sequence + 1}" : "";
                Find(name, $"Entry {sequence} is missing: there is a gap{after} in a log of {size} entries.");
                _isBroken = true;
                last = "";
                continue;
            }
            var found = _findings.Count;
            var manifest = CheckEntry(sequence, name, bytes, last);
            last = found == _findings.Count ? AuditManifest.HashOf(bytes) : "";
            if (last.Length == 0) _isBroken = true;
            if (manifest is not null) Take(manifest);
            _tree.Add(MerkleTree.Leaf(bytes));
            if (!_isBroken) CheckMilestones();
            progress?.Invoke(new AuditProgress("entries", sequence + 1, size));
        }
    }

    private AuditManifest? CheckEntry(long sequence, string name, byte[] bytes, string last)
    {
        AuditManifest manifest;
        try
        {
            manifest = AuditManifest.Read(bytes);
        }
        catch (CanonicalException fault)
        {
            Find(name, $"Entry {sequence} is not as it was written: {fault.Message}.");
            return null;
        }
        if (manifest.Sequence != sequence)
        {
            Find(name, $"At number {sequence} stands what was written as entry {manifest.Sequence}: entries were reordered, or one was put in or taken out.");
            return null;
        }
        foreach (var part in (string[])["", AuditNames.Manifest, AuditNames.Signature]) _expected.Add(manifest.Folder + part);
        if (sequence == 0 || _key is null) TakeKey(manifest.KeyId, name);
        if (_key is null) return null;

        var copy = folder.Bytes(manifest.Folder + AuditNames.Manifest, CanonicalReader.MaxBytes);
        var signature = folder.Bytes(manifest.Folder + AuditNames.Signature, SignatureBytes);
        var isSame = copy is not null && copy.AsSpan().SequenceEqual(bytes);
        var isSigned = signature is not null && _key.Verify(bytes, signature);
        if (isSigned && !isSame)
            Find(manifest.Folder + AuditNames.Manifest, copy is null ? $"The manifest of snapshot {sequence} is missing." : $"The manifest of snapshot {sequence} was changed: it is not what its entry and its signature say.");
        else if (!isSigned && copy is not null && !isSame && signature is not null && _key.Verify(copy, signature)) Find(name, $"Entry {sequence} was changed: it is not what its manifest and its signature say.");
        else if (!isSigned && signature is null) Find(manifest.Folder + AuditNames.Signature, $"The signature of entry {sequence} is missing.");
        else if (!isSigned) Find(manifest.Folder + AuditNames.Signature, $"The signature of entry {sequence} is not one of its manifest by the key sha256:{_key.Id}: the manifest or the signature was changed, or another key signed.");
        else if (manifest.KeyId != _key.Id) Find(name, $"Entry {sequence} names the key sha256:{manifest.KeyId}, but the key in force is sha256:{_key.Id}.");
        else if (manifest.Origin != _checkpoint!.Origin) Find(name, $"Entry {sequence} is of another log: its origin is '{manifest.Origin}', this log's is '{_checkpoint.Origin}'.");
        else if (last.Length > 0 && manifest.Previous != last) Find(name, $"Entry {sequence} was not written behind the entry that stands before it: one of both was exchanged.");
        else if (manifest.NewKey is { } next) CheckRotation(sequence, manifest, bytes, next);
        return manifest;
    }

    private void CheckRotation(long sequence, AuditManifest manifest, byte[] bytes, string next)
    {
        var name = manifest.Folder + AuditNames.NewKeySignature;
        _expected.Add(name);
        var before = _key;
        TakeKey(next, AuditNames.Entry(sequence));
        if (_key == before) return;
        if (folder.Bytes(name, SignatureBytes) is not { } signature || !_key!.Verify(bytes, signature))
            Find(name, $"Entry {sequence} hands the log over to the key sha256:{next}, but is not signed by that key too.");
    }

    // 1: a key is looked up by its id only; whether it is the right one is decided by the caller's.
    private void TakeKey(string id, string neededBy)
    {
        var name = AuditNames.Key(id);
        _expected.Add(name);
        if (folder.Bytes(name, KeyBytes) is { } pem && AuditPublicKey.TryFromPem(pem, exact: true, out var key) && key.Id == id)
        {
            _key = key;
            _keys.Add(id);
            return;
        }
        Find(name, $"The key sha256:{id}, which '{neededBy}' names, is {(folder.Items.ContainsKey(name) ? "not in the file of its name: the file was changed" : "missing")}.");
    }

    private void Take(AuditManifest manifest)
    {
        if (manifest.Created > _newestCreated) _newestCreated = manifest.Created;
        if (manifest.Window is not null) _snapshots[manifest.Sequence] = manifest;
        foreach (var erasure in manifest.Erases)
        {
            var had = _snapshots.TryGetValue(erasure.Sequence, out var target) ? target.Files.Select(f => f.Path).ToHashSet() : [];
            foreach (var path in erasure.Paths)
            {
                if (!had.Contains(path)) Find(AuditNames.Entry(manifest.Sequence), $"Entry {manifest.Sequence} erases '{path}' of entry {erasure.Sequence}, which never had it.");
                else _erased.TryAdd((erasure.Sequence, path), manifest.Sequence);
            }
        }
    }

    // 8, 10: what is known of the log as it was with so many entries.
    private void CheckMilestones()
    {
        var size = _tree.Count;
        if (old is not null && old.Size == size && !old.Root.AsSpan().SequenceEqual(_tree.Root()))
            Find(AuditNames.Checkpoint, $"The log was forked: its first {size} entries are not those that the kept checkpoint stands for.");
        var name = AuditNames.TimeStamp(size);
        if (!folder.IsFile(name)) return;
        _expected.Add(name);
        var text = new Checkpoint(_checkpoint!.Origin, size, _tree.Root()).ToBytes();
        if (folder.Bytes(name, TimeStampToken.MaxBytes) is not { } reply) Find(name, $"The time stamp of the checkpoint with {size} entries is too long to be one.");
        else if (!TimeStampToken.TryRead(reply, text, out var token, out var why)) Find(name, $"The time stamp of the checkpoint with {size} entries {why}.");
        else if (_newestCreated > token.Time + s_clockSlack)
            Find(name, $"An entry among the first {size} says that it was written at {_newestCreated:yyyy-MM-dd HH:mm:ss}Z, later than the time stamp that covers it ({token.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z).");
        else _proven = new ProvenTime(size, token.Time, token.Authority);
    }

    // 1, 7, 8: the checkpoint over all entries, its signature, the caller's key and the caller's checkpoint.
    private void CheckEnd()
    {
        var (size, signatureName) = (_checkpoint!.Size, AuditNames.CheckpointSignature(_checkpoint.Size));
        _expected.Add(signatureName);
        if (_keys.Count > 0 && expectedKey is not null && !_keys.Contains(expectedKey))
            Find(AuditNames.Key(_keys[0]), $"The log is signed by a foreign key: sha256:{_keys[0]} began it and none of its keys is sha256:{expectedKey}, the one to expect.", first: true);
        if (_key is not null && !_isBroken)
        {
            var computed = new Checkpoint(_checkpoint.Origin, size, _tree.Root()).ToBytes();
            var signature = folder.Bytes(signatureName, SignatureBytes);
            if (signature is null) Find(signatureName, $"The signature of the checkpoint with {size} entries is missing.");
            else if (!_key.Verify(_checkpointBytes, signature))
                Find(AuditNames.Checkpoint, $"The checkpoint or its signature was changed: '{signatureName}' is not a signature of it by the key sha256:{_key.Id}.");
            else if (!computed.AsSpan().SequenceEqual(_checkpointBytes)) Find(AuditNames.Checkpoint, "The checkpoint is signed, but is not that of the entries: entries were exchanged.");
        }
        else if (_key is not null && !folder.Items.ContainsKey(AuditNames.Entry(size - 1))
            && folder.Bytes(signatureName, SignatureBytes) is { } signature && !_key.Verify(_checkpointBytes, signature) && _keys.Count == 1)
        {
            // A changed size makes entries look missing at the end; the checkpoint is then the cause.
            Find(AuditNames.Checkpoint, $"The checkpoint or its signature was changed: '{signatureName}' is not a signature of it by the key sha256:{_key.Id}.", first: true);
        }
        if (old is null) return;
        if (old.Origin != _checkpoint.Origin) Find(AuditNames.Checkpoint, $"This is another log: its origin is '{_checkpoint.Origin}', that of the kept checkpoint is '{old.Origin}'.", first: true);
        else if (old.Size > size) Find(AuditNames.Checkpoint, $"The log was cut: the kept checkpoint has {old.Size} entries, the log has {size}.", first: true);
    }

    private AuditVerdict WithoutCheckpoint()
    {
        // The very first append may have died; more than that is left only when the checkpoint was taken away.
        var entry = folder.Items.Keys.FirstOrDefault(n => n.StartsWith(AuditNames.Entries, StringComparison.Ordinal) && n != AuditNames.Entry(0) && !Temporary().IsMatch(n));
        if (entry is not null) Find(AuditNames.Checkpoint, $"The checkpoint is missing, though there is '{entry}'.");
        else if (folder.Items.FirstOrDefault(i => i.Value.Kind == LogFolder.ItemKind.Other).Key is { } link) Find(link, $"'{link}' is a link, which no log has.");
        else if (old is not null) Find(AuditNames.Checkpoint, $"The checkpoint is missing, though the kept one has {old.Size} entries.");
        return _findings.Count > 0 ? Verdict([]) : new AuditVerdict
        {
            Word = "empty", ExpectedKey = Fingerprint(expectedKey),
            Notes = ["There is no checkpoint: either the first append never came to its end, or the checkpoint was taken away. Nothing can be told about this log."],
        };
    }

    private AuditVerdict Verdict(IReadOnlyList<MissingWindows> missing) => new()
    {
        Word = _findings.Count > 0 ? "tampered" : isQuick ? "quick" : missing.Count > 0 ? "gaps" : _gone.Count > 0 ? "erased" : "ok",
        Findings = [.. _findings.Take(AuditVerifier.MostFindings)],
        Notes = _notes,
        Missing = missing,
        Erased = _gone,
        Origin = _checkpoint?.Origin,
        Entries = _checkpoint?.Size ?? 0,
        Snapshots = _snapshots.Count,
        FilesRead = _filesRead,
        BytesRead = _bytesRead,
        Keys = [.. _keys.Select(k => Fingerprint(k)!)],
        ExpectedKey = Fingerprint(expectedKey),
        Proven = _proven,
    };

    private void Find(string where, string message, bool first = false) => _findings.Insert(first ? 0 : _findings.Count, new AuditFinding(where, message));

    private static string? Fingerprint(string? keyId) => keyId is null ? null : "sha256:" + keyId;

    /// <summary>What a local store calls a file that is being written.</summary>
    [GeneratedRegex(@"^(log|log/entries|log/keys|log/tsa)/\.[0-9]+-[0-9a-f]{8}-[0-9a-f]{8}\.tmp\z")]
    private static partial Regex Temporary();
}
