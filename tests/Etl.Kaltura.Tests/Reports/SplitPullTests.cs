using System.Globalization;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>Tables past the cap: all rows once, or a failure that says so (design: promise 3).</summary>
public class SplitPullTests
{
    private static readonly string[] s_entryColumns = ["object_id", "count_plays", "unique_viewers", "engagement_ranking"];

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Entry(int i, long createdAt) => new()
    {
        ["object_id"] = $"1_{i:00000000}",
        ["count_plays"] = Text(i % 50 + 1),
        ["unique_viewers"] = "1",
        ["engagement_ranking"] = "9.5",
        [".created"] = Text(createdAt),
    };

    private static List<Dictionary<string, string>> Entries(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Entry(i, 1_600_000_000 + i * 3600L))];

    private static Rig Serving(FakeReport report)
    {
        var rig = new Rig();
        rig.Server.Script = call => call.Action == "getTotal" ? report.Total(call) : report.Table(call);
        return rig;
    }

    private static void AssertAllOnce(Rig rig, PullOutcome outcome, string key, int rows)
    {
        Assert.Equal(rows, outcome.Rows);
        Assert.Equal(rows, rig.Sink.Rows.Count);
        Assert.Equal(rows, rig.Sink.Column(key).Distinct().Count());
    }

    [Theory]
    [InlineData(12_000)]
    [InlineData(12_001)]
    [InlineData(30_000)]
    public async Task N42_Entry_table_at_or_past_the_cap_brings_all_rows_once_by_creation_date(int rows)
    {
        await using var rig = Serving(new FakeReport(s_entryColumns, Entries(rows)) { CreatedAt = ".created" });

        var outcome = await rig.PullAsync();

        AssertAllOnce(rig, outcome, "object_id", rows);
        Assert.Equal("cap", outcome.Proof.Chains[0].Stop);
        Assert.Contains("entryCreatedAt ranges", outcome.Proof.Splits[0], StringComparison.Ordinal);
        Assert.True(outcome.Proof.Chains.Count > 2);
        Assert.All(rig.Sink.Column("engagement_ranking"), Assert.Null);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("'engagement_ranking' is relative", StringComparison.Ordinal));
        // The relative score stays in a table that is pulled whole, and everything else stays as sent.
        Assert.All(rig.Sink.Column("unique_viewers"), v => Assert.Equal("1", v));
    }

    [Fact]
    public async Task One_row_below_the_cap_is_not_split()
    {
        await using var rig = Serving(new FakeReport(s_entryColumns, Entries(11_999)) { CreatedAt = ".created" });

        var outcome = await rig.PullAsync();

        AssertAllOnce(rig, outcome, "object_id", 11_999);
        Assert.Empty(outcome.Proof.Splits);
        Assert.All(rig.Sink.Column("engagement_ranking"), v => Assert.Equal("9.5", v));
    }

    [Fact]
    public async Task Small_pages_reach_the_cap_and_split_too()
    {
        await using var rig = Serving(new FakeReport(s_entryColumns, Entries(12_500)) { CreatedAt = ".created" });

        AssertAllOnce(rig, await rig.PullAsync(Rig.Spec() with { PageSize = 4000 }), "object_id", 12_500);
    }

    [Fact]
    public async Task Jobs_own_creation_range_is_kept_within_the_split()
    {
        var rows = Entries(20_000);
        await using var rig = Serving(new FakeReport(s_entryColumns, rows) { CreatedAt = ".created" });
        var from = 1_600_000_000 + 5000 * 3600L;

        var outcome = await rig.PullAsync(Rig.Spec() with
        {
            Filter = new Dictionary<string, FilterValue> { ["entryCreatedAtGreaterThanOrEqual"] = new([Text(from)], false) },
        });

        AssertAllOnce(rig, outcome, "object_id", 15_000);
        Assert.All(rig.Server.Tables, c => Assert.True(long.Parse(c.Filter("entryCreatedAtGreaterThanOrEqual"), CultureInfo.InvariantCulture) >= from));
    }

    [Fact]
    public async Task Entries_of_one_second_are_split_by_their_ids()
    {
        var rows = Enumerable.Range(0, 13_000).Select(i => Entry(i, 1_650_000_000)).ToList();
        var report = new FakeReport(s_entryColumns, rows) { CreatedAt = ".created" };
        report.Lists["entryIdIn"] = "object_id";
        await using var rig = Serving(report);

        var outcome = await rig.PullAsync();

        AssertAllOnce(rig, outcome, "object_id", 13_000);
        Assert.Contains(outcome.Proof.Splits, s => s.StartsWith("entryIdIn: 13000 values", StringComparison.Ordinal));
    }

    [Fact]
    public async Task User_table_is_split_by_users_and_keeps_rows_without_a_user()
    {
        var rows = Enumerable.Range(0, 15_000).Select(i => new Dictionary<string, string>
        {
            ["name"] = $"user{i:00000}@example.com",
            ["full_name"] = "A B",
            ["count_plays"] = Text(i + 1),
        }).ToList();
        rows.Add(new() { ["name"] = "Unknown", ["full_name"] = "Unknown", ["count_plays"] = "900000" });
        rows.Add(new() { ["name"] = "", ["full_name"] = "", ["count_plays"] = "800000" });
        var report = new FakeReport(["name", "full_name", "count_plays"], rows);
        report.Lists["userIds"] = "name";
        await using var rig = Serving(report);

        var outcome = await rig.PullAsync(Rig.Spec("13"));

        AssertAllOnce(rig, outcome, "name", 15_002);
        Assert.Contains(outcome.Proof.Notes, n => n.StartsWith("2 row(s) without a key", StringComparison.Ordinal));
        Assert.Contains(rig.Server.Tables, c => c.Filter("userIds").Split('|').Length == 1000 && c.Filter("objectType") == "KalturaEndUserReportInputFilter");
    }

    [Fact]
    public async Task Users_that_no_order_shows_are_missed_by_the_sums_and_fail()
    {
        var rows = Enumerable.Range(0, 15_000).Select(i => new Dictionary<string, string>
        {
            ["name"] = $"user{i:00000}@example.com",
            ["full_name"] = "A B",
            ["count_plays"] = "10",
        }).ToList();
        var report = new FakeReport(["name", "full_name", "count_plays"], rows) { Hidden = r => string.CompareOrdinal(r["name"], "user12500") > 0 };
        report.Lists["userIds"] = "name";
        await using var rig = Serving(report);

        var failure = await rig.FailAsync(Rig.Spec("13"));

        Assert.Equal("truncated", failure.Code);
        Assert.Contains("do not add up", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Few_users_of_few_plays_that_no_order_shows_are_missed_too()
    {
        var rows = Enumerable.Range(0, 13_000).Select(i => new Dictionary<string, string>
        {
            ["name"] = $"user{i:00000}@example.com",
            ["full_name"] = "A B",
            ["count_plays"] = i < 12_990 ? Text(1000 + i) : "1",
        }).ToList();
        var report = new FakeReport(["name", "full_name", "count_plays"], rows) { Hidden = r => r["count_plays"] == "1" };
        report.Lists["userIds"] = "name";
        await using var rig = Serving(report);

        Assert.Equal("truncated", (await rig.FailAsync(Rig.Spec("13"))).Code);
    }

    [Fact]
    public async Task City_table_is_split_by_the_countries_of_report_36()
    {
        string[] columns = ["country", "region", "city", "coordinates", "country_code", "count_plays"];
        string[] names = ["Canada", "Taiwan, Province of China", "Unknown", "United States"];
        var rows = Enumerable.Range(0, 20_000).Select(i => new Dictionary<string, string>
        {
            ["country"] = names[i % 4],
            ["region"] = $"region {i % 60}",
            ["city"] = $"city {i}",
            ["coordinates"] = "1/2",
            ["country_code"] = "XX",
            ["count_plays"] = Text(i % 7 + 1),
        }).ToList();
        var cities = new FakeReport(columns, rows);
        cities.Lists["countryIn"] = "country";
        var countries = new FakeReport(["object_id", "country", "coordinates", "count_plays"],
            [.. names.Select(n => new Dictionary<string, string> { ["object_id"] = n[..2], ["country"] = n, ["coordinates"] = "1/2", ["count_plays"] = "5" })]);
        await using var rig = new Rig();
        rig.Server.Script = call =>
        {
            var report = call.Form["reportType"] == "36" ? countries : cities;
            return call.Action == "getTotal" ? report.Total(call) : report.Table(call);
        };

        var outcome = await rig.PullAsync(Rig.Spec("30"));

        AssertAllOnce(rig, outcome, "city", 20_000);
        Assert.Single(rig.Server.Tables, c => c.Form["reportType"] == "36");
        Assert.Contains("Taiwan, Province of China", string.Join('|', rig.Server.Tables.Select(c => c.Filter("countryIn"))), StringComparison.Ordinal);
        Assert.DoesNotContain(outcome.Proof.Notes, n => n.Contains("expected and not sent", StringComparison.Ordinal) && n.Contains("object_id", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_country_past_the_cap_cannot_be_split_further()
    {
        var rows = Enumerable.Range(0, 13_000).Select(i => new Dictionary<string, string> { ["country"] = "Canada", ["region"] = "r", ["city"] = $"city {i}", ["count_plays"] = "1" }).ToList();
        var cities = new FakeReport(["country", "region", "city", "count_plays"], rows);
        cities.Lists["countryIn"] = "country";
        var countries = new FakeReport(["object_id", "country", "count_plays"], [new() { ["object_id"] = "CA", ["country"] = "Canada", ["count_plays"] = "13000" }]);
        await using var rig = new Rig();
        rig.Server.Script = call =>
        {
            var report = call.Form["reportType"] == "36" ? countries : cities;
            return call.Action == "getTotal" ? report.Total(call) : report.Table(call);
        };

        Assert.Equal("truncated", (await rig.FailAsync(Rig.Spec("30"))).Code);
    }

    [Fact]
    public async Task Date_rows_are_split_by_shorter_ranges_at_bucket_bounds()
    {
        // 20 days of ten-second rows in a report that is keyed by date.
        var start = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
        var rows = Enumerable.Range(0, 26_000).Select(i => new Dictionary<string, string>
        {
            ["date_id"] = Text(start + i * 10L),
            ["count_plays"] = "2",
        }).ToList();
        var report = new FakeReport(["date_id", "count_plays"], rows) { Time = "date_id" };
        await using var rig = Serving(report);

        var outcome = await rig.PullAsync(Rig.Spec("30001") with { Interval = "ten_seconds" }, Rig.Request("2026-03", unit: WindowUnit.Month));

        AssertAllOnce(rig, outcome, "date_id", 26_000);
        Assert.All(rig.Server.Tables, c => Assert.Equal(0, long.Parse(c.Filter("fromDate"), CultureInfo.InvariantCulture) % 10));
    }

    [Fact]
    public async Task Table_without_a_split_fails_as_truncated_and_says_what_to_do()
    {
        var rows = Enumerable.Range(0, 12_000).Select(i => new Dictionary<string, string> { ["object_id"] = $"d{i}", ["count_plays"] = "1" }).ToList();
        await using var rig = Serving(new FakeReport(["object_id", "count_plays"], rows));

        // Domains: no filter of row keys that is known.
        var failure = await rig.FailAsync(Rig.Spec("6"));

        Assert.Equal((FaultKind.Window, "truncated", false), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Contains("Narrow the filter or use shorter windows", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_in_two_parts_fails()
    {
        var rows = Entries(12_500);
        // Entry 0 claims a second creation date: a table that moves while it is read.
        rows.Add(new(rows[0]) { [".created"] = Text(1_600_000_000 + 12_400 * 3600L) });
        await using var rig = Serving(new FakeReport(s_entryColumns, rows) { CreatedAt = ".created" });

        var failure = await rig.FailAsync();

        Assert.Equal("duplicate-key", failure.Code);
    }

    [Fact]
    public async Task Parts_that_do_not_add_up_to_the_whole_fail()
    {
        // Entries that no creation range finds.
        var rows = Entries(12_500);
        foreach (var row in rows.Take(100)) row[".created"] = "NaN";
        await using var rig = Serving(new FakeReport(s_entryColumns, rows) { CreatedAt = ".created" });

        Assert.Equal("truncated", (await rig.FailAsync()).Code);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(100, "moved")]
    public async Task C6_Totals_that_change_while_parts_are_read_are_asked_again_and_the_source_is_told_to_move(int hidden, string? code)
    {
        var rows = Entries(12_500);
        foreach (var row in rows.Take(hidden)) row[".created"] = "NaN";
        var report = new FakeReport(s_entryColumns, rows) { CreatedAt = ".created" };
        await using var rig = new Rig();
        var asked = 0;
        rig.Server.Script = call =>
        {
            if (call.Action != "getTotal") return report.Table(call);
            // A part without rows asks for its own.
            if (call.Filter("entryCreatedAtGreaterThanOrEqual") + call.Filter("entryCreatedAtLessThanOrEqual") is { Length: > 0 }) return report.Total(call);
            var plays = rows[^1]["count_plays"];
            if (Interlocked.Increment(ref asked) == 1) rows[^1]["count_plays"] = "999";
            var answer = report.Total(call);
            rows[^1]["count_plays"] = plays;
            return answer;
        };

        if (code is null)
        {
            AssertAllOnce(rig, await rig.PullAsync(), "object_id", 12_500);
        }
        else
        {
            var failure = await rig.FailAsync();
            Assert.Equal((FaultKind.Window, code, true), (failure.Kind, failure.Code, failure.IsTransient));
        }
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Fault_in_one_part_repeats_that_request_only()
    {
        var report = new FakeReport(s_entryColumns, Entries(12_500)) { CreatedAt = ".created" };
        await using var rig = new Rig();
        var calls = 0;
        rig.Server.Script = call => Interlocked.Increment(ref calls) % 4 == 3 ? new Answer([]) { Status = 502 }
            : call.Action == "getTotal" ? report.Total(call) : report.Table(call);

        AssertAllOnce(rig, await rig.PullAsync(), "object_id", 12_500);
    }
}
