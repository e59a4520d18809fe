using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Secrets;

namespace Etl.Server.Who;

/// <summary>
/// What is kept of a key or a password: never itself.
/// <code>
/// key      = "sha256$" hex                                    32 random bytes need no slow hash
/// password = "pbkdf2-sha256$" rounds "$" salt "$" hash        salt and hash in base64
/// </code>
/// </summary>
public sealed record Credential
{
    /// <summary>How every key begins, so that people and scanners know one when they see it.</summary>
    public const string KeyPrefix = "etl_";

    /// <summary>Fewest characters of a password.</summary>
    public const int LeastPassword = 12;

    private const string KeyForm = "sha256", PasswordForm = "pbkdf2-sha256";

    /// <summary>A password is refused above this, so that nobody makes the server hash megabytes.</summary>
    public const int MostPassword = 1024;

    // What OWASP asks of PBKDF2 with SHA-256: about a quarter of a second.
    private const int Rounds = 600_000;
    private const int SaltBytes = 16, HashBytes = 32;

    private readonly byte[] _salt, _hash;
    private readonly int _rounds;

    private Credential(int rounds, byte[] salt, byte[] hash) => (_rounds, _salt, _hash) = (rounds, salt, hash);

    /// <summary>True for a person's password, false for the key of a program.</summary>
    public bool IsPassword => _rounds > 0;

    /// <summary>Makes a key and what is kept of it.</summary>
    public static (Secret Key, Credential Kept) NewKey()
    {
        var key = KeyPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return (new Secret(key), new Credential(0, [], SHA256.HashData(Encoding.UTF8.GetBytes(key))));
    }

    /// <summary>What is kept of a password.</summary>
    public static Credential OfPassword(Secret password) => OfPassword(password, Rounds);

    internal static Credential OfPassword(Secret password, int rounds)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new Credential(rounds, salt, Derive(password.Reveal(), salt, rounds));
    }

    /// <summary>Reads what <see cref="ToString"/> writes; null for anything else.</summary>
    public static Credential? Parse(string text)
    {
        var parts = text.Split('$');
        try
        {
            if (parts is [KeyForm, var hex] && hex.Length == 2 * HashBytes) return new Credential(0, [], Convert.FromHexString(hex));
            if (parts is not [PasswordForm, var number, var salt, var hash]
                || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds is < 1 or > 10_000_000) return null;
            var kept = new Credential(rounds, Convert.FromBase64String(salt), Convert.FromBase64String(hash));
            return kept._hash.Length == HashBytes && kept._salt.Length > 0 ? kept : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether this is what is kept of a key or password; takes as long for a wrong one as for the right one.</summary>
    public bool Fits(string presented) => CryptographicOperations.FixedTimeEquals(
        _hash, IsPassword ? Derive(presented, _salt, _rounds) : SHA256.HashData(Encoding.UTF8.GetBytes(presented)));

    /// <summary>As it stands in the file of users.</summary>
    public override string ToString() => IsPassword
        ? string.Create(CultureInfo.InvariantCulture, $"{PasswordForm}${_rounds}${Convert.ToBase64String(_salt)}${Convert.ToBase64String(_hash)}")
        : $"{KeyForm}${Convert.ToHexStringLower(_hash)}";

    private static byte[] Derive(string password, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, rounds, HashAlgorithmName.SHA256, HashBytes);
}
