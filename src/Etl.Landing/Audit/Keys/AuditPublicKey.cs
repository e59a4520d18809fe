using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Etl.Landing.Audit.Keys;

/// <summary>
/// An ECDSA key on the curve P-256, its public half. Its id is the SHA-256 of its DER form (SubjectPublicKeyInfo), which everybody can compute:
/// <c>openssl pkey -pubin -in KEY -outform DER | sha256sum</c>.
/// </summary>
internal sealed class AuditPublicKey : IDisposable
{
    private const string Label = "PUBLIC KEY";

    // SubjectPublicKeyInfo of an uncompressed point on P-256: this, then x and y.
    private static readonly byte[] s_prefix = Convert.FromHexString("3059301306072A8648CE3D020106082A8648CE3D03010703420004");
    private const int PointBytes = 64;

    private readonly ECDsa _key;

    private AuditPublicKey(ECDsa key, byte[] der) => (_key, Der, Id) = (key, der, Convert.ToHexStringLower(SHA256.HashData(der)));

    /// <summary>SubjectPublicKeyInfo.</summary>
    public byte[] Der { get; }

    /// <summary>64 hex digits.</summary>
    public string Id { get; }

    /// <summary>The key as a file, byte for byte what <c>openssl pkey -pubout</c> writes.</summary>
    public string ToPem() => PemEncoding.WriteString(Label, Der) + "\n";

    /// <summary>The public half of a key.</summary>
    /// <exception cref="CryptographicException">It is not on P-256.</exception>
    public static AuditPublicKey Of(ECDsa key) =>
        TryFromDer(key.ExportSubjectPublicKeyInfo(), out var found) ? found : throw new CryptographicException("The key is not on the curve P-256.");

    /// <summary>A key from the coordinates of its point, 32 bytes each.</summary>
    public static bool TryFromPoint(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, [NotNullWhen(true)] out AuditPublicKey? key) => TryFromDer([.. s_prefix, .. x, .. y], out key);

    /// <summary>Reads the one DER form that such a key has here.</summary>
    public static bool TryFromDer(byte[] der, [NotNullWhen(true)] out AuditPublicKey? key)
    {
        key = null;
        if (der.Length != s_prefix.Length + PointBytes || !der.AsSpan().StartsWith(s_prefix)) return false;
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportSubjectPublicKeyInfo(der, out _);
            key = new AuditPublicKey(ecdsa, der);
            return true;
        }
        catch (CryptographicException)
        {
            // Not a point of the curve.
            ecdsa.Dispose();
            return false;
        }
    }

    /// <summary>Reads a key file; with <paramref name="exact"/> only one that is byte for byte as <see cref="ToPem"/> writes it.</summary>
    public static bool TryFromPem(ReadOnlySpan<byte> pem, bool exact, [NotNullWhen(true)] out AuditPublicKey? key)
    {
        key = null;
        var text = Encoding.UTF8.GetString(pem);
        if (!PemEncoding.TryFind(text, out var fields) || text[fields.Label] != Label || !TryFromDer(Convert.FromBase64String(text[fields.Base64Data]), out var found)) return false;
        if (exact && !pem.SequenceEqual(Encoding.ASCII.GetBytes(found.ToPem())))
        {
            found.Dispose();
            return false;
        }
        key = found;
        return true;
    }

    /// <summary>True for a DER signature of this key over the SHA-256 of the data.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            return _key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public void Dispose() => _key.Dispose();
}
