using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores;
using Etl.Landing.Tests.Crash;
using Etl.Landing.Tests.Parquet.Places;
using Etl.Testing;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Parquet;

/// <summary><c>etl_pulls</c> and <c>etl_windows</c> beside the datasets of a store.</summary>
public abstract class ParquetLineageTests : IAsyncLifetime
{
    private static readonly ParquetLandSpec s_land = new() { Dataset = "content" };
    private readonly FakeClock _clock = new(Keys.Noon.AddHours(1));
    private ParquetPlace? _place;

    private ParquetPlace Place => _place!;

    public async Task InitializeAsync() => _place = await OpenAsync();

    public async Task DisposeAsync()
    {
        if (_place is not null) await _place.DisposeAsync();
    }

    private protected abstract Task<ParquetPlace> OpenAsync();

    private ParquetTarget Target(bool severalAccounts = false, IObjectStore? store = null) => new(store ?? Place.Store, s_land, severalAccounts, _ => { }, _clock);

    private async Task<LandingReceipt> LandAsync(string pull, long fence, string label = "2026-11-19", WindowUnit unit = WindowUnit.Day, string account = "101", bool severalAccounts = false, IObjectStore? store = null)
    {
        var window = new WindowCalendar(unit == WindowUnit.Minute ? "UTC" : "America/New_York", unit).Parse(label);
        using var staged = new MemoryStagedPull(Keys.Key(label, account: account), Keys.Stamp(pull, fence, 3, "content of " + pull), Plays.Schema, [Plays.Batch(3)], severalAccounts);
        var order = new LandingOrder(staged.Key, window, staged.Stamp) { Record = Keys.Record(staged.Stamp, staged.Key) };
        return await Target(severalAccounts, store).LandAsync(order, staged, default);
    }

    private static string PullsOf(string part) => $"etl_pulls/dataset=content/{part}/data.parquet";

    private Task<IReadOnlyList<string>> PullsAsync(string part = "month=2026-11", params string[] columns) =>
        Place.LinesAsync(PullsOf(part), columns.Length > 0 ? columns : ["window", "pull"]);

    private Task<IReadOnlyList<string>> WindowsAsync(string part = "month=2026-11", params string[] columns) =>
        Place.LinesAsync($"etl_windows/dataset=content/{part}/data.parquet", columns.Length > 0 ? columns : ["window", "pull"]);

    [SkippableFact]
    public async Task Landing_tells_its_pull_and_its_window()
    {
        await LandAsync("p1", 4);
        Assert.Equal(
            ["p1|nightly|main|101|2026-11-19|2026-11-19T05:00:00.000000Z|2026-11-20T05:00:00.000000Z|2026-11-20T12:00:00.000000Z|2026-11-20T12:01:00.000000Z|4|3|content of p1|def|3|"
                + """[{"name":"count_plays","type":"Int64"}]|{"version":1}|[{"name":"totals","verdict":"pass","detail":"12 = 12"}]"""],
            await PullsAsync("month=2026-11", "pull", "job", "source", "account", "window", "from_utc", "to_utc", "started_at", "ended_at", "fence", "rows", "content_hash", "definition_hash", "quarantined", "schema", "proof", "checks"));
        Assert.Equal(
            ["nightly|main|101|2026-11-19|2026-11-19T05:00:00.000000Z|2026-11-20T05:00:00.000000Z|content|p1|4|3|content of p1|2026-11-20T13:00:00.000000Z"],
            await WindowsAsync("month=2026-11", "job", "source", "account", "window", "from_utc", "to_utc", "dataset", "pull", "fence", "rows", "content_hash", "landed_at"));
    }

    [SkippableFact]
    public async Task Pulls_accumulate_and_windows_show_the_newest()
    {
        await LandAsync("p2", 2, "2026-11-19");
        await LandAsync("p1", 1, "2026-11-18");
        await LandAsync("p3", 3, "2026-11-18");
        await LandAsync("x1", 1, "2026-10-31");
        Assert.Equal(["2026-11-18|p1", "2026-11-18|p3", "2026-11-19|p2"], await PullsAsync());
        Assert.Equal(["2026-11-18|p3", "2026-11-19|p2"], await WindowsAsync());
        Assert.Equal(["2026-10-31|x1"], await WindowsAsync("month=2026-10"));
    }

    [SkippableFact]
    public async Task Superseded_landing_leaves_no_trace()
    {
        await LandAsync("newer", 5);
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("older", 4)).Outcome);
        Assert.Equal(["2026-11-19|newer"], await PullsAsync());
        Assert.Equal(["2026-11-19|newer"], await WindowsAsync());
    }

    [SkippableFact]
    public async Task Landing_that_finds_its_pull_published_makes_good_what_is_missing_and_leaves_what_is_there()
    {
        await LandAsync("p1", 1);
        _clock.Advance(TimeSpan.FromHours(2));
        var before = await WindowsAsync("month=2026-11", "landed_at");
        await Place.DeleteAsync(PullsOf("month=2026-11"));
        Assert.Equal(LandingOutcome.AlreadyLanded, (await LandAsync("p1", 1)).Outcome);
        Assert.Equal(["2026-11-19|p1"], await PullsAsync());
        Assert.Equal(before, await WindowsAsync("month=2026-11", "landed_at"));
    }

    [SkippableFact]
    public async Task Landing_without_a_record_writes_no_lineage()
    {
        using var staged = new MemoryStagedPull(Keys.Key(), Keys.Stamp("p", 1, 3), Plays.Schema, [Plays.Batch(3)]);
        await Target().LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
        Assert.DoesNotContain(await Place.NamesAsync(), n => n.StartsWith("etl_", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(WindowUnit.Month, "2026-11", false, "month=2026-11")]
    [InlineData(WindowUnit.Day, "2026-11-19", true, "account=101/month=2026-11")]
    [InlineData(WindowUnit.Hour, "2026-11-01T01-0400", false, "date=2026-11-01")]
    [InlineData(WindowUnit.Minute, "2026-11-19T14-05m", true, "account=101/date=2026-11-19")]
    public async Task Lineage_lies_by_account_and_by_month_or_date(WindowUnit unit, string label, bool severalAccounts, string part)
    {
        await LandAsync("p1", 1, label, unit, severalAccounts: severalAccounts);
        Assert.Equal([$"{label}|p1"], await PullsAsync(part));
        Assert.Equal([$"{label}|p1"], await WindowsAsync(part));
    }

    [SkippableFact]
    public async Task Windows_of_a_month_that_land_at_once_all_have_their_rows()
    {
        var labels = Enumerable.Range(1, 30).Select(d => $"2026-11-{d:00}").ToList();
        await Task.WhenAll(labels.Select((label, i) => Task.Run(() => LandAsync($"p{i:00}", 1, label))));
        Assert.Equal(labels, await WindowsAsync("month=2026-11", "window"));
        Assert.Equal(labels, await PullsAsync("month=2026-11", "window"));
    }

    /// <summary>As workers on several machines: they queue by nothing, and only the version that each of them looked at keeps their rows apart.</summary>
    [SkippableFact]
    public async Task Windows_of_a_month_that_six_workers_land_at_once_all_have_their_rows()
    {
        var labels = Enumerable.Range(1, 24).Select(d => $"2026-11-{d:00}").ToList();
        using var meeting = new Barrier(6);
        var workers = Enumerable.Range(1, 6).Select(w => new ApartStore(Place.Store, $"worker {w}: ", "etl_", meeting)).ToList();
        await Task.WhenAll(labels.Select((label, i) => Task.Run(() => LandAsync($"p{i:00}", 1, label, store: workers[i % workers.Count]))));
        Assert.Equal(labels, await WindowsAsync("month=2026-11", "window"));
        Assert.Equal(labels, await PullsAsync("month=2026-11", "window"));
        await Place.IsCleanAsync();
        Assert.InRange(workers.Sum(w => w.Conflicts), 1, int.MaxValue);
    }

    [SkippableFact]
    public async Task Windows_of_a_month_that_two_processes_land_at_once_all_have_their_rows()
    {
        var labels = Enumerable.Range(1, 30).Select(d => $"2026-11-{d:00}").ToList();
        var processes = Enumerable.Range(0, 2).Select(p => Child.Start(Place.Settings, ["days", Place.Data, Place.Kind, .. labels.Where((_, i) => i % 2 == p)])).ToList();
        // Each has staged its pulls when it says so.
        foreach (var process in processes) Assert.Equal("staged", await process.StandardOutput.ReadLineAsync());
        foreach (var process in processes) process.StandardInput.Close();
        foreach (var process in processes)
        {
            using (process)
            {
                var (exit, output) = await Child.FinishAsync(process);
                Assert.True(exit == 0, output);
            }
        }
        foreach (var table in (string[])["etl_windows", "etl_pulls"])
            Assert.Equal(labels.Select(l => $"{l}|of-{l}"), await Place.LinesAsync($"{table}/dataset=plays/month=2026-11/data.parquet", "window", "pull"));
        await Place.IsCleanAsync();
    }

    [SkippableFact]
    public async Task Data_files_are_the_same_with_and_without_lineage()
    {
        await LandAsync("p1", 1);
        var with = await Place.ReadAsync("content/date=2026-11-19/data.parquet");
        await Place.DeleteAsync("content/date=2026-11-19/data.parquet");
        using var staged = new MemoryStagedPull(Keys.Key(), Keys.Stamp("p1", 1, 3, "content of p1"), Plays.Schema, [Plays.Batch(3)]);
        await Target().LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
        Assert.Equal(with, await Place.ReadAsync("content/date=2026-11-19/data.parquet"));
    }
}

/// <summary>On a local disk.</summary>
public sealed class LocalParquetLineageTests : ParquetLineageTests
{
    private protected override Task<ParquetPlace> OpenAsync() => Task.FromResult<ParquetPlace>(new LocalPlace());
}

/// <summary>On a real Azurite.</summary>
public sealed class BlobParquetLineageTests : ParquetLineageTests
{
    private protected override Task<ParquetPlace> OpenAsync() => BlobPlace.OpenAsync();
}
