namespace Etl.Landing.Audit.TimeStamps;

/// <summary>Gets signed statements of when bytes existed (RFC 3161).</summary>
internal interface ITimeStamper
{
    /// <summary>Asks for a time stamp over the SHA-256 of the data.</summary>
    /// <returns>The reply (TimeStampResp, DER), checked: granted, of this data, its signature right.</returns>
    /// <exception cref="Core.Errors.EtlException">There is none to be had now.</exception>
    Task<byte[]> StampAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation);
}
