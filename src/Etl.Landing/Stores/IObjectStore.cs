using Etl.Core.Errors;

namespace Etl.Landing.Stores;

/// <summary>
/// A place for objects: bytes under a name with slashes, shown whole or not at all. The local disk and Azure Blob Storage are such places.
/// <list type="bullet">
/// <item>Staged bytes are invisible to every reader, to <see cref="LookAsync"/> and to <see cref="ListAsync"/> until they are committed.</item>
/// <item>A commit is atomic and conditional: it succeeds only while the object is still the version that the caller looked at.
/// That is what fences are built on: look, compare, commit on what was looked at; after a conflict look again.</item>
/// <item>Methods throw what the place throws; <see cref="Explain"/> turns that into a fault that a person can act on.</item>
/// </list>
/// Safe for use by several threads and several processes at once.
/// </summary>
internal interface IObjectStore
{
    /// <summary>Where an object is, for people: a path or a URL, never with a credential.</summary>
    string Locate(string name);

    /// <summary>Begins an object. Creates what must exist around it (folders, the container).</summary>
    /// <param name="name">Its final name, see <see cref="ObjectName"/>.</param>
    /// <param name="by">Who stages it.</param>
    /// <param name="facts">What is stored beside its bytes.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task<IStagedObject> StageAsync(string name, StagedBy by, ObjectFacts facts, CancellationToken cancellation);

    /// <summary>What is there under a name; null when nothing is.</summary>
    Task<ObjectInfo?> LookAsync(string name, CancellationToken cancellation);

    /// <summary>
    /// Opens an object for reading by ranges; null when there is none. All reads are of one version: where the store cannot keep a
    /// replaced version, a read after the replacement fails with a transient fault of code <c>replaced</c>.
    /// </summary>
    Task<OpenedObject?> OpenAsync(string name, CancellationToken cancellation);

    /// <summary>Objects whose names begin with a prefix (not only whole folders), ordinally by name. Made while it is read: take one to ask if there is any.</summary>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellation);

    /// <summary>Removes an object; false when there was none.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellation);

    /// <summary>Makes a commit durable that another worker made and may not have lived to make durable.</summary>
    Task SettleAsync(string name, CancellationToken cancellation);

    /// <summary>
    /// Removes what dead workers staged for a name up to a fence (included), where the store would keep it.
    /// A higher fence belongs to a newer lease, whose work is not ours to touch.
    /// </summary>
    Task SweepAsync(string name, long upToFence, CancellationToken cancellation);

    /// <summary>
    /// The typed fault for what a method of this store threw, or null when it is no fault of the store.
    /// </summary>
    /// <param name="fault">What was thrown.</param>
    /// <param name="doing">What was attempted, such as <c>land window 'x'</c>.</param>
    /// <param name="name">The object.</param>
    EtlException? Explain(Exception fault, string doing, string name);
}

/// <summary>Bytes on their way to a name. Dispose without a commit leaves nothing that a reader could meet.</summary>
internal interface IStagedObject : IAsyncDisposable
{
    /// <summary>Takes the bytes, in order; not for several threads. May block while earlier bytes are on their way.</summary>
    Stream Content { get; }

    /// <summary>Bytes taken; after <see cref="SealAsync"/> the object's length.</summary>
    long Bytes { get; }

    /// <summary>Ends the bytes and waits until the store has them all, durably.</summary>
    Task SealAsync(CancellationToken cancellation);

    /// <summary>
    /// Shows the sealed bytes under the name, replacing what is there, if that still is the version expected. Durable when it returns
    /// <see cref="CommitOutcome.Committed"/>. After any other outcome the caller looks again; after
    /// <see cref="CommitOutcome.Conflict"/> and <see cref="CommitOutcome.Unclear"/> it may commit the same staged object again.
    /// </summary>
    /// <param name="expected"><see cref="ObjectInfo.Version"/> of what the caller looked at; null when nothing was there.</param>
    /// <param name="cancellation">Ends the call; it is not looked at any more once the outcome is being decided.</param>
    Task<CommitOutcome> CommitAsync(string? expected, CancellationToken cancellation);
}

/// <summary>How a commit ended.</summary>
internal enum CommitOutcome
{
    /// <summary>The object is shown.</summary>
    Committed,
    /// <summary>Another version is there than the one expected; nothing was changed.</summary>
    Conflict,
    /// <summary>The staged bytes are gone: a newer worker swept them or committed. Nothing was changed; stage again.</summary>
    StagingLost,
    /// <summary>No answer came: it may be committed or not.</summary>
    Unclear,
}

/// <summary>Who stages an object.</summary>
/// <param name="Fence">Fence of the lease, for <see cref="IObjectStore.SweepAsync"/>.</param>
/// <param name="Pull">Pull id.</param>
internal sealed record StagedBy(long Fence, string Pull);

/// <summary>What is stored beside an object's bytes.</summary>
/// <param name="ContentType">Media type.</param>
/// <param name="Metadata">
/// Names (lower-case letters, digits, <c>_</c>) and texts. A store without a place for them drops them: they repeat, for people and
/// other tools, what the object says of itself, and no decision rests on them.
/// </param>
internal sealed record ObjectFacts(string ContentType, IReadOnlyDictionary<string, string> Metadata);

/// <summary>An object as it was when it was looked at.</summary>
/// <param name="Version">Changes with every commit.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Metadata">See <see cref="ObjectFacts"/>.</param>
internal sealed record ObjectInfo(string Version, long Bytes, IReadOnlyDictionary<string, string> Metadata);

/// <summary>An object in a list.</summary>
internal sealed record ObjectEntry(string Name, long Bytes);

/// <summary>An object open for reading. <see cref="Content"/> can seek; each read fetches little more than it asks for.</summary>
internal sealed record OpenedObject(ObjectInfo Info, Stream Content) : IDisposable
{
    public void Dispose() => Content.Dispose();
}
