using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Etl.Core.Secrets;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Sessions;

/// <summary>
/// Makes sessions from an app token (wire facts 2.1): a widget session first, then <c>appToken.startSession</c> with the
/// hash of that session's token followed by the app token. Type, user and lifetime that the token fixes win over ours.
/// </summary>
internal sealed class AppTokenIssuer(
    SessionCalls calls, string partnerId, string tokenId, Secret appToken, AppTokenHash hash, string userId, TimeSpan lifetime, TimeProvider clock) : ISessionIssuer
{
    public bool CanIssue => true;

    public async Task<Session> IssueAsync(IReadOnlyList<string> privileges, CancellationToken cancellation)
    {
        var widget = new ApiRequest("session", "startWidgetSession", [new("widgetId", $"_{partnerId}")]);
        var first = await calls.CallAsync(widget, null, e => calls.Token(widget.What, Member(e, "ks")), cancellation).ConfigureAwait(false);

        var start = new ApiRequest("appToken", "startSession",
        [
            new("id", tokenId),
            new("tokenHash", Hash(hash, first, appToken)),
            new("userId", userId),
            new("type", KsV2.AdminType.ToString(CultureInfo.InvariantCulture)),
            new("expiry", SessionCalls.Seconds(lifetime)),
            new("sessionPrivileges", string.Join(',', privileges)),
        ]);
        var now = clock.GetUtcNow();
        return await calls.CallAsync(start, first, e => new Session(calls.Token(start.What, Member(e, "ks")), Expiry(e, now + lifetime)), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>Lower-case hex of H(widget token followed by app token): plain concatenation, not HMAC.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The token's own setting chooses the hash.")]
    [SuppressMessage("Security", "CA5351", Justification = "The token's own setting chooses the hash.")]
    internal static string Hash(AppTokenHash hash, Secret widgetKs, Secret appToken)
    {
        var bytes = Encoding.UTF8.GetBytes(widgetKs.Reveal() + appToken.Reveal());
        return Convert.ToHexStringLower(hash switch
        {
            AppTokenHash.Md5 => MD5.HashData(bytes),
            AppTokenHash.Sha256 => SHA256.HashData(bytes),
            AppTokenHash.Sha512 => SHA512.HashData(bytes),
            _ => SHA1.HashData(bytes),
        });
    }

    private static JsonElement Member(JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var value) ? value : default;

    // Absolute unix time (wire facts 2.1).
    private static DateTimeOffset Expiry(JsonElement e, DateTimeOffset otherwise) =>
        Member(e, "expiry") is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var seconds) && seconds > 0
            && DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, 253402300799)) is var stated && stated < otherwise
            ? stated : otherwise;
}
