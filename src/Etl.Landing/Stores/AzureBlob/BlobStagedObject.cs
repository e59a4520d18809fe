using Etl.Core.Runs;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>Uncommitted blocks that wait for their list.</summary>
internal sealed class BlobStagedObject : IStagedObject
{
    private readonly IBlobApi _api;
    private readonly BlobRetry _retry;
    private readonly string _blob;
    private readonly ObjectFacts _facts;
    private readonly BlobUpload _upload;
    private int _unclear;

    public BlobStagedObject(IBlobApi api, BlobRetry retry, string blob, string pull, ObjectFacts facts, CancellationToken cancellation)
    {
        (_api, _retry, _blob, _facts) = (api, retry, blob, facts);
        _upload = new BlobUpload(pull, SendAsync, cancellation);
    }

    /// <inheritdoc/>
    public Stream Content => _upload;

    /// <inheritdoc/>
    public long Bytes => _upload.Bytes;

    /// <inheritdoc/>
    public Task SealAsync(CancellationToken cancellation) => _upload.CompleteAsync(cancellation);

    /// <inheritdoc/>
    public async Task<CommitOutcome> CommitAsync(string? expected, CancellationToken cancellation)
    {
        if (_upload.Md5 is not { } md5) throw new InvalidOperationException($"{nameof(CommitAsync)} needs a sealed object; '{_blob}' is still being written.");
        var header = new BlobHeader(_facts.ContentType, md5, BlobMetadata.Write(_facts.Metadata));
        cancellation.ThrowIfCancellationRequested();
        Failpoint.Hit("blob.committing");
        try
        {
            // Sent once: a second try of our own making would meet the first one's success as a conflict.
            await _api.PutBlockListAsync(_blob, _upload.Ids, header, expected, cancellation);
            Failpoint.Hit("blob.committed");
            return CommitOutcome.Committed;
        }
        catch (BlobException fault) when (fault.Code is BlobCode.ConditionNotMet or BlobCode.BlobAlreadyExists or BlobCode.BlobNotFound)
        {
            return CommitOutcome.Conflict;
        }
        catch (BlobException fault) when (fault.Code is BlobCode.InvalidBlockList)
        {
            return CommitOutcome.StagingLost;
        }
        catch (BlobException fault) when (fault.Code is BlobCode.ContainerNotFound)
        {
            await CreateContainerAsync(cancellation);
            return CommitOutcome.StagingLost;
        }
        catch (BlobException fault) when (fault.IsTransient)
        {
            await _retry.WaitAsync(++_unclear, fault, cancellation);
            return CommitOutcome.Unclear;
        }
        catch (BlobException fault) when (BlobFaults.IsLease(fault))
        {
            throw await WithLeaseAsync(fault, cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _upload.DisposeAsync();

    private async Task SendAsync(string id, ReadOnlyMemory<byte> bytes, byte[] md5, CancellationToken cancellation)
    {
        try
        {
            await _retry.RunAsync(() => _api.PutBlockAsync(_blob, id, bytes, md5, cancellation), cancellation);
        }
        catch (BlobException fault) when (fault.Code == BlobCode.ContainerNotFound)
        {
            await CreateContainerAsync(cancellation);
            await _retry.RunAsync(() => _api.PutBlockAsync(_blob, id, bytes, md5, cancellation), cancellation);
        }
        catch (BlobException fault) when (BlobFaults.IsLease(fault))
        {
            throw await WithLeaseAsync(fault, cancellation);
        }
    }

    private async Task CreateContainerAsync(CancellationToken cancellation)
    {
        try
        {
            await _retry.RunAsync(() => _api.CreateContainerAsync(cancellation), cancellation);
        }
        catch (BlobException fault) when (fault.Code == BlobCode.ContainerAlreadyExists)
        {
            // Another worker was faster.
        }
        catch (BlobException fault) when (fault.Status is 401 or 403)
        {
            throw new BlobException(fault.Status, BlobCode.ContainerMayNotBeMade, fault) { RequestId = fault.RequestId };
        }
    }

    private async Task<BlobException> WithLeaseAsync(BlobException fault, CancellationToken cancellation)
    {
        string? duration = null;
        try
        {
            duration = (await _retry.RunAsync(() => _api.HeadAsync(_blob, cancellation), cancellation)).LeaseDuration;
        }
        catch (BlobException)
        {
            // The message then says less; the fault is the lease all the same.
        }
        return new BlobException(fault.Status, fault.Code, fault) { LeaseDuration = duration, RequestId = fault.RequestId };
    }
}
