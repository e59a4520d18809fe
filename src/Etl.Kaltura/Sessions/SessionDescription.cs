using System.Globalization;
using System.Text.Json;

namespace Etl.Kaltura.Sessions;

/// <summary>What the service says of the session in use; never the token itself.</summary>
/// <param name="Account">Account (partner) id.</param>
/// <param name="UserId">User; may be empty.</param>
/// <param name="IsAdmin">True for an administrative session, which reports need.</param>
/// <param name="ExpiresAt">Its end; null when it has none.</param>
/// <param name="Privileges">Its privileges.</param>
public sealed record SessionDescription(string Account, string UserId, bool IsAdmin, DateTimeOffset? ExpiresAt, IReadOnlyList<string> Privileges)
{
    internal static SessionDescription Of(JsonElement e) => new(
        Text(e, "partnerId"),
        Text(e, "userId"),
        Text(e, "sessionType") == KsV2.AdminType.ToString(CultureInfo.InvariantCulture),
        // Absolute unix time (wire facts 2.1).
        long.TryParse(Text(e, "expiry"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
        Text(e, "privileges").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static string Text(JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number
            ? value.ToString() : "";
}
