using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Events.Source;

/// <summary>The raw events of a window against a scripted list of them.</summary>
public sealed class EventsSourceTests
{
    private const long Midnight = 1_773_100_800;

    private static readonly SourceSpec s_events = new() { Action = "events" };

    private readonly List<JsonObject> _events = [];
    private int _calls;

    private Func<int, long, long> Counted { get; set; } = (_, total) => total;

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(12_345)]
    public async Task All_events_of_the_window_come_once_page_by_page(int count)
    {
        await using var rig = Begin(count);
        var outcome = await rig.PullAsync(s_events);
        Assert.Equal(count, outcome.Rows);
        Assert.Equal(Enumerable.Range(1, count).Select(i => (i * 2).ToString(CultureInfo.InvariantCulture)), rig.Sink.Column("id"));
        Assert.Equal("count-equal", Assert.Single(outcome.Proof.Chains).Stop);
        Assert.Equal((count + 4_999) / 5_000, outcome.Proof.Chains[0].Pages.Count);
        Assert.All(rig.Server.Calls, c => Assert.Equal((Midnight.ToString(CultureInfo.InvariantCulture), (Midnight + 86_400).ToString(CultureInfo.InvariantCulture)),
            (c.Form["filter[receivedAtGreaterThanOrEqual]"], c.Form["filter[receivedAtLessThan]"])));
    }

    [Fact]
    public async Task Empty_window_is_asked_for_twice()
    {
        await using var rig = Begin(0);
        var outcome = await rig.PullAsync(s_events);
        Assert.Equal((0L, true, 2), (outcome.Rows, outcome.Proof.KnownEmpty, _calls));
    }

    [Theory]
    [InlineData("grows", "unsettled")]
    [InlineData("lacks", "count-differs")]
    [InlineData("late", "range-ignored")]
    [InlineData("order", "order-ignored")]
    [InlineData("nameless", "bad-row")]
    public async Task List_that_is_not_proven_whole_fails_the_window(string fault, string code)
    {
        await using var rig = Begin(6_000);
        switch (fault)
        {
            case "grows": Counted = (call, total) => total + call; break;
            case "lacks": Counted = (_, total) => total + 1; break;
            case "late": _events[7]["receivedAt"] = Midnight + 86_400; break;
            case "order": _events[7]["id"] = 3; break;
            default: _events[7].Remove("id"); break;
        }
        var failure = await Assert.ThrowsAsync<EtlException>(() => rig.PullAsync(s_events));
        Assert.Equal(code, failure.Code);
    }

    [Fact]
    public async Task Real_service_is_told_apart()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => Json(new JsonObject { ["code"] = "SERVICE_DOES_NOT_EXISTS", ["message"] = "Service \"sandbox_event\" does not exists", ["objectType"] = "KalturaAPIException", ["args"] = new JsonArray() });
        var failure = await Assert.ThrowsAsync<EtlException>(() => rig.PullAsync(s_events));
        Assert.Equal(("events-source", FaultKind.Usage), (failure.Code, failure.Kind));
    }

    private Rig Begin(int count)
    {
        for (var i = 1; i <= count; i++)
        {
            _events.Add(new JsonObject
            {
                ["id"] = i * 2, ["receivedAt"] = Midnight + i % 86_400 / 2, ["api"] = "stats.collect", ["eventType"] = 3, ["eventName"] = "PLAY", ["partnerId"] = 1234567, ["parameters"] = "{\"a\":\"1\"}",
            });
        }
        var rig = new Rig();
        rig.Server.Script = call =>
        {
            Assert.Equal("list", call.Action);
            var number = Interlocked.Increment(ref _calls);
            var after = long.Parse(call.Form["filter[idGreaterThan]"], CultureInfo.InvariantCulture);
            var page = new JsonArray([.. _events.Where((_, i) => (i + 1) * 2 > after).Take(int.Parse(call.Form["pager[pageSize]"], CultureInfo.InvariantCulture)).Select(e => e.DeepClone())]);
            return Json(new JsonObject { ["objects"] = page, ["totalCount"] = Counted(number, _events.Count), ["objectType"] = "KalturaSandboxEventListResponse" });
        };
        return rig;
    }

    private static Answer Json(JsonNode body) => new(JsonSerializer.SerializeToUtf8Bytes(body));
}
