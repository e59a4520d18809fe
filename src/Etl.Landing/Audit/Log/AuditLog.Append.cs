using System.Globalization;
using Etl.Core.Errors;
using Etl.Core.Runs;
using Etl.Core.Windows;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Stores;

namespace Etl.Landing.Audit.Log;

/// <content>Writing an entry.</content>
internal sealed partial class AuditLog
{
    /// <summary>Refuses what would make no manifest before anything is written.</summary>
    private static void CheckFacts(string kind, CanonicalObject facts, IReadOnlyList<AuditFile> files)
    {
        if (facts.Keys.FirstOrDefault(AuditManifest.Own.Contains) is { } own) throw new ArgumentException($"'{own}' is written by the log itself.", nameof(facts));
        try
        {
            var none = new ManifestFile("", 0, AuditManifest.NoPrevious);
            var window = WindowOf(facts);
            AuditManifest.Read(CanonicalJson.Write(Manifest(
                0, kind, facts, "etl-audit/x/0000000000000000", AuditManifest.NoPrevious, AuditManifest.NoPrevious, "x", DateTimeOffset.UnixEpoch, AuditNames.NewFolder(0, window),
                [.. files.Select(f => (none with { Path = f.Path }, f.Facts))], kind == AuditManifest.KeyKind ? AuditManifest.NoPrevious : null)));
        }
        catch (CanonicalException fault)
        {
            throw new ArgumentException($"The facts make no manifest: {fault.Message}.", nameof(facts), fault);
        }
    }

    private async Task<AuditEntry> AppendAsync(LogState state, string kind, CanonicalObject facts, IReadOnlyList<AuditFile> files, IAuditSigner? next, CancellationToken cancellation)
    {
        while (true)
        {
            var entry = await TryAppendAsync(state, kind, facts, files, next, cancellation);
            if (entry is not null) return entry;
            // In a store: another writer was faster. Behind its entry there is a place for ours.
            await RefreshAsync(cancellation);
            state = _state;
        }
    }

    private async Task<AuditEntry?> TryAppendAsync(LogState state, string kind, CanonicalObject facts, IReadOnlyList<AuditFile> files, IAuditSigner? next, CancellationToken cancellation)
    {
        var key = await SignerKeyAsync(state, cancellation);
        var newKey = next is null ? null : await next.KeyAsync(cancellation);
        var (sequence, folder) = (state.Size, AuditNames.NewFolder(state.Size, WindowOf(facts)));
        var by = By(sequence, folder);
        byte[] bytes;
        try
        {
            var copied = new List<(ManifestFile File, CanonicalObject? Facts)>(files.Count);
            foreach (var file in files)
            {
                copied.Add((await _place.CopyAsync(folder + AuditNames.Files + file.Path, file.Path, file.Open, by, cancellation), file.Facts));
                Failpoint.Hit("audit.file");
            }
            bytes = CanonicalJson.Write(Manifest(
                sequence, kind, facts, state.Origin ?? AuditNames.NewOrigin(_name), state.Last, key.Id, _tool, _time.GetUtcNow(), folder, copied, newKey?.Id));
            await _place.CreateAsync(folder + AuditNames.Manifest, bytes, by, cancellation);
            Failpoint.Hit("audit.manifest");
            await _place.CreateAsync(folder + AuditNames.Signature, await _signer.SignAsync(bytes, cancellation), by, cancellation);
            Failpoint.Hit("audit.signature");
            if (next is not null) await _place.CreateAsync(folder + AuditNames.NewKeySignature, await next.SignAsync(bytes, cancellation), by, cancellation);
            if (state.Key is null) await CreateKeyAsync(key, by, cancellation);
            if (newKey is not null) await CreateKeyAsync(newKey, by, cancellation);
            Failpoint.Hit("audit.key");
            cancellation.ThrowIfCancellationRequested();
        }
        catch
        {
            await _place.RemoveAsync(folder, CancellationToken.None);
            throw;
        }

        if (!await _place.CreateAsync(AuditNames.Entry(sequence), bytes, by, CancellationToken.None))
        {
            await _place.RemoveAsync(folder, CancellationToken.None);
            return null;
        }
        Failpoint.Hit("audit.entry");
        var after = state.Copy();
        var manifest = await TakeAsync(after, bytes, CancellationToken.None);
        if (state.Key is null) _pin.Write(after.FirstKey!);
        await CommitAsync(after, manifest, next ?? _signer, CancellationToken.None);
        return EntryOf(manifest, bytes);
    }

    /// <summary>Makes an entry, which nobody can take back any more, part of the log.</summary>
    /// <param name="after">The state with the entry.</param>
    /// <param name="manifest">The entry.</param>
    /// <param name="signer">Signs the checkpoint, unless that is done already.</param>
    /// <param name="cancellation">Ends the call.</param>
    private async Task CommitAsync(LogState after, AuditManifest manifest, IAuditSigner signer, CancellationToken cancellation)
    {
        var by = By(manifest.Sequence, manifest.Folder);
        await _place.RemoveRivalsAsync(manifest.Sequence, manifest.Folder, cancellation);
        Failpoint.Hit("audit.cleaned");
        var checkpoint = new Checkpoint(after.Origin!, after.Size, after.Tree.Root());
        var bytes = checkpoint.ToBytes();
        await SignAsync(after.Key!, bytes, AuditNames.CheckpointSignature(after.Size), signer, by, cancellation);
        Failpoint.Hit("audit.checkpoint-signature");

        var outcome = await _place.PutAsync(AuditNames.Checkpoint, bytes, by, _state.Version, cancellation);
        Failpoint.Hit("audit.checkpoint");
        // Another writer may have finished this very entry, and gone on; then its checkpoint has more entries than ours, or the same.
        var found = await _place.ReadAsync(AuditNames.Checkpoint, Checkpoint.MaxBytes, cancellation);
        var size = checkpoint.Size;
        if (outcome == CommitOutcome.Committed && found is { } ours && ours.Bytes.AsSpan().SequenceEqual(bytes))
        {
            (after.Checkpoint, after.Version) = (checkpoint, ours.Version);
            _state = after;
        }
        else if (found is { } others && Checkpoint.TryRead(others.Bytes, out var read) && read.Size >= checkpoint.Size)
        {
            size = read.Size;
        }
        else
        {
            throw new EtlException(
                FaultKind.Window, $"The checkpoint of the audit log at '{_place.Name}' could not be replaced; entry {manifest.Sequence} is written and becomes part of the log with the next append. Run again.")
                { Code = "audit-unclear", IsTransient = true };
        }
        // Of a newer checkpoint too: whoever made it has removed ours before we wrote it.
        await RemoveOldSignaturesAsync(size, cancellation);
        Failpoint.Hit("audit.old-signature");
        await StampAsync(checkpoint, by, cancellation);
    }

    private async Task RemoveOldSignaturesAsync(long size, CancellationToken cancellation)
    {
        await foreach (var old in _place.Store.ListAsync(AuditNames.CheckpointSignatures, cancellation))
            if (string.CompareOrdinal(old.Name, AuditNames.CheckpointSignature(size)) < 0) await _place.Store.DeleteAsync(old.Name, cancellation);
    }

    private async Task SignAsync(AuditPublicKey key, byte[] checkpoint, string name, IAuditSigner signer, StagedBy by, CancellationToken cancellation)
    {
        if (await _place.ReadAsync(name, SignatureBytes, cancellation) is null)
        {
            var own = await signer.KeyAsync(cancellation);
            if (own.Id != key.Id)
                throw new EtlException(
                    FaultKind.Usage,
                    $"The newest entry of the audit log '{_name}' at '{_place.Name}' waits for its checkpoint, which the key sha256:{key.Id} signs; {signer.Place} holds sha256:{own.Id}. "
                    + "Configure that key and run again.") { Code = "audit-key" };
            await _place.CreateAsync(name, await signer.SignAsync(checkpoint, cancellation), by, cancellation);
        }
        // Whoever signed it, the text is the same: it follows from the entries.
        if (await _place.ReadAsync(name, SignatureBytes, cancellation) is not { } signed || !key.Verify(checkpoint, signed.Bytes))
            throw _place.Damage(name, $"is not a signature of the checkpoint by the key sha256:{key.Id}");
    }

    private async Task CreateKeyAsync(AuditPublicKey key, StagedBy by, CancellationToken cancellation)
    {
        if (!await _place.CreateAsync(AuditNames.Key(key.Id), System.Text.Encoding.ASCII.GetBytes(key.ToPem()), by, cancellation)) throw _place.Damage(AuditNames.Key(key.Id), "is not the key of this name");
    }

    /// <summary>Asks for a time stamp. That there is none stops nobody: the next checkpoint's covers this one's entries too.</summary>
    private async Task StampAsync(Checkpoint checkpoint, StagedBy by, CancellationToken cancellation)
    {
        if (_stamper is null) return;
        try
        {
            var reply = await _stamper.StampAsync(checkpoint.ToBytes(), cancellation);
            await _place.CreateAsync(AuditNames.TimeStamp(checkpoint.Size), reply, by, cancellation);
            Failpoint.Hit("audit.stamped");
        }
        catch (EtlException fault)
        {
            _warn($"The checkpoint of the audit log '{_name}' with {checkpoint.Size} entries has no time stamp: {fault.Message} The next one covers its entries too.");
        }
    }

    private static CanonicalObject Manifest(
        long sequence, string kind, CanonicalObject facts, string origin, string previous, string key, string tool, DateTimeOffset created, string folder,
        IReadOnlyList<(ManifestFile File, CanonicalObject? Facts)> files, string? newKey)
    {
        var manifest = new CanonicalObject();
        foreach (var (name, value) in facts) manifest.Add(name, value);
        manifest.Add("format", AuditManifest.Format);
        manifest.Add("seq", sequence);
        manifest.Add("kind", kind);
        manifest.Add("origin", origin);
        manifest.Add("previous", previous);
        manifest.Add("created", created.UtcDateTime.ToString(AuditManifest.InstantForm, CultureInfo.InvariantCulture));
        manifest.Add("tool", tool);
        manifest.Add("key", key);
        manifest.Add("folder", folder);
        manifest.Add("files", files.Select(object (f) => FileOf(f.File, f.Facts)).ToList());
        if (newKey is not null) manifest.Add("newKey", newKey);
        return manifest;
    }

    private static CanonicalObject FileOf(ManifestFile file, CanonicalObject? facts)
    {
        var written = new CanonicalObject { ["path"] = file.Path, ["bytes"] = file.Bytes, ["sha256"] = file.Sha256 };
        foreach (var (name, value) in facts ?? []) written.Add(name, value);
        return written;
    }

    private static WindowKey? WindowOf(CanonicalObject facts)
    {
        if (facts.GetValueOrDefault("window") is not CanonicalObject window) return null;
        string Text(string name) => window.GetValueOrDefault(name) as string ?? "";
        return new WindowKey(Text("job"), Text("source"), Text("account"), Text("label"));
    }

    // Of temporary names; the sequence and the attempt.
    private static StagedBy By(long sequence, string folder) => new(sequence, folder[^8..]);
}
