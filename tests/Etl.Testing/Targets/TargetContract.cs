using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets;

/// <summary>What every target must do. An implementation inherits this and says how it is made and how its rows are read.</summary>
public abstract partial class TargetContract
{
    protected static readonly CancellationToken None = CancellationToken.None;

    private int _pulls;

    /// <summary>Makes the test's target; each call makes another object over the same place, as another process would.</summary>
    protected abstract ITarget Create(bool severalAccounts = false);

    /// <summary>
    /// The published rows of a window as <see cref="RowText"/> lines in order, read past the target; empty when there are none.
    /// One call is one reader's query.
    /// </summary>
    protected abstract IReadOnlyList<string> Rows(WindowKey key, TableSchema landed);

    /// <summary>What lies about that no reader should ever meet: temporary files, staging tables.</summary>
    protected abstract IReadOnlyList<string> Leftovers();

    /// <summary>Puts there what a dead landing of this window would leave; false when the target leaves nothing.</summary>
    protected abstract bool LeaveLitter(WindowKey key, Window window);

    /// <summary>True when the store has no way to say "not a number".</summary>
    protected virtual bool NaNBecomesNull => false;

    /// <summary>True when a table of one shape holds all windows, so that older windows gain a new column as null.</summary>
    protected virtual bool WindowsShareOneShape => false;

    protected virtual IStagedPull Stage(WindowKey key, PullStamp stamp, TableSchema report, IReadOnlyList<RowBatch> rows, bool withAccount) =>
        new MemoryStagedPull(key, stamp, report, rows, withAccount);

    /// <summary>A pull of one batch under a fence; ids and hashes are made up.</summary>
    protected IStagedPull Pull(long fence, RowBatch rows, string label = "2026-11-19", string account = "101", bool withAccount = false)
    {
        var id = $"p{Interlocked.Increment(ref _pulls):0000}";
        var stamp = Keys.Stamp(id, fence, rows.RowCount, "hash-of-" + id);
        return Stage(Keys.Key(label, account: account), stamp, rows.Schema, rows.RowCount == 0 ? [] : [rows], withAccount);
    }

    protected static Task<LandingReceipt> LandAsync(ITarget target, IStagedPull pull) =>
        target.LandAsync(new LandingOrder(pull.Key, Keys.Day(pull.Key.Label), pull.Stamp), pull, None);

    protected IReadOnlyList<string> Expected(IStagedPull pull)
    {
        var lines = RowText.Lines(pull.Read());
        return NaNBecomesNull ? [.. lines.Select(l => l.Replace("=NaN", "=" + RowText.Null, StringComparison.Ordinal)).Order(StringComparer.Ordinal)] : lines;
    }

    /// <summary>The target publishes exactly this pull for its window, says so, and nothing else lies about.</summary>
    protected async Task ShowsAsync(IStagedPull pull)
    {
        Assert.Equal(Expected(pull), Rows(pull.Key, pull.Schema));
        var found = await Create().FindAsync(pull.Key, Keys.Day(pull.Key.Label), None);
        Assert.Equal(new PublishedPull(pull.Stamp.Pull, pull.Stamp.Fence, pull.Stamp.Rows, pull.Stamp.ContentHash), found);
        Assert.Empty(Leftovers());
    }

    [SkippableFact]
    public async Task Window_that_never_landed_is_not_found()
    {
        var target = Create();
        Assert.Null(await target.FindAsync(Keys.Key(), Keys.Day(), None));
        await target.SweepAsync(Keys.Key(), Keys.Day(), None);
        using var pull = Pull(1, Plays.Batch(1), "2026-11-20");
        await LandAsync(target, pull);
        Assert.Null(await target.FindAsync(Keys.Key(), Keys.Day(), None));
    }

    [SkippableFact]
    public async Task Every_type_with_extremes_and_nulls_lands_as_it_is()
    {
        using var pull = Pull(1, AllTypes.Batch());
        var receipt = await LandAsync(Create(), pull);
        Assert.Equal((LandingOutcome.Landed, 9L), (receipt.Outcome, receipt.Rows));
        Assert.Equal(Create().Locate(pull.Key, Keys.Day()), receipt.Location);
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task Landing_again_replaces_the_window_and_leaves_others_alone()
    {
        var target = Create();
        using var before = Pull(1, Plays.Batch(5), "2026-11-18");
        using var first = Pull(1, Plays.Batch(5));
        using var after = Pull(1, Plays.Batch(5), "2026-11-20");
        using var second = Pull(2, Plays.Batch(7, plays: 100));
        foreach (var pull in (IStagedPull[])[before, first, after, second])
            Assert.Equal(LandingOutcome.Landed, (await LandAsync(target, pull)).Outcome);
        await ShowsAsync(before);
        await ShowsAsync(second);
        await ShowsAsync(after);
    }

    [SkippableFact]
    public async Task Shrunken_pull_leaves_no_old_row()
    {
        using var large = Pull(1, Plays.Batch(3_000));
        using var small = Pull(2, Plays.Batch(2));
        await LandAsync(Create(), large);
        await ShowsAsync(large);
        await LandAsync(Create(), small);
        await ShowsAsync(small);
    }

    [SkippableFact]
    public async Task Empty_pull_lands_as_an_empty_window()
    {
        using var first = Pull(1, Plays.Batch(0));
        await LandAsync(Create(), first);
        await ShowsAsync(first);
        using var rows = Pull(2, Plays.Batch(3));
        await LandAsync(Create(), rows);
        using var empty = Pull(3, Plays.Batch(0));
        Assert.Equal(0, (await LandAsync(Create(), empty)).Rows);
        await ShowsAsync(empty);
    }

    [SkippableFact]
    public async Task Same_pull_twice_changes_nothing()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), pull);
        var again = await LandAsync(Create(), pull);
        Assert.Equal((LandingOutcome.AlreadyLanded, 4L), (again.Outcome, again.Rows));
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task Older_fence_is_refused_and_changes_nothing()
    {
        using var older = Pull(6, Plays.Batch(9));
        using var newer = Pull(7, Plays.Batch(4));
        await LandAsync(Create(), newer);
        var receipt = await LandAsync(Create(), older);
        Assert.Equal((LandingOutcome.Superseded, 4L), (receipt.Outcome, receipt.Rows));
        await ShowsAsync(newer);
    }

    [SkippableFact]
    public async Task Pull_with_a_new_column_lands_and_old_windows_keep_their_rows()
    {
        using var old = Pull(1, Plays.Batch(3), "2026-11-18");
        using var wide = Pull(1, Plays.WiderBatch(3, "new"));
        using var narrow = Pull(2, Plays.Batch(2), "2026-11-18");
        await LandAsync(Create(), old);
        await LandAsync(Create(), wide);
        await ShowsAsync(wide);
        await ShowsAsync(old);
        if (WindowsShareOneShape)
            Assert.All(Rows(old.Key, wide.Schema), line => Assert.EndsWith("|new_column=" + RowText.Null, line, StringComparison.Ordinal));
        await LandAsync(Create(), narrow);
        await ShowsAsync(narrow);
        await ShowsAsync(wide);
    }

    [SkippableFact]
    public async Task Accounts_have_windows_of_their_own()
    {
        var target = Create(severalAccounts: true);
        using var a = Pull(1, Plays.Batch(3), account: "101", withAccount: true);
        using var b = Pull(1, Plays.Batch(5), account: "102", withAccount: true);
        using var again = Pull(2, Plays.Batch(4), account: "101", withAccount: true);
        await LandAsync(target, a);
        await LandAsync(target, b);
        await LandAsync(target, again);
        Assert.Equal(Expected(again), Rows(again.Key, again.Schema).Where(l => l.Contains("_account=101|", StringComparison.Ordinal)));
        Assert.Equal(again.Stamp.Pull, (await target.FindAsync(again.Key, Keys.Day(), None))!.Pull);
        Assert.Equal(b.Stamp.Pull, (await target.FindAsync(b.Key, Keys.Day(), None))!.Pull);
    }

    [SkippableFact]
    public async Task Sweep_removes_what_dead_landings_left_and_keeps_what_is_published()
    {
        using var pull = Pull(3, Plays.Batch(4));
        await LandAsync(Create(), pull);
        var litter = LeaveLitter(pull.Key, Keys.Day());
        Assert.Equal(litter, Leftovers().Count > 0);
        await Create().SweepAsync(pull.Key, Keys.Day(), None);
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task Rows_that_do_not_match_the_stamp_are_refused_and_change_nothing()
    {
        using var good = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), good);
        var stamp = Keys.Stamp("short", 2, rows: 5);
        using var bad = new MemoryStagedPull(good.Key, stamp, Plays.Schema, [Plays.Batch(4)]);
        await Assert.ThrowsAsync<Core.Errors.EtlException>(() => LandAsync(Create(), bad));
        await ShowsAsync(good);
    }

    [SkippableFact]
    public async Task Cancelled_landing_changes_nothing()
    {
        using var good = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), good);
        using var next = Pull(2, Plays.Batch(6));
        using var source = new CancellationTokenSource();
        using var cancelling = new CancellingPull(next, source);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Create().LandAsync(new LandingOrder(next.Key, Keys.Day(), next.Stamp), cancelling, source.Token));
        await ShowsAsync(good);
        await LandAsync(Create(), next);
        await ShowsAsync(next);
    }
}
