using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Lists;

/// <summary>
/// A service with a list of objects: answers baseEntry.list, esearch and captionAsset.list from it, ranges, order, pages and counts as they are.
/// </summary>
internal sealed class FakeList
{
    public const string Exceeded = "QUERY_EXCEEDED_MAX_MATCHES_ALLOWED";

    private int _lists;

    /// <summary>The objects; those of the list's action are asked by createdAt or updatedAt.</summary>
    public List<JsonObject> Objects { get; } = [];

    /// <summary>Largest page that is given, whatever is asked.</summary>
    public int MaxPage { get; set; } = 500;

    /// <summary>Rank that no page reaches beyond.</summary>
    public int Cap { get; set; } = 10_000;

    /// <summary>Refuse any query that matches more than the cap, as some deployments do.</summary>
    public bool RefuseLarge { get; set; }

    /// <summary>Changes the list before the answer of a number (from one) is made.</summary>
    public Action<int, FakeList>? Before { get; set; }

    /// <summary>Replaces an answer, by its number (from one); null keeps it.</summary>
    public Func<int, RecordedCall, Answer?>? Instead { get; set; }

    /// <summary>The count that is told, from the true one.</summary>
    public Func<int, int?> Total { get; set; } = n => n;

    /// <summary>Objects that are counted and never sent.</summary>
    public HashSet<string> Hidden { get; } = [];

    public static JsonObject Entry(string id, long createdAt, params (string Name, JsonNode? Value)[] more)
    {
        var item = new JsonObject { ["objectType"] = "KalturaMediaEntry", ["id"] = id, ["name"] = "Name of " + id, ["createdAt"] = createdAt, ["updatedAt"] = createdAt + 10 };
        foreach (var (name, value) in more) item[name] = value;
        return item;
    }

    /// <summary>Entries e0, e1, … at consecutive seconds.</summary>
    public FakeList With(int count, long from = 1_700_000_000, int perSecond = 1)
    {
        for (var i = 0; i < count; i++)
            Objects.Add(Entry(string.Create(CultureInfo.InvariantCulture, $"e{i:000000}"), from + i / perSecond));
        return this;
    }

    public Answer Reply(RecordedCall call)
    {
        var number = Interlocked.Increment(ref _lists);
        Before?.Invoke(number, this);
        if (Instead?.Invoke(number, call) is { } other) return other;
        var search = call.Action == "searchEntry";
        var time = search
            ? call.Form["searchParams[orderBy][orderItems][0][sortField]"] == "updated_at" ? "updatedAt" : "createdAt"
            : call.Form["filter[orderBy]"].TrimStart('+');
        var (from, to) = search
            ? (Long(call, "searchParams[searchOperator][searchItems][0][range][greaterThanOrEqual]"), Long(call, "searchParams[searchOperator][searchItems][0][range][lessThanOrEqual]"))
            : (Long(call, $"filter[{time}GreaterThanOrEqual]"), Long(call, $"filter[{time}LessThanOrEqual]"));
        var owners = call.Form.GetValueOrDefault("filter[entryIdIn]")?.Split(',');
        var found = Objects.Where(o => (long)o[time]! >= from && (long)o[time]! <= to)
            .Where(o => call.Action != "list" || !call.Path.Contains("captionAsset", StringComparison.OrdinalIgnoreCase) ? o["entryId"] is null : owners!.Contains((string)o["entryId"]!))
            .OrderBy(o => (long)o[time]!).ToList();
        var size = Math.Min(call.Size, MaxPage);
        if (RefuseLarge ? found.Count > Cap : call.Page * size > Cap) return Bodies.Error(Exceeded, "Unable to generate list. max matches value was reached");
        var page = found.Skip((call.Page - 1) * size).Take(size).Where(o => !Hidden.Contains((string)o["id"]!))
            .Select(o => search ? new JsonObject { ["object"] = o.DeepClone(), ["itemsData"] = new JsonArray() } : o.DeepClone());
        var reply = new JsonObject { ["objectType"] = "KalturaListResponse", ["objects"] = new JsonArray([.. page]) };
        if (Total(found.Count) is { } total) reply["totalCount"] = total;
        return reply.ToJsonString(new JsonSerializerOptions());
    }

    private static long Long(RecordedCall call, string field) => long.Parse(call.Form[field], CultureInfo.InvariantCulture);
}
