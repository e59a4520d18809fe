namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// The requests of the blob service that a store is made of, for one container. One call is one request: nothing here retries,
/// decides or waits. Anything but success is a <see cref="BlobException"/>. Names are those in the container.
/// </summary>
internal interface IBlobApi
{
    /// <summary>Makes the container.</summary>
    Task CreateContainerAsync(CancellationToken cancellation);

    /// <summary>Stages a block for a blob, whether or not the blob exists.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="blockId">Base64; of one length for all blocks of a blob.</param>
    /// <param name="bytes">Its content; not changed before the call ends.</param>
    /// <param name="md5">Of the content; the service refuses what arrives otherwise.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task PutBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> bytes, byte[] md5, CancellationToken cancellation);

    /// <summary>Makes the blob of staged blocks, in this order, and drops all other staged blocks.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="blockIds">Its blocks.</param>
    /// <param name="header">What is stored beside the bytes.</param>
    /// <param name="ifMatch">ETag that the blob must have; null when there must be no blob.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task PutBlockListAsync(string blob, IReadOnlyList<string> blockIds, BlobHeader header, string? ifMatch, CancellationToken cancellation);

    /// <summary>What is known of a blob without its bytes. A blob with uncommitted blocks only is not there.</summary>
    Task<BlobState> HeadAsync(string blob, CancellationToken cancellation);

    /// <summary>Reads bytes from <paramref name="offset"/> on; says how many came, fewer at the end of the blob.</summary>
    /// <param name="blob">The blob; not empty.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="into">Takes the bytes.</param>
    /// <param name="ifMatch">ETag that the blob must have.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task<int> GetRangeAsync(string blob, long offset, Memory<byte> into, string ifMatch, CancellationToken cancellation);

    /// <summary>A page of the blobs whose names begin with a prefix, in order; folders of a hierarchical account are not among them.</summary>
    /// <param name="prefix">What names begin with.</param>
    /// <param name="marker">From the page before; null for the first.</param>
    /// <param name="max">Most entries.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task<BlobPage> ListAsync(string prefix, string? marker, int max, CancellationToken cancellation);

    /// <summary>Removes a blob.</summary>
    Task DeleteAsync(string blob, CancellationToken cancellation);
}

/// <summary>What is stored beside a blob's bytes.</summary>
/// <param name="ContentType">Media type.</param>
/// <param name="Md5">Of all bytes.</param>
/// <param name="Metadata">Names and ASCII values.</param>
internal sealed record BlobHeader(string ContentType, byte[] Md5, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A blob as the service tells of it.</summary>
/// <param name="ETag">Its version, with quotes.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Metadata">Names and ASCII values.</param>
/// <param name="LeaseDuration"><c>infinite</c> or <c>fixed</c> while somebody holds a lease on it, otherwise null.</param>
internal sealed record BlobState(string ETag, long Bytes, IReadOnlyDictionary<string, string> Metadata, string? LeaseDuration);

/// <summary>A page of a list.</summary>
/// <param name="Entries">Names in the container, and lengths; may be empty though more follows.</param>
/// <param name="Next">Marker of the next page; null at the end.</param>
internal sealed record BlobPage(IReadOnlyList<ObjectEntry> Entries, string? Next);
