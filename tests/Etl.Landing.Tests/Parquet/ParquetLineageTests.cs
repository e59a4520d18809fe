using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.Local;
using Etl.Testing;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Parquet;

public sealed class ParquetLineageTests : IDisposable
{
    private static readonly ParquetLandSpec s_land = new() { Dataset = "content" };
    private readonly TempFolder _folder = new();
    private readonly FakeClock _clock = new(Keys.Noon.AddHours(1));

    public void Dispose() => _folder.Dispose();

    private ParquetTarget Target(bool severalAccounts = false) =>
        new(new LocalObjectStore(_folder.Path, TimeProvider.System, FolderLock.DefaultWait), s_land, severalAccounts, _ => { }, _clock);

    private async Task<LandingReceipt> LandAsync(string pull, long fence, string label = "2026-11-19", WindowUnit unit = WindowUnit.Day, string account = "101", bool severalAccounts = false)
    {
        var window = new WindowCalendar(unit == WindowUnit.Minute ? "UTC" : "America/New_York", unit).Parse(label);
        using var staged = new MemoryStagedPull(Keys.Key(label, account: account), Keys.Stamp(pull, fence, 3, "content of " + pull), Plays.Schema, [Plays.Batch(3)], severalAccounts);
        var order = new LandingOrder(staged.Key, window, staged.Stamp) { Record = Keys.Record(staged.Stamp, staged.Key) };
        return await Target(severalAccounts).LandAsync(order, staged, default);
    }

    private IReadOnlyList<string> Pulls(string part = "month=2026-11", params string[] columns) =>
        Lines.Of(_folder[$"etl_pulls/dataset=content/{part}/data.parquet"], columns.Length > 0 ? columns : ["window", "pull"]);

    private IReadOnlyList<string> Windows(string part = "month=2026-11", params string[] columns) =>
        Lines.Of(_folder[$"etl_windows/dataset=content/{part}/data.parquet"], columns.Length > 0 ? columns : ["window", "pull"]);

    [Fact]
    public async Task Landing_tells_its_pull_and_its_window()
    {
        await LandAsync("p1", 4);
        Assert.Equal(
            ["p1|nightly|main|101|2026-11-19|2026-11-19T05:00:00.000000Z|2026-11-20T05:00:00.000000Z|2026-11-20T12:00:00.000000Z|2026-11-20T12:01:00.000000Z|4|3|content of p1|def|3|"
                + """[{"name":"count_plays","type":"Int64"}]|{"version":1}|[{"name":"totals","verdict":"pass","detail":"12 = 12"}]"""],
            Pulls("month=2026-11", "pull", "job", "source", "account", "window", "from_utc", "to_utc", "started_at", "ended_at", "fence", "rows", "content_hash", "definition_hash", "quarantined", "schema", "proof", "checks"));
        Assert.Equal(
            ["nightly|main|101|2026-11-19|2026-11-19T05:00:00.000000Z|2026-11-20T05:00:00.000000Z|content|p1|4|3|content of p1|2026-11-20T13:00:00.000000Z"],
            Windows("month=2026-11", "job", "source", "account", "window", "from_utc", "to_utc", "dataset", "pull", "fence", "rows", "content_hash", "landed_at"));
    }

    [Fact]
    public async Task Pulls_accumulate_and_windows_show_the_newest()
    {
        await LandAsync("p2", 2, "2026-11-19");
        await LandAsync("p1", 1, "2026-11-18");
        await LandAsync("p3", 3, "2026-11-18");
        await LandAsync("x1", 1, "2026-10-31");
        Assert.Equal(["2026-11-18|p1", "2026-11-18|p3", "2026-11-19|p2"], Pulls());
        Assert.Equal(["2026-11-18|p3", "2026-11-19|p2"], Windows());
        Assert.Equal(["2026-10-31|x1"], Windows("month=2026-10"));
    }

    [Fact]
    public async Task Superseded_landing_leaves_no_trace()
    {
        await LandAsync("newer", 5);
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("older", 4)).Outcome);
        Assert.Equal(["2026-11-19|newer"], Pulls());
        Assert.Equal(["2026-11-19|newer"], Windows());
    }

    [Fact]
    public async Task Landing_that_finds_its_pull_published_makes_good_what_is_missing_and_leaves_what_is_there()
    {
        await LandAsync("p1", 1);
        _clock.Advance(TimeSpan.FromHours(2));
        var before = Windows("month=2026-11", "landed_at");
        Directory.Delete(_folder["etl_pulls"], recursive: true);
        Assert.Equal(LandingOutcome.AlreadyLanded, (await LandAsync("p1", 1)).Outcome);
        Assert.Equal(["2026-11-19|p1"], Pulls());
        Assert.Equal(before, Windows("month=2026-11", "landed_at"));
    }

    [Fact]
    public async Task Landing_without_a_record_writes_no_lineage()
    {
        using var staged = new MemoryStagedPull(Keys.Key(), Keys.Stamp("p", 1, 3), Plays.Schema, [Plays.Batch(3)]);
        await Target().LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
        Assert.False(Directory.Exists(_folder["etl_pulls"]));
    }

    [Theory]
    [InlineData(WindowUnit.Month, "2026-11", false, "month=2026-11")]
    [InlineData(WindowUnit.Day, "2026-11-19", true, "account=101/month=2026-11")]
    [InlineData(WindowUnit.Hour, "2026-11-01T01-0400", false, "date=2026-11-01")]
    [InlineData(WindowUnit.Minute, "2026-11-19T14-05m", true, "account=101/date=2026-11-19")]
    public async Task Lineage_lies_by_account_and_by_month_or_date(WindowUnit unit, string label, bool severalAccounts, string part)
    {
        await LandAsync("p1", 1, label, unit, severalAccounts: severalAccounts);
        Assert.Equal([$"{label}|p1"], Pulls(part));
        Assert.Equal([$"{label}|p1"], Windows(part));
    }

    [Fact]
    public async Task Windows_of_a_month_that_land_at_once_all_have_their_rows()
    {
        var labels = Enumerable.Range(1, 30).Select(d => $"2026-11-{d:00}").ToList();
        await Task.WhenAll(labels.Select((label, i) => Task.Run(() => LandAsync($"p{i:00}", 1, label))));
        Assert.Equal(labels, Windows("month=2026-11", "window"));
        Assert.Equal(labels, Pulls("month=2026-11", "window"));
    }

    [Fact]
    public async Task Data_files_are_the_same_with_and_without_lineage()
    {
        await LandAsync("p1", 1);
        var path = Target().Locate(Keys.Key(), Keys.Day());
        var with = await File.ReadAllBytesAsync(path);
        File.Delete(path);
        using var staged = new MemoryStagedPull(Keys.Key(), Keys.Stamp("p1", 1, 3, "content of p1"), Plays.Schema, [Plays.Batch(3)]);
        await Target().LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
        Assert.Equal(with, await File.ReadAllBytesAsync(path));
    }
}
