using System.Text.Json;

namespace Etl.Kaltura.Hooks;

/// <summary>A notification template of the account: says which event is posted where.</summary>
/// <param name="Id">Its id.</param>
/// <param name="SystemName">Name for programs, unique in the account; may be empty.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Url">Where it posts to; may be empty.</param>
/// <param name="Status"><c>active</c>, <c>disabled</c>, or the service's own number.</param>
/// <param name="Event">What it tells, as far as the numbers are known: <c>entry changed</c>.</param>
public sealed record HookTemplate(string Id, string SystemName, string Name, string Url, string Status, string Event)
{
    internal const string Active = "active";

    /// <summary>True for one that <see cref="HookTemplates.RegisterAsync"/> made.</summary>
    public bool IsOurs => SystemName.StartsWith(HookTemplates.Prefix, StringComparison.Ordinal);

    internal static HookTemplate Of(JsonElement e) => new(
        Text(e, "id"),
        Text(e, "systemName"),
        Text(e, "name"),
        Text(e, "url"),
        Text(e, "status") switch { "1" => "disabled", "2" => Active, var other => other },
        $"{ObjectWord(Text(e, "eventObjectType"))} {EventWord(Text(e, "eventType"))}");

    private static string ObjectWord(string type) => type switch { "1" => "entry", "2" => "category", "8" => "user", "38" => "live stream", "" => "object", _ => type };

    private static string EventWord(string type) => type switch
    {
        "2" => "added", "3" => "changed", "4" => "copied", "5" => "created", "6" => "data changed", "7" => "deleted", "8" => "erased", "10" => "saved", "11" => "updated", "12" => "replaced",
        "" => "event", _ => $"event {type}",
    };

    private static string Text(JsonElement e, string name) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : "";
}
