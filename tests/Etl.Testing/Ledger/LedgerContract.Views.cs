using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Rows;

namespace Etl.Testing.Ledger;

public abstract partial class LedgerContract
{
    private ILedgerViews Views => (ILedgerViews)Ledger;

    [SkippableFact]
    public async Task Views_of_a_ledger_without_windows_are_empty()
    {
        Assert.Empty(await Views.TalliesAsync(None));
        Assert.Empty(await Views.ListAsync(new WindowQuery("nightly"), 0, 10, None));
        Assert.Equal(0, await Views.CountAsync(new WindowQuery("nightly"), None));
        Assert.Empty(await Views.LatestPullsAsync("nightly", 10, None));
        Assert.Empty(await Views.LatestRestatementsAsync("nightly", 10, None));
    }

    [SkippableFact]
    public async Task Tallies_count_windows_by_state_and_say_how_far_they_are_published()
    {
        await LandAsync(Keys.Key("2026-11-17"), "p1", rows: 5);
        await LandAsync(Keys.Key("2026-11-19"), "p2", rows: 7);
        await LandAsync(Keys.Key("2026-11-18", account: "102"), "p3", rows: 2);
        await SettleAsync(await LeaseAsync("2026-11-20"), WindowState.Failed, reason: "no");
        await LandAsync(Keys.Key("2026-11-16", job: "other"), "p4", rows: 1);
        // A landed window that is pulled again publishes what it did.
        await LeaseAsync("2026-11-17");
        Assert.Equal(
            [
                new WindowTally(new JobKey("nightly", "main", "101"), WindowState.Failed, 1, 0, null),
                new WindowTally(new JobKey("nightly", "main", "101"), WindowState.Landed, 1, 7, Keys.Day("2026-11-19").To),
                new WindowTally(new JobKey("nightly", "main", "101"), WindowState.Leased, 1, 5, Keys.Day("2026-11-17").To),
                new WindowTally(new JobKey("nightly", "main", "102"), WindowState.Landed, 1, 2, Keys.Day("2026-11-18").To),
                new WindowTally(new JobKey("other", "main", "101"), WindowState.Landed, 1, 1, Keys.Day("2026-11-16").To),
            ],
            await Views.TalliesAsync(None));
    }

    [SkippableFact]
    public async Task Windows_are_listed_newest_first_by_page_state_range_and_label()
    {
        foreach (var label in new[] { "2026-11-17", "2026-11-20", "2026-11-18" }) await LandAsync(Keys.Key(label), "p-" + label);
        await LandAsync(Keys.Key("2026-11-18", source: "people"), "p2");
        await SettleAsync(await LeaseAsync("2026-11-19"), WindowState.Failed, reason: "no");
        await LandAsync(Keys.Key("2026-11-21", job: "other"), "p3");
        var all = new WindowQuery("nightly");
        Assert.Equal(["main 2026-11-20", "main 2026-11-19", "main 2026-11-18", "people 2026-11-18", "main 2026-11-17"], await NamesAsync(all));
        Assert.Equal(["main 2026-11-18", "people 2026-11-18"], await NamesAsync(all, skip: 2, take: 2));
        Assert.Equal(["main 2026-11-19"], await NamesAsync(all with { States = [WindowState.Failed, WindowState.Held] }));
        Assert.Equal(["main 2026-11-19", "main 2026-11-18", "people 2026-11-18"], await NamesAsync(all with { From = Keys.Day("2026-11-18").From, Before = Keys.Day("2026-11-19").To }));
        Assert.Equal(["main 2026-11-18", "people 2026-11-18"], await NamesAsync(all with { Label = "2026-11-18" }));
        Assert.Equal(["main 2026-11-21"], await NamesAsync(new WindowQuery("other")));
        Assert.Equal((5, 1, 2), (
            await Views.CountAsync(all, None), await Views.CountAsync(all with { States = [WindowState.Failed] }, None), await Views.CountAsync(all with { Label = "2026-11-18" }, None)));
        var failed = (await Views.ListAsync(all with { States = [WindowState.Failed] }, 0, 1, None)).Single();
        Assert.Equal(await Ledger.FindWindowAsync(failed.Key, None), failed);

        async Task<IEnumerable<string>> NamesAsync(WindowQuery query, int skip = 0, int take = 100) =>
            (await Views.ListAsync(query, skip, take, None)).Select(w => $"{w.Key.Source} {w.Key.Label}");
    }

    [SkippableFact]
    public async Task Latest_pulls_and_restatements_of_a_job_come_latest_first()
    {
        await LandAsync(Keys.Key("2026-11-19"), "p1", rows: 5);
        await LandAsync(Keys.Key("2026-11-17"), "p2", rows: 7, restated: new RestatedRows(1, 2, 3));
        await LandAsync(Keys.Key("2026-11-19"), "p3", rows: 6, restated: new RestatedRows(1, 0, 0));
        await LandAsync(Keys.Key("2026-11-19", job: "other"), "p4", restated: new RestatedRows(9, 9, 9));
        var pulls = await Views.LatestPullsAsync("nightly", 2, None);
        Assert.Equal([new PullSummary(Keys.Key("2026-11-19"), "p3", Keys.Noon, Keys.Noon.AddMinutes(1), 6, 3), new PullSummary(Keys.Key("2026-11-17"), "p2", Keys.Noon, Keys.Noon.AddMinutes(1), 7, 3)], pulls);
        Assert.Equal(TimeSpan.FromMinutes(1), pulls[0].Elapsed);
        var restated = await Views.LatestRestatementsAsync("nightly", 10, None);
        Assert.Equal([("p3", 1L), ("p2", 6L)], restated.Select(r => (r.Pull, r.Restated!.Total)));
        Assert.Equal("p3", (await Views.LatestRestatementsAsync("nightly", 1, None)).Single().Pull);
    }

    private async Task LandAsync(WindowKey key, string pull, long rows = 1, RestatedRows? restated = null)
    {
        var lease = (await Ledger.TryLeaseAsync(key, Keys.Day(key.Label), "a", Lifetime, 0, None))!;
        var stamp = Keys.Stamp(pull, lease.Fence, rows);
        await Ledger.AddPullAsync(lease, Keys.Record(stamp, key), None);
        await Ledger.AddLandingAsync(lease, new LandingRecord(pull, key, "parquet", "there", lease.Fence, rows, null, LandingOutcome.Landed, Keys.Noon) { Restated = restated }, None);
        await SettleAsync(lease, WindowState.Landed, stamp, settled: 1);
    }
}
