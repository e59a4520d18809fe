using System.Globalization;
using System.Text.Json.Nodes;
using Etl.Core.Jobs;

namespace Etl.Kaltura.Actions;

/// <summary>
/// The body of the messaging service's <c>message/send</c>:
/// <code>
/// {"receiverType":"group","groupIds":["a"],"appGuid":"…","templateId":"…","type":"email",
///  "msgParams":{"name":{"type":"String","value":"…"},"link":{"type":"MagicLink","value":{"baseURL":"…","expiry":24}}},"session":"…"}
/// </code>
/// </summary>
internal static class MessageBody
{
    public static byte[] Of(ActionSpec action)
    {
        var users = action.With.Any(f => f.Key == MessageFields.Users);
        // The service wants the tokens even where a template has none.
        var body = new JsonObject { ["receiverType"] = users ? "user" : "group", ["type"] = "email", [MessageFields.Tokens] = new JsonObject() };
        foreach (var (field, value) in action.With)
        {
            var path = field.Replace("]", "", StringComparison.Ordinal).Split('[');
            var place = body;
            foreach (var part in path[..^1]) place = place[part] as JsonObject ?? (JsonObject)(place[part] = new JsonObject());
            place[path[^1]] = field is MessageFields.Groups or MessageFields.Users ? new JsonArray([.. MessageFields.Items(value).Select(i => (JsonNode)JsonValue.Create(i))])
                : path[^1] == "expiry" ? JsonValue.Create(int.Parse(value, CultureInfo.InvariantCulture))
                : JsonValue.Create(value);
        }
        return System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
    }
}
