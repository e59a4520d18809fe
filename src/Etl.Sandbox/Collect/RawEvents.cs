using System.Globalization;
using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Events;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Collect;

/// <summary>
/// The received events of one account, as they came: <c>sandbox_event.list</c> for administrators. Only a sandbox has this service. Filter
/// <c>receivedAtGreaterThanOrEqual</c> and <c>receivedAtLessThan</c> (unix seconds), <c>idGreaterThan</c> to go on behind a page; ids ascend,
/// <c>totalCount</c> is that of the range, whatever the page.
/// </summary>
internal sealed class RawEvents(int partnerId, EventCatalogue catalogue)
{
    public const string Service = "sandbox_event";

    /// <summary>Most events of a page.</summary>
    public const int MostPerPage = 5_000;

    private const long LastSecond = long.MaxValue / 1_000;

    private readonly Lock _gate = new();
    // Numbers in the log; a log of 4 billion events is larger than any disk of a sandbox.
    private readonly List<uint> _numbers = [];

    /// <summary>Where they are kept; set before anything is asked for.</summary>
    public EventLog Log { get; set; } = null!;

    public void Add(long number)
    {
        lock (_gate)
            _numbers.Add((uint)number);
    }

    public ApiObject Run(string action, ParamNode call, KalturaSession? session)
    {
        if (action != "list")
            throw ApiException.UnknownAction(Service, action);
        Dispatcher.RequireAdmin(session, Service, "list");
        var filter = call["filter"];
        var size = call["pager"]?.TextOf("pageSize") is { } text ? (int)Math.Clamp(PhpCast.ToInt(text), 1, MostPerPage) : MostPerPage;
        var to = filter?.TextOf("receivedAtLessThan") is { } end ? PhpCast.ToInt(end) : LastSecond;
        var (total, objects) = Page(PhpCast.ToInt(filter?.TextOf("receivedAtGreaterThanOrEqual")), to, PhpCast.ToInt(filter?.TextOf("idGreaterThan")), size);
        return new ApiObject("KalturaSandboxEventListResponse", ("objects", objects), ("totalCount", total));
    }

    /// <summary>How many were received in [from, to) (unix seconds), and the first so many of them with an id above one.</summary>
    public (long Total, List<ApiObject> Objects) Page(long from, long to, long after, int most)
    {
        var (first, end) = (Log.FirstAt(Math.Clamp(from, 0, LastSecond) * 1_000), Log.FirstAt(Math.Clamp(to, 0, LastSecond) * 1_000));
        int start, count;
        long total;
        uint next;
        lock (_gate)
        {
            var last = Place(end);
            total = Math.Max(0, last - Place(first));
            start = Place(Math.Max(first, after + 1));
            count = Math.Min(most, last - start);
            next = count > 0 ? _numbers[start] : 0;
        }
        var objects = new List<ApiObject>();
        while (objects.Count < count && Log.Read(next, MostPerPage) is { Count: > 0 } some)
        {
            foreach (var (number, item) in some)
            {
                if (item.PartnerId == partnerId && objects.Count < count)
                    objects.Add(ToObject(number, item));
            }
            next += (uint)some.Count;
        }
        return (total, objects);
    }

    /// <summary>Index of the first number that is not below one.</summary>
    private int Place(long number)
    {
        var found = _numbers.BinarySearch((uint)Math.Min(number, uint.MaxValue));
        return found < 0 ? ~found : found;
    }

    private ApiObject ToObject(long number, CollectedEvent item)
    {
        var (place, agent) = (Vocabulary.Places[TestNetworks.PlaceOf(item.Address)], Vocabulary.Agents[UserAgents.AgentOf(item.UserAgent)]);
        return new ApiObject("KalturaSandboxEvent",
            ("id", number),
            ("receivedAt", item.At / 1_000),
            ("api", EventCatalogue.NameOf(item.Api)),
            ("eventType", item.Type),
            ("eventName", catalogue.Find(item.Api, item.Type)),
            ("partnerId", item.PartnerId),
            ("entryId", item["entryId"]),
            ("sessionId", item["sessionId"]),
            ("eventIndex", Whole(item["eventIndex"])),
            ("userId", StepMaker.UserOf(item)),
            ("application", StepMaker.ApplicationOf(item)),
            ("virtualEventId", StepMaker.EventOf(item) is > 0 and var id ? (long)id : null),
            ("pageType", item["pageType"]),
            ("pageName", item["pageName"]),
            ("buttonType", item["buttonType"]),
            ("buttonName", item["buttonName"]),
            ("referrer", item["referrer"]),
            ("country", place.Country),
            ("city", place.City),
            ("device", agent.Device),
            ("operatingSystem", agent.Os),
            ("browser", agent.Browser),
            ("parameters", System.Text.Json.JsonSerializer.Serialize(item.Parameters.DistinctBy(p => p.Key).ToDictionary(p => p.Key, p => p.Value))));
    }

    private static long? Whole(string? text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
}
