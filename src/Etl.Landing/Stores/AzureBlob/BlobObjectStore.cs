using System.Runtime.CompilerServices;
using Etl.Core.Errors;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// Objects as block blobs of a container. Bytes are staged as uncommitted blocks of the final blob, which no reader meets; the block list
/// is committed on condition of the blob's ETag, which is the object's version. Blocks of dead workers are dropped by the next commit, and by
/// the service after a week. The container is made with the first object, where the credential allows it.
/// </summary>
internal sealed class BlobObjectStore(IBlobApi api, BlobAddress address, TimeProvider time) : IObjectStore
{
    // Most lists are asked for one name only: whether there is any.
    private const int FirstPage = 100, Page = 5000;

    private readonly BlobRetry _retry = new(time);

    /// <inheritdoc/>
    public string Locate(string name) => address.UrlOf(BlobOf(name)).AbsoluteUri;

    /// <inheritdoc/>
    public Task<IStagedObject> StageAsync(string name, StagedBy by, ObjectFacts facts, CancellationToken cancellation) =>
        Task.FromResult<IStagedObject>(new BlobStagedObject(api, _retry, BlobOf(name), by.Pull, facts, cancellation));

    /// <inheritdoc/>
    public async Task<ObjectInfo?> LookAsync(string name, CancellationToken cancellation)
    {
        var blob = BlobOf(name);
        return await FindAsync(() => api.HeadAsync(blob, cancellation), cancellation) is { } state ? Info(state) : null;
    }

    /// <inheritdoc/>
    public async Task<OpenedObject?> OpenAsync(string name, CancellationToken cancellation)
    {
        var blob = BlobOf(name);
        // The version first, then bytes of it: an answer that has both at once need not have them of one version (Azurite's).
        if (await FindAsync(() => api.HeadAsync(blob, cancellation), cancellation) is not { } state) return null;
        return new OpenedObject(Info(state), new BlobReadStream(state.Bytes, (offset, into) => ReadAsync(blob, state.ETag, offset, into)));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? marker = null;
        do
        {
            var (from, max) = (marker, marker is null ? FirstPage : Page);
            var page = await FindAsync(() => api.ListAsync(address.Prefix + prefix, from, max, cancellation), cancellation);
            foreach (var entry in page?.Entries ?? []) yield return entry with { Name = entry.Name[address.Prefix.Length..] };
            marker = page?.Next;
        }
        while (marker is not null);
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellation)
    {
        var blob = BlobOf(name);
        // An emulator lets a blob with uncommitted blocks only be deleted, and says that there was one.
        if (await LookAsync(name, cancellation) is null) return false;
        return await FindAsync<object>(
            async () =>
            {
                await api.DeleteAsync(blob, cancellation);
                return blob;
            },
            cancellation) is not null;
    }

    /// <summary>Does nothing: what the service has answered for is durable.</summary>
    public Task SettleAsync(string name, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Does nothing: the service keeps no list of who staged what, and drops it by itself.</summary>
    public Task SweepAsync(string name, long upToFence, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public EtlException? Explain(Exception fault, string doing, string name) =>
        fault is BlobException blob ? BlobFaults.Explain(blob, doing, Locate(name), address) : null;

    private static ObjectInfo Info(BlobState state) => new(state.ETag, state.Bytes, BlobMetadata.Read(state.Metadata));

    private string BlobOf(string name) => address.Prefix + ObjectName.Check(name);

    private async Task<T?> FindAsync<T>(Func<Task<T>> request, CancellationToken cancellation)
        where T : class
    {
        try
        {
            return await _retry.RunAsync(request, cancellation);
        }
        catch (BlobException fault) when (fault.Code is BlobCode.BlobNotFound or BlobCode.ContainerNotFound)
        {
            return null;
        }
    }

    private async Task ReadAsync(string blob, string etag, long offset, Memory<byte> into)
    {
        try
        {
            await _retry.RunAsync(
                async () =>
                {
                    // An answer that ends early is no answer.
                    if (await api.GetRangeAsync(blob, offset, into, etag, CancellationToken.None) != into.Length) throw new BlobException(0, BlobCode.Connection);
                },
                CancellationToken.None);
        }
        catch (BlobException fault) when (fault.Code is BlobCode.ConditionNotMet or BlobCode.BlobNotFound or BlobCode.ContainerNotFound or BlobCode.InvalidRange)
        {
            throw new BlobException(409, BlobCode.Replaced, fault);
        }
    }
}
