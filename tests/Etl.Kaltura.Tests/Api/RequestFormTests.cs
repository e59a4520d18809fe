using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Api;

/// <summary>What goes over the wire (wire facts 1 and 3).</summary>
public class RequestFormTests
{
    [Fact]
    public async Task Table_request_has_the_form_of_the_service()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 1), 1)).TotalAnswers(Plays(1));
        var spec = Rig.Spec() with
        {
            Order = "+count_plays",
            ObjectIds = ["1_aaaaaaaa", "1_bbbbbbbb"],
            Filter = new Dictionary<string, FilterValue> { ["playbackTypeIn"] = new(["vod", "live"], true), ["countryIn"] = new(["Taiwan, Province of China"], false) },
        };

        await rig.PullAsync(spec, Rig.Request("2026-11-01", "America/New_York"));

        var call = rig.Server.Tables.Single();
        Assert.Equal("/api_v3/service/multirequest", rig.Server.RoundTrips.Single());
        Assert.Equal("application/x-www-form-urlencoded", call.Headers["Content-Type"]);
        var expected = new Dictionary<string, string>
        {
            ["format"] = "1",
            ["clientTag"] = "etl-kaltura",
            ["service"] = "report",
            ["action"] = "getTable",
            ["reportType"] = "38",
            ["reportInputFilter[objectType]"] = "KalturaReportInputFilter",
            // 2026-11-01 in New York has 25 hours and begins in summer time.
            ["reportInputFilter[fromDate]"] = "1793505600",
            ["reportInputFilter[toDate]"] = "1793595600",
            ["reportInputFilter[timeZoneOffset]"] = "240",
            ["reportInputFilter[interval]"] = "days",
            ["reportInputFilter[playbackTypeIn]"] = "vod|live",
            ["reportInputFilter[countryIn]"] = "Taiwan, Province of China",
            ["pager[objectType]"] = "KalturaFilterPager",
            ["pager[pageSize]"] = "12000",
            ["pager[pageIndex]"] = "1",
            ["order"] = "+count_plays",
            ["objectIds"] = "1_aaaaaaaa|1_bbbbbbbb",
            ["responseOptions[objectType]"] = "KalturaReportResponseOptions",
            ["responseOptions[delimiter]"] = "|",
            ["responseOptions[skipEmptyDates]"] = "true",
        };
        Assert.StartsWith("djJ8", call.Form["ks"], StringComparison.Ordinal);
        Assert.Equal(expected, call.Form.Where(f => f.Key != "ks").ToDictionary());
        Assert.Contains("1%5Border%5D=%2Bcount_plays", call.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Server.TotalCalls.Single().Form.Keys, k => k.StartsWith("pager", StringComparison.Ordinal));
    }

    [Fact]
    public async Task End_user_field_names_the_end_user_filter_and_application_stays_comma_joined()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 1), 1)).TotalAnswers(Plays(1));

        await rig.PullAsync(Rig.Spec() with { Filter = new Dictionary<string, FilterValue> { ["application"] = new(["a", "b"], true), ["userIds"] = new(["x", "y"], true) } });

        var call = rig.Server.Tables.Single();
        Assert.Equal("KalturaEndUserReportInputFilter", call.Filter("objectType"));
        Assert.Equal("a,b", call.Filter("application"));
        Assert.Equal("x|y", call.Filter("userIds"));
    }

    [Theory]
    [InlineData("34", WindowUnit.Month, "2026-03", "months")]
    [InlineData("34", WindowUnit.Hour, "2026-03-10T14+0000", "hours")]
    [InlineData("34", WindowUnit.Day, "2026-03-10", "days")]
    [InlineData("38", WindowUnit.Month, "2026-03", "days")]
    [InlineData("38", WindowUnit.Hour, "2026-03-10T14+0000", "days")]
    public async Task Interval_fits_the_window_of_date_rows(string report, WindowUnit unit, string label, string interval)
    {
        await using var rig = new Rig().TableAnswers(Absent).TotalAnswers(Plays(0));

        await rig.PullAsync(Rig.Spec(report), Rig.Request(label, unit: unit));

        Assert.Equal(interval, rig.Server.Tables.Single().Filter("interval"));
    }

    [Fact]
    public async Task Another_account_is_asked_by_its_partner_id()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 1), 1)).TotalAnswers(Plays(1));
        var source = new Etl.Kaltura.Reports.KalturaSourceFactory(rig.Connection, Etl.Kaltura.Catalog.KalturaCatalog.Shared).Create(Rig.Spec(), "7654321");

        await source.PullAsync(Rig.Request(), rig.Sink, default);

        Assert.Equal("7654321", rig.Server.Tables.Single().Form["partnerId"]);
        Assert.Contains("&partnerId=7654321&", rig.Server.Tables.Single().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sources_of_one_account_share_its_bound_of_requests_in_flight()
    {
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { MaxConcurrency = 2 };
        int now = 0, most = 0;
        rig.Server.Script = call =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            Thread.Yield();
            Interlocked.Decrement(ref now);
            return call.Action == "getTotal" ? Plays(1) : Table(Entries(0, 1), 1);
        };
        var factory = new Etl.Kaltura.Reports.KalturaSourceFactory(rig.Connection, Etl.Kaltura.Catalog.KalturaCatalog.Shared);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => factory.Create(Rig.Spec(), "1234567").PullAsync(Rig.Request($"2026-03-{i + 1:00}"), new CollectingSink(), default)));

        Assert.InRange(most, 1, 2);
        Assert.Equal((20, 40), (rig.Server.RoundTrips.Count, rig.Server.Calls.Count));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }

    [Fact]
    public async Task Window_before_1980_is_refused_before_anything_is_sent()
    {
        await using var rig = new Rig();

        var failure = await rig.FailAsync(request: Rig.Request("1979-06-01"));

        Assert.Equal(FaultKind.Usage, failure.Kind);
        Assert.Empty(rig.Server.Calls);
    }

    [Fact]
    public async Task Filter_value_with_the_delimiter_is_refused_before_anything_is_sent()
    {
        await using var rig = new Rig();

        var failure = await rig.FailAsync(Rig.Spec() with { Filter = new Dictionary<string, FilterValue> { ["entryIdIn"] = new(["1_a|1_b"], false) } });

        Assert.Equal((FaultKind.Usage, "bad-source"), (failure.Kind, failure.Code));
        Assert.Empty(rig.Server.Calls);
    }
}
