using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Planning;

public class DuePlannerTests
{
    private static readonly TimeSpan s_night = TimeSpan.FromDays(1);

    [Fact]
    public async Task New_job_owes_its_lookback_of_closed_windows()
    {
        await using var bench = await Bench.OpenAsync();
        Assert.Equal(["2026-11-17", "2026-11-18", "2026-11-19"], await bench.DueAsync());
    }

    [Fact]
    public async Task Window_is_not_closed_before_its_settle_time_has_passed()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Window = bench.Job.Window with { Settle = TimeSpan.FromHours(13) } };
        Assert.Equal(["2026-11-16", "2026-11-17", "2026-11-18"], await bench.DueAsync());
    }

    [Fact]
    public async Task Run_right_after_a_run_finds_nothing()
    {
        await using var bench = await Bench.OpenAsync();
        Assert.All(await bench.RunAsync(), o => Assert.Equal(WindowState.Landed, o.State));
        Assert.Empty(await bench.DueAsync());
    }

    [Fact]
    public async Task Next_night_owes_the_new_window_and_the_lookback()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Clock.Advance(s_night);
        // 17 had three windows closed at its only pull: all owed pulls are settled.
        Assert.Equal(["2026-11-18", "2026-11-19", "2026-11-20"], await bench.DueAsync());
    }

    [Fact]
    public async Task Three_missed_nights_owe_three_windows_and_one_more_pull_of_each_window_whose_lookback_the_outage_swallowed()
    {
        await using var bench = await Bench.OpenAsync();
        for (var night = 0; night < 5; night++)
        {
            await bench.RunAsync();
            bench.Clock.Advance(s_night);
        }
        // The last run was on the 24th for windows up to the 23rd; now the nights of 25, 26 and 27 are missed.
        bench.Clock.Advance(2 * s_night);
        Assert.Equal(["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26"], await bench.DueAsync());
        bench.Source.Pulled.Clear();
        await bench.RunAsync();
        Assert.Equal(bench.Source.Pulled.Distinct(), bench.Source.Pulled);
        Assert.Empty(await bench.DueAsync());
    }

    [Fact]
    public async Task Every_window_gets_a_pull_after_its_lookback_whatever_nights_are_missed()
    {
        // For any pattern of missed nights: once a run has happened after a window's lookback, nothing is owed for it,
        // its last pull came when at least that many windows had closed, and it was never pulled more often than owed.
        var random = new Random(20261121);
        for (var round = 0; round < 8; round++)
        {
            await using var bench = await Bench.OpenAsync();
            var pulls = new Dictionary<string, List<int>>();
            var pattern = Enumerable.Range(0, 14).Select(n => n == 0 || n == 13 || random.Next(3) > 0).ToArray();
            for (var night = 0; night < pattern.Length; night++)
            {
                if (pattern[night])
                {
                    bench.Source.Pulled.Clear();
                    await bench.RunAsync();
                    foreach (var label in bench.Source.Pulled) (pulls.TryGetValue(label, out var l) ? l : pulls[label] = []).Add(night);
                    Assert.Empty(await bench.DueAsync());
                }
                bench.Clock.Advance(s_night);
            }
            Assert.Equal(3 + 13, pulls.Count);
            foreach (var (label, nights) in pulls)
            {
                var closedOn = DateOnly.Parse(label, System.Globalization.CultureInfo.InvariantCulture).DayNumber - new DateOnly(2026, 11, 19).DayNumber;
                Assert.InRange(nights.Count, 1, 3);
                if (closedOn + 2 <= 13) Assert.True(nights[^1] >= closedOn + 2 || closedOn < 0, $"{label} was last pulled in night {nights[^1]}, pattern {string.Join("", pattern.Select(p => p ? 1 : 0))}");
            }
        }
    }

    [Fact]
    public async Task Held_window_stays_due()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == "2026-11-18" ? 1 : 0;
        await bench.RunAsync();
        Assert.Equal(["2026-11-18"], await bench.DueAsync());
    }

    [Fact]
    public async Task Named_window_that_is_landed_is_pulled_only_by_force()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        var named = new PlanOptions { From = "2026-11-18", To = "2026-11-19" };
        var plan = await bench.PlanAsync(named);
        Assert.Empty(plan.Due);
        Assert.Equal(2, plan.Skipped.Count);
        Assert.Equal(["2026-11-18", "2026-11-19"], (await bench.PlanAsync(named with { Force = true })).Due.Select(d => d.Key.Label));
    }

    [Fact]
    public async Task Backfilled_windows_before_the_job_began_do_not_make_the_gap_due()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        await bench.RunAsync(new PlanOptions { From = "2026-10-01", To = "2026-10-03" });
        Assert.Empty(await bench.DueAsync());
        Assert.Equal(WindowState.Landed, (await bench.WindowAsync("2026-10-02")).State);
    }

    [Fact]
    public async Task Backfilled_window_that_failed_stays_due()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Source.Halfway = (r, _) => r.Window.Label == "2026-10-02" ? throw new EtlException(FaultKind.Window, "no") : Task.CompletedTask;
        await bench.RunAsync(new PlanOptions { From = "2026-10-01", To = "2026-10-03" });
        Assert.Equal(["2026-10-02"], await bench.DueAsync());
    }

    [Theory]
    [InlineData("2026-11-20", "2026-11-20", "is not closed")]
    [InlineData("2026-11-19", "2026-11-18", "is later than")]
    [InlineData("yesterday", null, "is not a window label")]
    public async Task Impossible_range_is_a_usage_fault(string from, string? to, string words)
    {
        await using var bench = await Bench.OpenAsync();
        var fault = await Assert.ThrowsAsync<EtlException>(() => bench.PlanAsync(new PlanOptions { From = from, To = to }));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changed_definition_shows_as_stale_and_is_not_due()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Job = bench.Job with
        {
            Sources = [bench.Job.Sources[0] with { Filter = new Dictionary<string, FilterValue> { ["countryIn"] = new(["France"], IsList: true) } }],
        };
        var plan = await bench.PlanAsync();
        Assert.Empty(plan.Due);
        Assert.Equal(3, plan.StaleDefinitions.Count);
    }
}
