using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Secrets;
using Etl.Core.Windows;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.MicroserviceBench;

namespace Etl.Kaltura.Tests.Microservice;

/// <summary>What is asked of the reports microservice: dates, parameters, privileges, and sources that are refused.</summary>
public class MicroserviceQuestionTests
{
    public static TheoryData<string, string, string, string> Questions => new()
    {
        { "attachment", "", "America/New_York", """{"entries_ids":[],"virtual_event_ids":[],"from_date_id":"2026-03-10","to_date_id":"2026-03-10"}""" },
        { "reportsEnrichment", "", "America/New_York", """{"params":{"from_date":1773115200,"to_date":1773201600},"taskType":"viewership"}""" },
        { "somethingElse", "iso", "UTC", """{"a":"1","from_date_id":"2026-03-10","to_date_id":"2026-03-10"}""" },
        { "somethingElse", "unix", "UTC", """{"a":"1","from_date":1773100800,"to_date":1773187200}""" },
        { "somethingElse", "none", "UTC", """{"a":"1"}""" },
        { "TOP_CONTENT", "none", "UTC", """{"a":"1"}""" },
    };

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Dates_go_in_the_form_that_the_report_takes(string name, string dates, string zone, string expected)
    {
        await using var bench = new MicroserviceBench();
        var spec = (name switch
        {
            "attachment" => Spec(name) with { Parameters = new Dictionary<string, FilterValue>() },
            "reportsEnrichment" => Spec(name, ("taskType", Text("viewership"))),
            _ => Spec(name, ("a", Text("1"))),
        }) with { Dates = dates.Length == 0 ? null : dates };

        await bench.PullAsync(spec, bench.Request(zone: zone));

        Assert.Equal(name, bench.Service.Asked[0].GetProperty("reportName").GetString());
        var sent = bench.Service.Asked[0].GetProperty("reportParameters");
        Assert.Equal(Sorted(JsonDocument.Parse(expected).RootElement), Sorted(sent));
    }

    private static string Sorted(JsonElement e) => e.ValueKind == JsonValueKind.Object
        ? "{" + string.Join(",", e.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => p.Name + ":" + Sorted(p.Value))) + "}"
        : e.GetRawText();

    [Fact]
    public async Task Month_ends_on_its_last_day()
    {
        await using var bench = new MicroserviceBench();
        await bench.PullAsync(request: bench.Request("2026-02", "UTC", WindowUnit.Month));

        var sent = bench.Service.Asked[0].GetProperty("reportParameters");
        Assert.Equal(("2026-02-01", "2026-02-28"), (sent.GetProperty("from_date_id").GetString(), sent.GetProperty("to_date_id").GetString()));
    }

    [Fact]
    public async Task Hour_window_of_whole_days_is_refused_before_any_call()
    {
        await using var bench = new MicroserviceBench();
        Assert.Equal("bad-window", (await bench.FailAsync(request: bench.Request("2026-03-10T05+0000", unit: WindowUnit.Hour))).Code);
        Assert.Empty(bench.Rig.Server.Calls);
    }

    /// <summary>Midnight of April 2 in Auckland was an hour ago; in UTC April 1 has still twelve hours to go.</summary>
    [Fact]
    public async Task Day_that_is_not_over_in_utc_is_too_early()
    {
        await using var bench = new MicroserviceBench();

        var failure = await bench.FailAsync(request: bench.Request("2026-04-01", "Pacific/Auckland"));

        Assert.Equal("too-early", failure.Code);
        Assert.Contains("2026-04-02 00:00 UTC", failure.Message, StringComparison.Ordinal);
        Assert.Contains("by 13 h or more", failure.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Rig.Server.Calls);
    }

    [Fact]
    public async Task Missing_address_is_named_before_any_call()
    {
        await using var bench = new MicroserviceBench();
        bench.Rig.Settings = bench.Rig.Settings with { ReportsUrl = null };

        var failure = await bench.FailAsync();

        Assert.Equal((FaultKind.Usage, "settings"), (failure.Kind, failure.Code));
        Assert.Contains("KALTURA_REPORTS_URL", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "virtualeventid:99")]
    [InlineData("virtualeventid:77", "virtualeventid:77")]
    public async Task Session_gets_the_privilege_of_the_event(string? own, string expected)
    {
        await using var bench = new MicroserviceBench();
        bench.Rig.Settings = bench.Rig.Settings with { SessionMode = Etl.Kaltura.Sessions.SessionMode.Start };

        await bench.PullAsync(Spec() with { Privileges = own is null ? [] : [own] });

        Assert.Equal(expected, bench.Rig.Server.Calls.Single(c => c.Action == "start").Form["privileges"]);
    }

    [Fact]
    public async Task Ready_made_session_is_refused_where_a_privilege_is_needed()
    {
        await using var bench = new MicroserviceBench();
        bench.Rig.Settings = new KalturaSettings { ServiceUrl = bench.Rig.Server.Url, ReportsUrl = bench.Rig.Server.Url, PartnerId = "1234567", Ks = new Secret(Rig.UserKs) };

        Assert.Equal("privileges", (await bench.FailAsync()).Code);
        Assert.Empty(bench.Rig.Server.Calls);
    }

    public static IEnumerable<object[]> Refused() =>
    [
        [Spec("pollActivity"), "Did you mean 'pollsActivity'?"],
        [Spec("unheardOf"), "'dates: iso'"],
        [Spec("38"), "'38' is not a listed report of the microservice"],
        [Spec(""), "name of a report is needed"],
        [Spec() with { Dates = "ids" }, "expected iso, unix or none"],
        [Spec("pollsActivity", ("entry_ids", List("1_a")), ("virtual_event_ids", List("99"))), "Did you mean 'entries_ids'?"],
        [Spec("pollsActivity", ("entries_ids", Text("1_a")), ("virtual_event_ids", List("99"))), "takes a list; write [1_a]"],
        [Spec("pollsActivity", ("entries_ids", List("1_a"))), "needs the parameter 'virtual_event_ids'"],
        [Spec("pollsActivity", ("virtual_event_ids", List("1", "2"))), "Name one event per source"],
        [Spec("pollsActivity", ("virtual_event_ids", List("1,2"))), "is not an id"],
        [Spec("pollsActivity", ("virtual_event_ids", List("9")), ("from_date_id", Text("2026-01-01"))), "filled in from the window"],
        [Spec("pollsActivity", ("virtual_event_ids", List("9\n"))), "control character"],
        [Spec("registration", ("appGuid", List("a"))), "takes one value"],
        [Spec("registration", ("entries_ids", List("a"))), "needs the parameter 'appGuid'", ],
        [Spec("reportsEnrichment", ("taskType", Text("a")), ("params", Text("x"))), "other parameters stand inside it"],
        [Spec("reportsEnrichment", ("taskType", Text("a")), ("params.from_date", Text("1"))), "filled in from the window"],
        [Spec("any", ("a..b", Text("1"))) with { Dates = "none" }, "not the name of a parameter"],
        [Spec("any", ("from_date", Text("1"))) with { Dates = "unix" }, "filled in from the window"],
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Source_that_makes_no_sense_is_refused_before_any_call(SourceSpec spec, string words)
    {
        await using var bench = new MicroserviceBench();
        var faults = SourceSpecRules.Check(spec, KalturaCatalog.Shared);
        Assert.Contains(faults, f => f.Message.Contains(words, StringComparison.Ordinal));
        Assert.Equal("bad-source", (await bench.FailAsync(spec)).Code);
        Assert.Empty(bench.Rig.Server.Calls);
    }

    [Fact]
    public void Listed_report_takes_any_parameter_when_its_dates_are_written()
    {
        Assert.NotEmpty(SourceSpecRules.Check(Spec("registration", ("appGuid", Text("a")), ("more", Text("b"))), KalturaCatalog.Shared));
        Assert.Empty(SourceSpecRules.Check(Spec("registration", ("appGuid", Text("a")), ("more", Text("b"))) with { Dates = "none" }, KalturaCatalog.Shared));
    }

    [Fact]
    public void All_reports_of_the_guide_are_listed_with_what_they_take()
    {
        var listed = KalturaCatalog.Shared.Reports.Where(r => r.Background is not null).ToDictionary(r => r.Name, r => r.Background!.Dates.ToString());
        Assert.Equal(
            [
                "attachment Iso", "chatModeration Iso", "chatUserActivity Iso", "groupChatTranscripts Iso", "moderatorTranscripts Iso",
                "pollsActivity Iso", "privateTranscripts Iso", "registration None", "reportsEnrichment Unix",
            ],
            listed.Select(r => $"{r.Key} {r.Value}").Order(StringComparer.Ordinal));
    }
}
