using System.Security.Cryptography;
using Etl.Core.Errors;

namespace Etl.Landing.Audit.Keys;

/// <summary>A private key in a PEM file that its owner alone may read.</summary>
internal sealed class PemSigner : IAuditSigner
{
    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly ECDsa _key;
    private readonly AuditPublicKey _public;

    private PemSigner(string place, ECDsa key, AuditPublicKey publicKey) => (Place, _key, _public) = (place, key, publicKey);

    /// <inheritdoc/>
    public string Place { get; }

    /// <summary>Reads the key.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variable">The setting that names it, for messages.</param>
    /// <exception cref="EtlException">There is no such file, others may read it, or it holds no private key on P-256.</exception>
    public static PemSigner Open(string path, string variable)
    {
        var full = Path.GetFullPath(path);
        string text;
        try
        {
            if (!OperatingSystem.IsWindows() && File.Exists(full) && (File.GetUnixFileMode(full) & OfOthers) != 0)
                throw Fault($"The key file '{full}' of {variable} may be used by other people of this machine, so that they could sign in your name. Run: chmod 600 '{full}'", "audit-key-mode");
            text = File.ReadAllText(full);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Fault($"Could not read the key file '{full}' of {variable}: {fault.Message} Make a key with 'etl audit key new FILE', or name the one that you have.", "audit-key", fault);
        }
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            // A public key alone is refused here.
            key.ExportECPrivateKey();
            return new PemSigner($"file '{full}'", key, AuditPublicKey.Of(key));
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw Fault(
                $"The file '{full}' of {variable} holds no private key for signing: it must be one ECDSA key on the curve P-256 in PEM, without a passphrase. Make one with 'etl audit key new FILE', "
                + "or with 'openssl ecparam -name prime256v1 -genkey -noout -out FILE'.", "audit-key");
        }
    }

    /// <inheritdoc/>
    public Task<AuditPublicKey> KeyAsync(CancellationToken cancellation) => Task.FromResult(_public);

    /// <inheritdoc/>
    public Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation) =>
        Task.FromResult(_key.SignData(data.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));

    public void Dispose()
    {
        _key.Dispose();
        _public.Dispose();
    }

    private static EtlException Fault(string message, string code, Exception? inner = null) => new(FaultKind.Usage, message, inner) { Code = code };
}
