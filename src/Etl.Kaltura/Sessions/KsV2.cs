using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Secrets;

namespace Etl.Kaltura.Sessions;

/// <summary>
/// Makes a session token of version 2 from the admin secret, without a call (wire facts 2.2):
/// <code>
/// fields = one pair per privilege, then _e (expiry), _t (type), _u (user), as a PHP query string
/// plain  = 16 random bytes, fields
/// msg    = SHA1(plain), plain, zeros up to a multiple of 16
/// token  = base64url("v2|partner|" + AES-128-CBC(key = first 16 bytes of SHA1(secret), iv = 0, msg)), padding kept
/// </code>
/// </summary>
internal static class KsV2
{
    /// <summary>Session type of administrative sessions, which reports need.</summary>
    public const int AdminType = 2;

    private const int NonceBytes = 16, BlockBytes = 16;

    /// <summary>Makes the token.</summary>
    /// <param name="partnerId">Account.</param>
    /// <param name="adminSecret">The account's admin secret, also for user sessions.</param>
    /// <param name="userId">User; may be empty.</param>
    /// <param name="type">0 user, 2 admin.</param>
    /// <param name="expiry">Expiry in unix seconds.</param>
    /// <param name="privileges"><c>name</c>, <c>name:value</c> or <c>*</c>.</param>
    /// <param name="nonce">16 bytes; null for random ones.</param>
    [SuppressMessage("Security", "CA5350", Justification = "SHA1 is what the format prescribes.")]
    [SuppressMessage("Security", "CA5401", Justification = "A zero vector is what the format prescribes; the nonce stands in its place.")]
    public static Secret Create(
        string partnerId, Secret adminSecret, string userId, int type, long expiry, IReadOnlyList<string> privileges, byte[]? nonce = null)
    {
        nonce ??= RandomNumberGenerator.GetBytes(NonceBytes);
        if (nonce.Length != NonceBytes) throw new ArgumentException($"The nonce has {nonce.Length} bytes; expected {NonceBytes}.", nameof(nonce));

        byte[] plain = [.. nonce, .. Encoding.ASCII.GetBytes(Fields(userId, type, expiry, privileges))];
        byte[] message = [.. SHA1.HashData(plain), .. plain];
        Array.Resize(ref message, (message.Length + BlockBytes - 1) / BlockBytes * BlockBytes);

        using var aes = Aes.Create();
        aes.Key = SHA1.HashData(Encoding.UTF8.GetBytes(adminSecret.Reveal()))[..BlockBytes];
        var cipher = aes.EncryptCbc(message, new byte[BlockBytes], PaddingMode.None);
        byte[] token = [.. Encoding.ASCII.GetBytes($"v2|{partnerId}|"), .. cipher];
        return new Secret(Convert.ToBase64String(token).Replace('+', '-').Replace('/', '_'));
    }

    /// <summary>The fields before encryption.</summary>
    internal static string Fields(string userId, int type, long expiry, IReadOnlyList<string> privileges)
    {
        var pairs = privileges.Select(Pair).Append(string.Create(CultureInfo.InvariantCulture, $"_e={expiry}"))
            .Append(string.Create(CultureInfo.InvariantCulture, $"_t={type}"))
            .Append($"_u={PhpEncode(userId)}");
        return string.Join('&', pairs);
    }

    private static string Pair(string privilege)
    {
        if (privilege == "*") return "all=%2A";
        var colon = privilege.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? $"{PhpEncode(privilege)}=" : $"{PhpEncode(privilege[..colon])}={PhpEncode(privilege[(colon + 1)..])}";
    }

    // PHP's urlencode: letters, digits, '-', '_' and '.' stay, space is '+', the rest is %XX in upper case.
    private static string PhpEncode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.') encoded.Append((char)b);
            else if (b == ' ') encoded.Append('+');
            else encoded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }
        return encoded.ToString();
    }
}
