using Etl.Core.Errors;
using Etl.Landing.Audit.Keys;

namespace Etl.Landing.Audit.Log;

/// <content>Reading a log before it is written to: all of it once, then what others appended.</content>
internal sealed partial class AuditLog
{
    /// <summary>Brings the state up to the checkpoint, checks it, and finishes an append that died.</summary>
    private async Task RefreshAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var found = await _place.ReadAsync(AuditNames.Checkpoint, Checkpoint.MaxBytes, cancellation);
            if (found?.Version != _state.Version || found is null) _state = await ReadAsync(found, cancellation);
            if (await _place.ReadAsync(AuditNames.Entry(_state.Size), CanonicalReader.MaxBytes, cancellation) is not { } pending) return;
            await FinishAsync(pending.Bytes, cancellation);
        }
    }

    private async Task<LogState> ReadAsync((byte[] Bytes, string Version)? found, CancellationToken cancellation)
    {
        if (found is null)
        {
            if (_state.Size > 0) throw _place.Damage(AuditNames.Checkpoint, $"is gone; it had {_state.Size} entries");
            await foreach (var entry in _place.Store.ListAsync(AuditNames.Entries, cancellation))
                if (entry.Name != AuditNames.Entry(0)) throw _place.Damage(AuditNames.Checkpoint, $"is missing, though there is '{entry.Name}'");
            return new LogState();
        }
        if (!Checkpoint.TryRead(found.Value.Bytes, out var checkpoint)) throw _place.Damage(AuditNames.Checkpoint, "is not a checkpoint: three lines with origin, size and root");
        if (checkpoint.Size < _state.Size) throw _place.Damage(AuditNames.Checkpoint, $"has {checkpoint.Size} entries; it had {_state.Size}");

        // Only what is new is read; that what we have read before still stands is what the root says.
        var state = _state.Copy();
        while (state.Size < checkpoint.Size)
        {
            var names = Enumerable.Range(0, (int)Math.Min(AtOnce, checkpoint.Size - state.Size)).Select(i => AuditNames.Entry(state.Size + i)).ToList();
            var read = await Task.WhenAll(names.Select(n => _place.ReadAsync(n, CanonicalReader.MaxBytes, cancellation)));
            for (var i = 0; i < read.Length; i++) await TakeAsync(state, read[i]?.Bytes ?? throw _place.Damage(names[i], "is missing"), cancellation);
        }
        if (state.Origin != checkpoint.Origin || !state.Tree.Root().AsSpan().SequenceEqual(checkpoint.Root)) throw _place.Damage(AuditNames.Checkpoint, "is not that of the entries: an entry or the checkpoint was changed");
        var signature = AuditNames.CheckpointSignature(checkpoint.Size);
        if (await _place.ReadAsync(signature, SignatureBytes, cancellation) is not { } signed || !state.Key!.Verify(found.Value.Bytes, signed.Bytes))
            throw _place.Damage(signature, $"is not a signature of the checkpoint by the key sha256:{state.Key!.Id}");
        CheckPin(state);
        await RemoveOldSignaturesAsync(checkpoint.Size, cancellation);
        (state.Checkpoint, state.Version) = (checkpoint, found.Value.Version);
        return state;
    }

    /// <summary>Adds an entry to the state.</summary>
    private async Task<AuditManifest> TakeAsync(LogState state, byte[] bytes, CancellationToken cancellation)
    {
        var name = AuditNames.Entry(state.Size);
        var manifest = ReadManifest(name, bytes);
        if (manifest.Sequence != state.Size) throw _place.Damage(name, $"holds entry {manifest.Sequence}");
        if (manifest.Previous != state.Last) throw _place.Damage(name, "was not written behind the entry that stands before it");
        if (state.Origin is not null && manifest.Origin != state.Origin) throw _place.Damage(name, $"is of another log, '{manifest.Origin}'");
        state.Key ??= await ReadKeyAsync(manifest.KeyId, cancellation);
        if (manifest.KeyId != state.Key.Id) throw _place.Damage(name, $"is signed by the key sha256:{manifest.KeyId}, which is not the one in force");
        state.Origin = manifest.Origin;
        state.FirstKey ??= manifest.KeyId;
        if (manifest.NewKey is { } next)
        {
            var key = await ReadKeyAsync(next, cancellation);
            await CheckSignatureAsync(state.Key, manifest.Folder + AuditNames.Signature, bytes, cancellation);
            await CheckSignatureAsync(key, manifest.Folder + AuditNames.NewKeySignature, bytes, cancellation);
            state.Key = key;
        }
        if (manifest.Window is { } window) state.Windows[window.Key] = manifest.Sequence;
        state.Tree.Add(MerkleTree.Leaf(bytes));
        state.Last = AuditManifest.HashOf(bytes);
        return manifest;
    }

    /// <summary>
    /// Finishes an append that was decided and not committed. Its files are looked at first: nothing is signed on the word of a file that somebody may have put there.
    /// </summary>
    private async Task FinishAsync(byte[] bytes, CancellationToken cancellation)
    {
        var (state, name) = (_state.Copy(), AuditNames.Entry(_state.Size));
        var before = state.Key;
        var manifest = await TakeAsync(state, bytes, cancellation);
        var folder = manifest.Folder;
        if (await _place.ReadAsync(folder + AuditNames.Manifest, CanonicalReader.MaxBytes, cancellation) is not { } copy || !copy.Bytes.AsSpan().SequenceEqual(bytes))
            throw _place.Damage(name, $"is not the manifest of its folder '{folder}'");
        await CheckSignatureAsync(before ?? state.Key!, folder + AuditNames.Signature, bytes, cancellation);
        foreach (var file in manifest.Files)
            if (!await _place.IsThereAsync(folder + AuditNames.Files + file.Path, file, cancellation)) throw _place.Damage(folder + AuditNames.Files + file.Path, "is not what its manifest says");
        // A pin of a log that never got its first entry is in nobody's way.
        if (before is null) _pin.Write(state.FirstKey!);
        await CommitAsync(state, manifest, _signer, cancellation);
    }

    private async Task<AuditPublicKey> ReadKeyAsync(string id, CancellationToken cancellation)
    {
        var name = AuditNames.Key(id);
        if (await _place.ReadAsync(name, KeyBytes, cancellation) is { } found && AuditPublicKey.TryFromPem(found.Bytes, exact: true, out var key) && key.Id == id) return key;
        throw _place.Damage(name, "is not the key of this name");
    }

    private async Task CheckSignatureAsync(AuditPublicKey key, string name, byte[] bytes, CancellationToken cancellation)
    {
        if (await _place.ReadAsync(name, SignatureBytes, cancellation) is not { } signed || !key.Verify(bytes, signed.Bytes))
            throw _place.Damage(name, $"is not a signature of the manifest by the key sha256:{key.Id}");
    }

    private void CheckPin(LogState state)
    {
        if (_pin.Read() is not { } pinned)
        {
            // A new machine at an old log: what it begins with is as good as the key that we were given to sign it.
            _pin.Write(state.FirstKey!);
            return;
        }
        if (pinned != state.FirstKey)
            throw new EtlException(
                FaultKind.Window,
                $"The audit log at '{_place.Name}' began with the key sha256:{state.FirstKey}, but this machine knows the log '{_name}' as begun with sha256:{pinned}: another log was put in its place. "
                + "Bring back the right one; nothing was written.") { Code = "audit-damaged" };
    }
}
