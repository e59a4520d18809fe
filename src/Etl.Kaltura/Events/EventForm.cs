using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Secrets;

namespace Etl.Kaltura.Events;

/// <summary>How a request carries an event.</summary>
public enum EventMethod
{
    /// <summary>A form in the body.</summary>
    Post,
    /// <summary>Everything in the address, as older players send it.</summary>
    Get,
}

/// <summary>Makes the request of an event.</summary>
internal static class EventForm
{
    /// <summary>Every field of the request, in order, <c>service</c> and <c>action</c> left out.</summary>
    /// <param name="e">The event.</param>
    /// <param name="method">Form of the request.</param>
    /// <param name="session">Session that sends it; null for none.</param>
    /// <param name="sign">True to add <c>kalsig</c> where the event brings none and its API takes it.</param>
    public static List<KeyValuePair<string, string>> Fields(KalturaEvent e, EventMethod method, Secret? session, bool sign)
    {
        var fields = new List<KeyValuePair<string, string>>(e.Parameters.Count + 4);
        if (session is not null) fields.Add(new("ks", session.Reveal()));
        if (e.Api.ObjectType is { } type) fields.Add(new(Name(e.Api, "objectType", method, ofRequest: false), type));
        fields.Add(new(Name(e.Api, "eventType", method, ofRequest: false), e.Type.Id.ToString(CultureInfo.InvariantCulture)));
        foreach (var (name, value) in e.Parameters)
        {
            var parameter = e.Api.Parameters[name];
            fields.Add(new(Name(e.Api, name, method, parameter.IsOfRequest), OnWire(parameter, value, method)));
        }
        if (sign && e.Api.Parameters.ContainsKey("kalsig") && e["kalsig"] is null) fields.Add(new("kalsig", Signature(fields)));
        return fields;
    }

    /// <summary>The request.</summary>
    /// <param name="e">The event.</param>
    /// <param name="method">Form of the request.</param>
    /// <param name="root">Address of the API's host.</param>
    /// <param name="fields">Its fields.</param>
    public static HttpRequestMessage Message(KalturaEvent e, EventMethod method, Uri root, IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        var address = root.AbsoluteUri.TrimEnd('/');
        var call = $"{address}/api_v3/index.php?service={e.Api.Service}&action={e.Api.Action}";
        if (method == EventMethod.Get)
        {
            var query = string.Concat(fields.Select(f => $"&{Uri.EscapeDataString(f.Key)}={Uri.EscapeDataString(f.Value)}"));
            return new HttpRequestMessage(HttpMethod.Get, call + query);
        }
        // The guides post stats events to the action's path and the others to index.php.
        var target = e.Api.ObjectType is null ? call : $"{address}/api_v3/service/{e.Api.Service}/action/{e.Api.Action}";
        return new HttpRequestMessage(HttpMethod.Post, target) { Content = new FormUrlEncodedContent(fields) };
    }

    /// <summary>MD5 over name and value of all fields, ordered by name, as clients of the service sign (catalogue, note <c>signature</c>).</summary>
    public static string Signature(IEnumerable<KeyValuePair<string, string>> fields)
    {
        var text = string.Concat(fields.Where(f => f.Key != "kalsig").OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => f.Key + f.Value));
#pragma warning disable CA5351 // The service's own signature; it protects nothing here.
        return Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351
    }

    private static string Name(EventApi api, string name, EventMethod method, bool ofRequest) =>
        ofRequest ? name : (method == EventMethod.Get ? api.GetName : api.PostName).Replace("{name}", name, StringComparison.Ordinal);

    private static string OnWire(EventParameter p, string value, EventMethod method)
    {
        if (p.UnitOfGetForm is null) return value;
        var seconds = decimal.Parse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        return (method == EventMethod.Get ? Math.Round(seconds * 1000) : Math.Floor(seconds)).ToString("0", CultureInfo.InvariantCulture);
    }
}
