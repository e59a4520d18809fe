using Etl.Core.Errors;
using Etl.Core.Windows;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.TimeStamps;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// A log in a folder or in a store. What an append does, in order:
/// <list type="number">
/// <item>the snapshot's folder: files, manifest, signature; each attempt has a folder of its own</item>
/// <item>the entry, which only one writer can create: from here on it is decided what stands at this number</item>
/// <item>folders of other attempts go</item>
/// <item>the signature of the new checkpoint</item>
/// <item>the checkpoint: the commit point, from which on readers see the entry</item>
/// <item>the signature of the old checkpoint goes</item>
/// </list>
/// What died before step 2 leaves a folder that nobody looks at and the next append removes; what died after it is finished by whoever comes next.
/// </summary>
internal sealed partial class AuditLog : IAuditLog, IDisposable
{
    private const int SignatureBytes = 256, KeyBytes = 4096, AtOnce = 8;

    private readonly string _name;
    private readonly AuditPlace _place;
    private readonly IAuditSigner _signer;
    private readonly AuditPin _pin;
    private readonly ITimeStamper? _stamper;
    private readonly string _tool;
    private readonly TimeProvider _time;
    private readonly Action<string> _warn;
    private readonly SemaphoreSlim _turn = new(1);
    private LogState _state = new();

    /// <summary>Makes the log; nothing is opened yet.</summary>
    /// <param name="name">Its name, for its origin and for messages.</param>
    /// <param name="place">Where it is.</param>
    /// <param name="signer">The key that signs; the log disposes of it.</param>
    /// <param name="pin">The key that the log began with.</param>
    /// <param name="stamper">Asks for time stamps; null for none.</param>
    /// <param name="tool">What writes, with its version.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Takes one sentence that a person should read.</param>
    public AuditLog(string name, AuditPlace place, IAuditSigner signer, AuditPin pin, ITimeStamper? stamper, string tool, TimeProvider time, Action<string> warn) =>
        (_name, _place, _signer, _pin, _stamper, _tool, _time, _warn) = (name, place, signer, pin, stamper, tool, time, warn);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellation) => HoldingAsync("check", state => SignerKeyAsync(state, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<AuditEntry?> FindAsync(WindowKey key, CancellationToken cancellation) => HoldingAsync(
        "read",
        async state =>
        {
            if (!state.Windows.TryGetValue(key, out var sequence)) return null;
            var name = AuditNames.Entry(sequence);
            var (bytes, _) = await _place.ReadAsync(name, CanonicalReader.MaxBytes, cancellation) ?? throw _place.Damage(name, "is missing");
            return EntryOf(ReadManifest(name, bytes), bytes);
        },
        cancellation);

    /// <inheritdoc/>
    public Task<AuditEntry> AppendAsync(string kind, CanonicalObject facts, IReadOnlyList<AuditFile> files, CancellationToken cancellation)
    {
        if (kind is not (AuditManifest.SnapshotKind or AuditManifest.ErasedKind or AuditManifest.RetentionKind))
            throw new ArgumentException($"Entries of kind '{kind}' are not appended from outside.", nameof(kind));
        CheckFacts(kind, facts, files);
        return HoldingAsync("append to", state => AppendAsync(state, kind, facts, files, null, cancellation), cancellation);
    }

    /// <summary>Takes a new key into use: an entry that both keys sign. From then on the log is signed by the new one, and settings must name it.</summary>
    /// <exception cref="EtlException">As <see cref="AppendAsync(string, CanonicalObject, IReadOnlyList{AuditFile}, CancellationToken)"/>, or the log uses the key already.</exception>
    public Task<AuditEntry> RotateAsync(IAuditSigner next, CancellationToken cancellation) => HoldingAsync(
        "append to",
        async state =>
        {
            var key = await next.KeyAsync(cancellation);
            if (key.Id == (await SignerKeyAsync(state, cancellation)).Id)
                throw new EtlException(FaultKind.Usage, $"The audit log '{_name}' is signed by the key sha256:{key.Id} already.") { Code = "audit-key" };
            return await AppendAsync(state, AuditManifest.KeyKind, [], [], next, cancellation);
        },
        cancellation);

    public void Dispose()
    {
        _signer.Dispose();
        _turn.Dispose();
    }

    /// <summary>Does work on the log as it is now, alone.</summary>
    private async Task<T> HoldingAsync<T>(string doing, Func<LogState, Task<T>> work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            using var held = await _place.HoldAsync(cancellation);
            await RefreshAsync(cancellation);
            return await work(_state);
        }
        catch (Exception fault) when (_place.Store.Explain(fault, $"{doing} the audit log '{_name}'", AuditNames.Checkpoint) is { } known)
        {
            throw known;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The key that we sign with, after a check that it is the one in force.</summary>
    private async Task<AuditPublicKey> SignerKeyAsync(LogState state, CancellationToken cancellation)
    {
        var key = await _signer.KeyAsync(cancellation);
        if (state.Key is not { } inForce || inForce.Id == key.Id) return key;
        throw new EtlException(
            FaultKind.Usage,
            $"The audit log '{_name}' at '{_place.Name}' is signed by the key sha256:{inForce.Id}, but {_signer.Place} holds sha256:{key.Id}. "
            + "Configure the log's own key; a new key is taken into use by an entry that the old one signs too.") { Code = "audit-key" };
    }

    private AuditManifest ReadManifest(string name, byte[] bytes)
    {
        try
        {
            return AuditManifest.Read(bytes);
        }
        catch (CanonicalException fault)
        {
            throw _place.Damage(name, $"is no manifest: {fault.Message}");
        }
    }

    private static AuditEntry EntryOf(AuditManifest manifest, byte[] bytes) => new(
        manifest.Sequence, manifest.Kind, Convert.ToHexStringLower(MerkleTree.Leaf(bytes)), manifest.Kind == AuditManifest.SnapshotKind ? manifest.Folder : null, manifest.Content);
}
