using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Secrets;

namespace Etl.Core.Webhooks;

/// <summary>
/// The signature of a webhook: HMAC-SHA256 with the shared secret (UTF-8) over the unix second of the try, a full stop and the body's bytes,
/// as lower-case hex behind <c>v1=</c>. The receiver computes the same and refuses old timestamps, so nobody can send a message again.
/// </summary>
public static class WebhookSignature
{
    /// <summary>Id of the message: the same in every try.</summary>
    public const string IdHeader = "Etl-Id";

    /// <summary>Unix seconds of the try.</summary>
    public const string TimestampHeader = "Etl-Timestamp";

    /// <summary>The signature.</summary>
    public const string SignatureHeader = "Etl-Signature";

    /// <summary>Signs a body.</summary>
    public static string Of(Secret secret, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret.Reveal()));
        hmac.AppendData(Encoding.ASCII.GetBytes(timestamp.ToString(CultureInfo.InvariantCulture) + "."));
        hmac.AppendData(body);
        return "v1=" + Convert.ToHexStringLower(hmac.GetHashAndReset());
    }
}
