using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Microservice;

/// <summary>One question to the reports microservice: a report's name and parameters, with the dates of a window.</summary>
internal sealed class MicroserviceQuery
{
    private readonly SourceSpec _spec;
    private readonly BackgroundRequest _facts;
    private readonly Window _window;

    public MicroserviceQuery(SourceSpec spec, BackgroundRequest facts, PullRequest request)
    {
        (_spec, _facts, _window) = (spec, facts, request.Window);
        var zone = WindowCalendar.FindZone(request.TimeZone) ?? TimeZoneInfo.Utc;
        FirstDay = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(_window.From, zone).DateTime);
        LastDay = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(_window.To.AddTicks(-1), zone).DateTime);
    }

    /// <summary>First local day.</summary>
    public DateOnly FirstDay { get; }

    /// <summary>Last local day.</summary>
    public DateOnly LastDay { get; }

    /// <summary>Asks that the report be written.</summary>
    public ApiRequest Generate() => Call("generate", new JsonObject { ["reportName"] = _spec.Background, ["reportParameters"] = Parameters() });

    /// <summary>Asks how far it is.</summary>
    public static ApiRequest Status(string handle) => Call("serve", new JsonObject { ["sessionId"] = handle, ["statusOnly"] = true });

    /// <summary>Asks for the file.</summary>
    public static ApiRequest File(string handle) => Call("serve", new JsonObject { ["sessionId"] = handle }) with { IsFile = true };

    private static ApiRequest Call(string action, JsonObject body) => new("report", action, []) { Json = JsonSerializer.SerializeToUtf8Bytes(body) };

    // The guide writes ids as texts, numbers too.
    private JsonObject Parameters()
    {
        var root = new JsonObject();
        foreach (var list in _facts.Lists) Set(root, list, new JsonArray());
        foreach (var (name, value) in _spec.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal))
            Set(root, name, value.IsList ? new JsonArray([.. value.Values.Select(v => JsonValue.Create(v))]) : JsonValue.Create(value.Values[0]));
        if (_facts.Dates == BackgroundDates.Iso)
        {
            Set(root, _facts.From!, Day(FirstDay));
            Set(root, _facts.To!, Day(LastDay));
        }
        else if (_facts.Dates == BackgroundDates.Unix)
        {
            Set(root, _facts.From!, _window.From.ToUnixTimeSeconds());
            Set(root, _facts.To!, _window.To.ToUnixTimeSeconds());
        }
        return root;
    }

    private static void Set(JsonObject root, string path, JsonNode value)
    {
        var steps = path.Split('.');
        var at = root;
        foreach (var step in steps[..^1])
        {
            if (at[step] is not JsonObject inner) at[step] = inner = [];
            at = inner;
        }
        at[steps[^1]] = value;
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
