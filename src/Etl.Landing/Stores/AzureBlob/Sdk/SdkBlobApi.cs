using System.Globalization;
using System.Net.Http;
using Azure;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Etl.Landing.Stores.AzureBlob.Sdk;

/// <summary>The blob service over its own library. Compiled in the package set <c>full</c> only.</summary>
internal sealed class SdkBlobApi : IBlobApi
{
    private readonly BlobContainerClient _container;

    /// <summary>Makes the client; nothing is sent yet.</summary>
    public SdkBlobApi(BlobAddress address)
    {
        // The version of the interface is the portable client's, so that both meet the same service.
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02) { Transport = BlobTransport.To(address.Container) };
        options.Retry.MaxRetries = 0; // the store decides
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(100);
        options.Diagnostics.IsLoggingEnabled = false; // addresses hold signatures
        options.Diagnostics.IsDistributedTracingEnabled = false;
        options.Diagnostics.IsTelemetryEnabled = false;
        _container = address.Credential switch
        {
            SharedKeyCredential key => new BlobContainerClient(address.Container, new StorageSharedKeyCredential(key.Account, key.Key.Reveal()), options),
            SasCredential sas => new BlobContainerClient(address.Container, new AzureSasCredential(sas.Token.Reveal()), options),
            _ => new BlobContainerClient(address.Container, new DefaultAzureCredential(new DefaultAzureCredentialOptions { Transport = BlobTransport.To(address.Container) }), options),
        };
    }

    /// <inheritdoc/>
    public Task CreateContainerAsync(CancellationToken cancellation) => SendAsync(() => _container.CreateAsync(cancellationToken: cancellation), cancellation);

    /// <inheritdoc/>
    public Task PutBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> bytes, byte[] md5, CancellationToken cancellation) => SendAsync(
        () =>
        {
            var check = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5, PrecalculatedChecksum = md5 };
            return _container.GetBlockBlobClient(blob)
                .StageBlockAsync(blockId, BinaryData.FromBytes(bytes).ToStream(), new BlockBlobStageBlockOptions { TransferValidation = check }, cancellation);
        },
        cancellation);

    /// <inheritdoc/>
    public Task PutBlockListAsync(string blob, IReadOnlyList<string> blockIds, BlobHeader header, string? ifMatch, CancellationToken cancellation) => SendAsync(
        () => _container.GetBlockBlobClient(blob).CommitBlockListAsync(
            blockIds,
            new CommitBlockListOptions
            {
                HttpHeaders = new BlobHttpHeaders { ContentType = header.ContentType, ContentHash = header.Md5 },
                Metadata = header.Metadata.ToDictionary(),
                Conditions = ifMatch is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : Match(ifMatch),
            },
            cancellation),
        cancellation);

    /// <inheritdoc/>
    public async Task<BlobState> HeadAsync(string blob, CancellationToken cancellation)
    {
        BlobProperties found = await SendAsync(() => _container.GetBlockBlobClient(blob).GetPropertiesAsync(cancellationToken: cancellation), cancellation);
        var lease = found.LeaseState != LeaseState.Leased ? null : found.LeaseDuration == LeaseDurationType.Infinite ? "infinite" : "fixed";
        return new BlobState(found.ETag.ToString("H"), found.ContentLength, found.Metadata.ToDictionary(), lease);
    }

    /// <inheritdoc/>
    public Task<int> GetRangeAsync(string blob, long offset, Memory<byte> into, string ifMatch, CancellationToken cancellation) => SendAsync(
        async () =>
        {
            var options = new BlobDownloadOptions { Range = new HttpRange(offset, into.Length), Conditions = Match(ifMatch) };
            using BlobDownloadStreamingResult found = await _container.GetBlockBlobClient(blob).DownloadStreamingAsync(options, cancellation);
            return await found.Content.ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, cancellation);
        },
        cancellation);

    /// <inheritdoc/>
    public Task<BlobPage> ListAsync(string prefix, string? marker, int max, CancellationToken cancellation) => SendAsync(
        async () =>
        {
            await foreach (var page in _container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, prefix, cancellation).AsPages(marker, max))
            {
                var entries =
                    from item in page.Values
                    where item.Metadata is null || !item.Metadata.TryGetValue("hdi_isfolder", out var isFolder) || isFolder != "true"
                    select new ObjectEntry(item.Name, item.Properties.ContentLength ?? 0);
                return new BlobPage([.. entries], page.ContinuationToken is { Length: > 0 } next ? next : null);
            }
            return new BlobPage([], null);
        },
        cancellation);

    /// <inheritdoc/>
    public Task DeleteAsync(string blob, CancellationToken cancellation) => SendAsync(() => _container.DeleteBlobAsync(blob, cancellationToken: cancellation), cancellation);

    private static BlobRequestConditions Match(string etag) => new() { IfMatch = new ETag(etag.Trim('"')) };

    private static async Task<T> SendAsync<T>(Func<Task<T>> request, CancellationToken cancellation)
    {
        try
        {
            return await request();
        }
        catch (RequestFailedException fault) when (fault.Status != 0)
        {
            // Without the exception itself: its message repeats the answer, in which the service quotes what was signed.
            var answer = fault.GetRawResponse();
            throw new BlobException(fault.Status, fault.ErrorCode ?? BlobCode.Of(fault.Status))
            {
                RetryAfter = answer?.Headers.TryGetValue("Retry-After", out var text) == true && int.TryParse(text, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null,
                RequestId = answer?.Headers.RequestId,
            };
        }
        catch (AuthenticationFailedException fault)
        {
            throw new BlobException(0, BlobCode.Login, fault);
        }
        catch (OperationCanceledException fault) when (!cancellation.IsCancellationRequested)
        {
            throw new BlobException(0, BlobCode.TimedOut, fault);
        }
        catch (Exception fault) when (fault is RequestFailedException or HttpRequestException or IOException or AggregateException)
        {
            throw new BlobException(0, BlobCode.OfNetwork(fault), fault);
        }
    }
}
