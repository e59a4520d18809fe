using System.Globalization;

namespace Etl.Kaltura.Api;

/// <summary>Several calls in one round trip (wire facts 1.6). Never one that returns a file: it would replace the whole answer.</summary>
internal static class Multirequest
{
    /// <summary>Most calls in one: each counts for the service's rate limit, and all of them are one run of its program.</summary>
    public const int MaxParts = 8;

    private const string Account = "partnerId";

    /// <summary>
    /// The calls as one. It goes by the first one's name and page in messages. Numbers begin at 1 without a gap, behind which the service would drop calls in
    /// silence.
    /// </summary>
    public static ApiRequest Of(IReadOnlyList<ApiRequest> parts)
    {
        var fields = new List<KeyValuePair<string, string>>();
        // Of the names that the service copies to every call, the account is ours to send; all parts have the same.
        fields.AddRange(parts[0].Fields.Where(f => f.Key == Account));
        for (var i = 0; i < parts.Count; i++)
        {
            var number = (i + 1).ToString(CultureInfo.InvariantCulture);
            fields.Add(new($"{number}[service]", parts[i].Service));
            fields.Add(new($"{number}[action]", parts[i].Action));
            foreach (var (name, value) in parts[i].Fields.Where(f => f.Key != Account))
            {
                var bracket = name.IndexOf('[', StringComparison.Ordinal);
                fields.Add(new(bracket < 0 ? $"{number}[{name}]" : $"{number}[{name[..bracket]}]{name[bracket..]}", value));
            }
        }
        return new ApiRequest(parts[0].Service, parts[0].Action, fields) { Page = parts[0].Page, IsMultirequest = true };
    }
}
