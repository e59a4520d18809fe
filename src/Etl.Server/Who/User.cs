using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace Etl.Server.Who;

/// <summary>A person or program that may use a server.</summary>
/// <param name="Name">Lower-case letters, digits, <c>.</c>, <c>-</c> and <c>_</c>, at most 64; unique.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Credential">What is kept of their key or password.</param>
public sealed record User(string Name, Role Role, Credential Credential)
{
    internal const string StampClaim = "etl:stamp", SessionClaim = "etl:session";

    /// <summary>Changes with name, role and credential: a login made before such a change is over.</summary>
    internal string Stamp => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToString())))[..32];

    /// <summary>A line of the file of users: <c>name:role:credential</c>.</summary>
    public override string ToString() => $"{Name}:{Policies.Word(Role)}:{Credential}";

    /// <summary>Whether a text can be a user's name.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    /// <summary>The user as the one who asks.</summary>
    internal ClaimsPrincipal Principal(string scheme, params IEnumerable<Claim> more) => Principal(scheme, Name, Role, [new Claim(StampClaim, Stamp), .. more]);

    internal static ClaimsPrincipal Principal(string scheme, string name, Role role, params IEnumerable<Claim> more) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, Policies.Word(role)), .. more], scheme, ClaimTypes.Name, ClaimTypes.Role));
}
