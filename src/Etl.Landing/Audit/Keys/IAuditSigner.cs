namespace Etl.Landing.Audit.Keys;

/// <summary>A key that signs. It stays with the operator: nothing here shows or keeps its private half.</summary>
internal interface IAuditSigner : IDisposable
{
    /// <summary>Where the key is, for messages; never with a secret.</summary>
    string Place { get; }

    /// <summary>Its public half.</summary>
    /// <exception cref="Core.Errors.EtlException">The key cannot be had.</exception>
    Task<AuditPublicKey> KeyAsync(CancellationToken cancellation);

    /// <summary>Signs the SHA-256 of the data with ECDSA; in DER, as <c>openssl dgst -sha256 -verify</c> takes it.</summary>
    /// <exception cref="Core.Errors.EtlException">The key cannot be had or may not be used.</exception>
    Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation);
}
