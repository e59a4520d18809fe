using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>
/// Append on every database: to a reader of <c>&lt;name&gt;_current</c> the table is one that is replaced window by window, so the whole
/// contract of targets holds there; behind the view every pull's rows stay.
/// </summary>
public abstract class AppendContract : TargetContract, IAsyncLifetime
{
    private const string Table = "content_all", View = "content_all_current";

    private static readonly TableLandSpec s_land = new() { Table = Table, Key = ["_window", "object_id"], Mode = LandMode.Append };

    private SqlBench? _bench;

    protected SqlBench Bench => _bench!;

    protected override string Stored(string line) => Bench.Stored(line);

    protected override bool WindowsShareOneShape => true;

    /// <summary>20, or 200 on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).</summary>
    protected override int RaceRounds => Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? 200 : 20;

    protected abstract Task<SqlBench> OpenBenchAsync();

    public async Task InitializeAsync() => _bench = await OpenBenchAsync();

    public async Task DisposeAsync()
    {
        if (_bench is not null) await _bench.DisposeAsync();
    }

    protected override ITarget Create(bool severalAccounts = false) => Bench.Target(s_land);

    protected override IReadOnlyList<string> Rows(WindowKey key, TableSchema landed) => Bench.Lines(View, landed, $"_window = '{key.Label}'");

    protected override IReadOnlyList<string> Leftovers() => [.. Bench.Names().Except(["etl_landing", Table, View])];

    protected override bool LeaveLitter(WindowKey key, Window window) => false;

    [SkippableFact]
    public async Task Every_pull_stays_and_the_view_shows_the_newest_of_each_window()
    {
        using var first = Pull(1, Plays.Batch(3));
        using var second = Pull(2, Plays.Batch(5, plays: 100));
        using var other = Pull(1, Plays.Batch(2), "2026-11-18");
        foreach (var pull in (IStagedPull[])[first, second, other]) await LandAsync(Create(), pull);
        Assert.Equal("10", Bench.Ask($"SELECT count(*) FROM {Table}"));
        await ShowsAsync(second);
        await ShowsAsync(other);
        Assert.Equal(Expected(first), Bench.Lines(Table, first.Schema, $"_pull = '{first.Stamp.Pull}'"));
    }

    [SkippableFact]
    public async Task Same_pull_never_lands_twice_also_when_its_record_is_gone()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), pull);
        await LandAsync(Create(), pull);
        Bench.Execute("DELETE FROM etl_landing");
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), pull)).Outcome);
        Assert.Equal("4", Bench.Ask($"SELECT count(*) FROM {Table}"));
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task View_shows_a_column_that_came_later_and_one_that_grew()
    {
        using var old = Pull(1, Plays.Batch(2), "2026-11-18");
        using var wide = Pull(1, Plays.WiderBatch(2, "new"));
        await LandAsync(Create(), old);
        await LandAsync(Create(), wide);
        await ShowsAsync(wide);
        var schema = new TableSchema([new Column("object_id", ColumnType.Text), new Column("count_plays", ColumnType.Double)]);
        var rows = new RowBatch(schema);
        AllTypes.Text(rows, 0, "1_half");
        AllTypes.Fixed<double>(rows, 1, 0.5);
        using var grown = Pull(2, rows);
        await LandAsync(Create(), grown);
        await ShowsAsync(grown);
    }

    [SkippableFact]
    public async Task Table_under_the_name_of_the_view_is_refused()
    {
        Bench.Execute($"CREATE TABLE {View} (id INTEGER)");
        using var pull = Pull(1, Plays.Batch(1));
        Assert.Equal("not-a-view", (await Assert.ThrowsAsync<Core.Errors.EtlException>(() => LandAsync(Create(), pull))).Code);
        Assert.Equal("0", Bench.Ask($"SELECT count(*) FROM {View}"));
    }

    [SkippableFact]
    public async Task Published_rows_are_those_of_the_newest_pull()
    {
        using var first = Pull(1, Plays.Batch(3));
        using var second = Pull(2, Plays.Batch(5, plays: 100));
        await LandAsync(Create(), first);
        await LandAsync(Create(), second);
        using var rows = await Create().OpenPublishedAsync(second.Key, Keys.Day(), None);
        Assert.Equal(Expected(second), RowText.Lines(rows!.Read()));
    }
}
