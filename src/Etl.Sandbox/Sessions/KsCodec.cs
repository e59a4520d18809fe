using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Sessions;

/// <summary>
/// Session tokens, byte for byte (wire facts 2.2 to 2.4).
/// <code>
/// v2  token = base64url( "v2|" partner "|" AES-128-CBC( sha1(plain) plain 0* ) ), plain = 16 random bytes, fields
///     key = first 16 bytes of sha1(secret), IV = 16 zero bytes, zero padding only when needed, base64 padding kept
///     fields = privilege pairs, _e expiry, _t type, _u user; URL-encoded as PHP does
/// v1  token = base64( sha1hex(secret info) "|" info ), info = partner;pattern;expiry;type;random;user;privileges;master;extra
/// </code>
/// </summary>
[SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "The token format of the service is built on SHA-1.")]
[SuppressMessage("Security", "CA5401:Do not use CreateEncryptor with non-default IV", Justification = "The token format has a zero IV.")]
internal static class KsCodec
{
    private const int RandomBytes = 16;
    private const int HashBytes = 20;

    /// <summary>A version 2 token.</summary>
    public static string EncodeV2(KalturaSession session, string secret, ReadOnlySpan<byte> random)
    {
        var fields = Encoding.ASCII.GetBytes(Fields(session));
        var message = new byte[(HashBytes + RandomBytes + fields.Length + 15) / 16 * 16];
        random[..RandomBytes].CopyTo(message.AsSpan(HashBytes));
        fields.CopyTo(message.AsSpan(HashBytes + RandomBytes));
        SHA1.HashData(message.AsSpan(HashBytes, RandomBytes + fields.Length), message);

        using var aes = Aes.Create();
        aes.Key = Key(secret);
        var cipher = aes.EncryptCbc(message, new byte[16], PaddingMode.None);
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"v2|{session.PartnerId}|"));
        return Convert.ToBase64String([.. head, .. cipher]).Replace('+', '-').Replace('/', '_');
    }

    /// <summary>A version 1 token; the sandbox accepts but never issues them.</summary>
    public static string EncodeV1(string info, string secret) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(secret + info))) + "|" + info));

    /// <summary>The URL-encoded field string: privileges first, then expiry, type and user.</summary>
    public static string Fields(KalturaSession session)
    {
        var pairs = session.Privileges.Select(p => p.Name == "*" ? ("all", "*") : p)
            .Append(("_e", session.Expiry.ToString(CultureInfo.InvariantCulture)))
            .Append(("_t", session.Type.ToString(CultureInfo.InvariantCulture)))
            .Append(("_u", session.UserId));
        return string.Join('&', pairs.Select(p => UrlEncode(p.Item1) + "=" + UrlEncode(p.Item2)));
    }

    /// <summary>The session of a token of either version, or null when it is malformed or signed with another secret.</summary>
    public static KalturaSession? Decode(string token, string secret)
    {
        byte[] raw;
        try
        {
            raw = Convert.FromBase64String(token.Replace('-', '+').Replace('_', '/'));
        }
        catch (FormatException)
        {
            return null;
        }
        return raw.AsSpan().StartsWith("v2|"u8) ? DecodeV2(raw, secret) : DecodeV1(Encoding.UTF8.GetString(raw), secret);
    }

    /// <summary>AES key: first 16 bytes of the secret's SHA-1.</summary>
    public static byte[] Key(string secret) => SHA1.HashData(Encoding.UTF8.GetBytes(secret))[..16];

    /// <summary>PHP's urlencode: space is plus; letters, digits, <c>-_.</c> stay.</summary>
    public static string UrlEncode(string text)
    {
        var output = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.')
                output.Append((char)b);
            else if (b == ' ')
                output.Append('+');
            else
                output.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }
        return output.ToString();
    }

    private static KalturaSession? DecodeV2(byte[] raw, string secret)
    {
        var end = raw.AsSpan(3).IndexOf((byte)'|');
        if (end < 0 || !int.TryParse(raw.AsSpan(3, end), NumberStyles.None, CultureInfo.InvariantCulture, out var partner))
            return null;
        var cipher = raw[(3 + end + 1)..];
        if (cipher.Length == 0 || cipher.Length % 16 != 0)
            return null;
        using var aes = Aes.Create();
        aes.Key = Key(secret);
        var message = aes.DecryptCbc(cipher, new byte[16], PaddingMode.None).AsSpan().TrimEnd((byte)0);
        if (message.Length < HashBytes + RandomBytes)
            return null;
        if (!CryptographicOperations.FixedTimeEquals(SHA1.HashData(message[HashBytes..]), message[..HashBytes]))
            return null;

        var fields = PhpForm.Parse(Encoding.ASCII.GetString(message[(HashBytes + RandomBytes)..]));
        return new KalturaSession
        {
            PartnerId = partner,
            Expiry = KalturaSession.ParseNumber(fields.TextOf("_e")),
            Type = (int)KalturaSession.ParseNumber(fields.TextOf("_t")),
            UserId = fields.TextOf("_u") ?? "",
            Privileges = [.. fields.Children.Where(f => f.Name is not ("_e" or "_t" or "_u" or "_m" or "_d"))
                .Select(f => f is { Name: "all", Value.Text: "*" } ? ("*", "") : (f.Name, f.Value.Text ?? ""))],
        };
    }

    private static KalturaSession? DecodeV1(string text, string secret)
    {
        var bar = text.IndexOf('|', StringComparison.Ordinal);
        if (bar != 40)
            return null;
        var info = text[(bar + 1)..];
        if (text[..bar] != Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(secret + info))))
            return null;
        var fields = info.Split(';');
        if (fields.Length < 6)
            return null;
        return new KalturaSession
        {
            PartnerId = (int)KalturaSession.ParseNumber(fields[0]),
            Expiry = KalturaSession.ParseNumber(fields[2]),
            Type = (int)KalturaSession.ParseNumber(fields[3]),
            UserId = fields[5],
            Privileges = fields.Length > 6 ? KalturaSession.ParsePrivileges(fields[6]) : [],
        };
    }
}
