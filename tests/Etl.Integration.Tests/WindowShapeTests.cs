using System.Globalization;
using System.Text.RegularExpressions;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>Windows that are no days, jobs with several sources, totals: labels, folders and rows.</summary>
public sealed partial class WindowShapeTests
{
    private static readonly TimeZoneInfo s_newYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    [Fact]
    public async Task Month_lands_in_one_folder_under_its_label()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 70 });
        shop.WriteJobText("monthly", """
            job: monthly
            source: { report: 38, action: table }
            window: { every: month, timezone: America/New_York, lookback: 1, settle: 0h }
            land:
              - parquet: { dataset: monthly }
            checks: { tolerance: 0% }
            """);
        var run = await shop.RunAsync("run", "monthly", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window"));
        var label = window.GetProperty("window").GetString()!;
        Assert.Matches(@"^\d{4}-\d{2}$", label);
        var path = Path.Combine(shop.DataFolder, "parquet", "monthly", $"month={label}", "data.parquet");
        Assert.Equal(path, window.GetProperty("targets")[0].GetProperty("path").GetString());
        var first = DateTime.ParseExact(label, "yyyy-MM", CultureInfo.InvariantCulture);
        var (from, to) = (Local(first), Local(first.AddMonths(1)));
        var expected = await shop.ExpectedAsync("38", from, to, -(int)from.Offset.TotalMinutes);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, WorkshopRows.ParquetAt(path));
    }

    [Fact]
    public async Task Hour_lands_in_a_folder_of_its_day_and_its_label_has_no_colon()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 4 });
        shop.WriteJobText("hourly", Hourly);
        var run = await shop.RunAsync("run", "hourly", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(2, run.Of("window").Count);
        foreach (var window in run.Of("window"))
        {
            var label = HourLabel().Match(window.GetProperty("window").GetString()!);
            Assert.True(label.Success, label.Value);
            var path = Path.Combine(shop.DataFolder, "parquet", "hourly", $"date={label.Groups["date"].Value}", $"hour={label.Groups["hour"].Value}{label.Groups["zone"].Value}", "data.parquet");
            Assert.Equal(path, window.GetProperty("targets")[0].GetProperty("path").GetString());
            await AssertHourAsync(shop, label, path);
        }
    }

    [Fact]
    public async Task Hour_that_comes_twice_is_two_windows_in_two_folders()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 400 });
        shop.WriteJobText("hourly", Hourly);
        var day = DateTime.ParseExact(Workshop.LatestDay(), "yyyy-MM-dd", CultureInfo.InvariantCulture);
        while (!s_newYork.IsAmbiguousTime(day.AddHours(1))) day = day.AddDays(-1);
        var date = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var run = await shop.RunAsync("backfill", "hourly", "--from", $"{date}T00-0400", "--to", $"{date}T02-0500", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(
            [$"{date}T00-0400", $"{date}T01-0400", $"{date}T01-0500", $"{date}T02-0500"],
            run.Of("window").Select(w => w.GetProperty("window").GetString()).Order(StringComparer.Ordinal));
        var folder = Path.Combine(shop.DataFolder, "parquet", "hourly", $"date={date}");
        foreach (var zone in new[] { "-0400", "-0500" })
            await AssertHourAsync(shop, HourLabel().Match($"{date}T01{zone}"), Path.Combine(folder, $"hour=01{zone}", "data.parquet"));
    }

    [SkippableFact]
    public async Task Job_with_two_sources_lands_each_where_its_items_say()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJobText("both", """
            job: both
            sources:
              plays: { report: 38, action: table }
              people: { report: 13, action: table }
              sums: { report: 38, action: total }
            window: { every: day, timezone: America/New_York, lookback: 1, settle: 2h }
            land:
              - { parquet: { dataset: both_plays }, from: plays }
              - { parquet: { dataset: both_people }, from: people }
              - { table: { connection: warehouse, name: both_sums }, from: sums }
            checks: { tolerance: 0% }
            """);
        var run = await shop.RunAsync("run", "both", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(["people", "plays", "sums"], run.Of("window").Select(w => w.GetProperty("source").GetString()).Order(StringComparer.Ordinal));
        Assert.Equal(3, run.Of("summary")[0].GetProperty("landed").GetInt32());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("both_plays", label));
        Assert.Equal((await shop.TruthAsync("13", label)).Length, WorkshopRows.Record(shop.ParquetFile("both_people", label)).Rows);
        // Plays of all entries are the plays of the day.
        var plays = WorkshopRows.Column(shop.ParquetFile("both_plays", label), "count_plays").Sum(c => double.Parse(c!, CultureInfo.InvariantCulture));
        Assert.Equal(plays, Assert.Single(shop.Query("SELECT count_plays FROM both_sums")).GetProperty("count_plays").GetDouble());

        var people = await shop.RunAsync("status", "both");
        Assert.Contains("people", people.Out, StringComparison.Ordinal);
        var plain = await shop.RunAsync("run", "both", "--from", label, "--force");
        Assert.Contains("both.people", plain.Out, StringComparison.Ordinal);
    }

    private const string Hourly = """
        job: hourly
        source: { report: 38, action: table }
        window: { every: hour, timezone: America/New_York, lookback: 2, settle: 1h }
        land:
          - parquet: { dataset: hourly }
        checks: { tolerance: 0% }
        """;

    private static async Task AssertHourAsync(Workshop shop, Match label, string path)
    {
        var from = DateTimeOffset.ParseExact($"{label.Groups["date"].Value} {label.Groups["hour"].Value} {label.Groups["zone"].Value.Insert(3, ":")}", "yyyy-MM-dd HH zzz", CultureInfo.InvariantCulture);
        var expected = await shop.ExpectedAsync("38", from, from.AddHours(1), -(int)from.Offset.TotalMinutes);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, WorkshopRows.ParquetAt(path));
    }

    private static DateTimeOffset Local(DateTime time) => new(time, s_newYork.GetUtcOffset(time));

    [GeneratedRegex(@"^(?<date>\d{4}-\d{2}-\d{2})T(?<hour>\d{2})(?<zone>[-+]\d{4})$")]
    private static partial Regex HourLabel();
}
