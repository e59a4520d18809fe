using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Microservice;

/// <summary>The <c>reportParameters</c> of a job; faults are gathered, as the service lists them all.</summary>
internal sealed class JobParameters(JsonElement node)
{
    public List<string> Faults { get; } = [];

    public string Text(string name) => Find(name) is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: > 0 } value ? value : Fail(name, "must be a string");

    /// <summary>A list of texts or numbers.</summary>
    public string[] List(string name)
    {
        if (Find(name) is { ValueKind: JsonValueKind.Array } list)
            return [.. list.EnumerateArray().Select(item => item.ToString())];
        Fail(name, "must be an array");
        return [];
    }

    /// <summary>Unix second of a UTC day written <c>YYYY-MM-DD</c>, digits padded.</summary>
    public long Day(string name)
    {
        if (DateTime.TryParseExact(Find(name)?.ToString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var day))
            return new DateTimeOffset(day, TimeSpan.Zero).ToUnixTimeSeconds();
        Fail(name, "must be a date as YYYY-MM-DD");
        return 0;
    }

    /// <summary>Unix seconds as a number or its text.</summary>
    public long Seconds(string name)
    {
        if (long.TryParse(Find(name)?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return seconds;
        Fail(name, "must be unix seconds");
        return 0;
    }

    private string Fail(string name, string reason)
    {
        Faults.Add($"reportParameters.{name} {reason}");
        return "";
    }

    private JsonElement? Find(string path)
    {
        var found = node;
        foreach (var name in path.Split('.'))
        {
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(name, out found))
                return null;
        }
        return found;
    }
}
