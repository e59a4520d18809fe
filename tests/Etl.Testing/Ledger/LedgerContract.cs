using Etl.Core.Checks;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Ledger;

/// <summary>What every ledger must do. An implementation inherits this and says how one is opened.</summary>
public abstract partial class LedgerContract : IAsyncLifetime
{
    protected static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
    protected static readonly CancellationToken None = CancellationToken.None;

    protected ILedger Ledger { get; private set; } = null!;

    /// <summary>Opens the test's ledger; a second call opens the same one again, as another process would.</summary>
    protected abstract Task<ILedger> OpenAsync();

    public virtual async Task InitializeAsync() => Ledger = await OpenAsync();

    public virtual async Task DisposeAsync() => await Ledger.DisposeAsync();

    protected async Task<Lease> LeaseAsync(string label = "2026-11-19", string owner = "a", TimeSpan? lifetime = null)
    {
        var lease = await Ledger.TryLeaseAsync(Keys.Key(label), Keys.Day(label), owner, lifetime ?? Lifetime, 0, None);
        Assert.NotNull(lease);
        return lease;
    }

    private Task SettleAsync(Lease lease, WindowState state, PullStamp? stamp = null, int? settled = null, string? reason = null) =>
        Ledger.SettleAsync(lease, new Settlement { State = state, Stamp = stamp, Settled = settled, Reason = reason }, None);

    private async Task<WindowRecord> WindowAsync(string label = "2026-11-19") =>
        (await Ledger.FindWindowAsync(Keys.Key(label), None))!;

    [SkippableFact]
    public async Task First_label_is_stored_once()
    {
        var job = new JobKey("nightly", "main", "101");
        Assert.Null(await Ledger.FindBeginAsync(job, None));
        Assert.Equal("2026-11-19", await Ledger.BeginJobAsync(job, "2026-11-19", None));
        Assert.Equal("2026-11-19", await Ledger.BeginJobAsync(job, "2026-11-25", None));
        Assert.Equal("2026-11-19", await Ledger.FindBeginAsync(job, None));
        Assert.Null(await Ledger.FindBeginAsync(job with { Account = "102" }, None));
    }

    [SkippableFact]
    public async Task Fence_is_above_what_the_caller_found_published()
    {
        var lease = await Ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), "a", Lifetime, 41, None);
        Assert.Equal(42, lease!.Fence);
        await SettleAsync(lease, WindowState.Failed);
        Assert.Equal(43, (await LeaseAsync()).Fence);
    }

    [SkippableFact]
    public async Task Window_is_leased_while_the_stores_clock_says_so()
    {
        var lease = await LeaseAsync();
        Assert.True((await WindowAsync()).IsLeased);
        Assert.True((await Ledger.WindowsAsync("nightly", None)).Single().IsLeased);
        await SettleAsync(lease, WindowState.Failed);
        Assert.False((await WindowAsync()).IsLeased);
        await LeaseAsync(lifetime: TimeSpan.FromMilliseconds(-1));
        var over = await WindowAsync();
        Assert.Equal(("a", false), (over.Owner, over.IsLeased));
    }

    [SkippableFact]
    public async Task Broken_lease_of_a_dead_worker_can_be_taken_at_once_and_the_dead_one_is_lost()
    {
        var dead = await LeaseAsync(owner: "dead");
        Assert.False(await Ledger.BreakLeaseAsync(Keys.Key(), "somebody else", counts: true, None));
        Assert.Null(await Ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), "b", Lifetime, 0, None));
        Assert.True(await Ledger.BreakLeaseAsync(Keys.Key(), "dead", counts: true, None));
        Assert.Equal(dead.Fence + 1, (await LeaseAsync(owner: "b")).Fence);
        await Assert.ThrowsAsync<LeaseLostException>(() => SettleAsync(dead, WindowState.Failed));
    }

    [SkippableFact]
    public async Task Window_that_was_never_leased_is_not_there()
    {
        Assert.Null(await Ledger.FindWindowAsync(Keys.Key(), None));
        Assert.Empty(await Ledger.WindowsAsync("nightly", None));
        Assert.Empty(await Ledger.JobsAsync(None));
    }

    [SkippableFact]
    public async Task Lease_makes_the_window_with_its_bounds()
    {
        var lease = await LeaseAsync();
        var window = await WindowAsync();
        Assert.Equal(1, lease.Fence);
        Assert.Equal((Keys.Key(), WindowState.Leased, 1L, "a"), (window.Key, window.State, window.Fence, window.Owner));
        Assert.Equal((Keys.Day().From, Keys.Day().To), (window.From, window.To));
        Assert.Equal((0, 0, 0, null), (window.Settled, window.EqualPulls, window.Failures, window.LandedPull));
    }

    [SkippableFact]
    public async Task Live_lease_of_another_owner_is_respected()
    {
        await LeaseAsync();
        Assert.Null(await Ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), "b", Lifetime, 0, None));
        Assert.Equal(1, (await WindowAsync()).Fence);
        Assert.NotNull(await Ledger.TryLeaseAsync(Keys.Key("2026-11-20"), Keys.Day("2026-11-20"), "b", Lifetime, 0, None));
    }

    [SkippableFact]
    public async Task Expired_lease_is_taken_over_with_a_higher_fence()
    {
        var old = await LeaseAsync(lifetime: TimeSpan.FromMilliseconds(-1));
        var taken = await LeaseAsync(owner: "b");
        Assert.Equal(old.Fence + 1, taken.Fence);
        Assert.False(await Ledger.HeartbeatAsync(old, Lifetime, None));
        Assert.True(await Ledger.HeartbeatAsync(taken, Lifetime, None));
    }

    [SkippableFact]
    public async Task Fence_grows_for_ever_also_after_release()
    {
        for (var round = 1; round <= 5; round++)
        {
            var lease = await LeaseAsync(owner: "owner" + round);
            Assert.Equal(round, lease.Fence);
            await SettleAsync(lease, WindowState.Planned);
        }
    }

    [SkippableFact]
    public async Task Heartbeat_prolongs_the_lease_on_the_stores_clock()
    {
        var lease = await LeaseAsync(lifetime: TimeSpan.FromSeconds(1));
        var before = (await WindowAsync()).LeaseUntil!.Value;
        Assert.True(await Ledger.HeartbeatAsync(lease, TimeSpan.FromHours(1), None));
        var after = (await WindowAsync()).LeaseUntil!.Value;
        Assert.InRange(after - before, TimeSpan.FromMinutes(55), TimeSpan.FromMinutes(65));
    }

    [SkippableFact]
    public async Task Lost_lease_changes_nothing()
    {
        var old = await LeaseAsync(lifetime: TimeSpan.FromMilliseconds(-1));
        var taken = await LeaseAsync(owner: "b");
        var kept = new HandleRecord("d1", new Handle("h1", Keys.Noon));
        await Ledger.KeepHandleAsync(taken, kept, None);
        var before = await WindowAsync();
        var steps = (await Ledger.StepsAsync(Keys.Key(), None)).Count;

        await Assert.ThrowsAsync<LeaseLostException>(() => Ledger.MoveAsync(old, WindowState.Pulling, "p1", "", None));
        await Assert.ThrowsAsync<LeaseLostException>(() => Ledger.AddPullAsync(old, Pull("p1", old), None));
        await Assert.ThrowsAsync<LeaseLostException>(() => Ledger.AddLandingAsync(old, Landing("p1", old), None));
        await Assert.ThrowsAsync<LeaseLostException>(() => Ledger.KeepHandleAsync(old, new HandleRecord("d2", new Handle("h2", Keys.Noon)), None));
        await Assert.ThrowsAsync<LeaseLostException>(() => Ledger.ForgetHandleAsync(old, None));
        var lost = await Assert.ThrowsAsync<LeaseLostException>(() => SettleAsync(old, WindowState.Landed, Keys.Stamp("p1", 1), 1));

        Assert.Equal(old, lost.Lease);
        Assert.Equal(before, await WindowAsync());
        Assert.Equal(steps, (await Ledger.StepsAsync(Keys.Key(), None)).Count);
        Assert.Empty(await Ledger.PullsAsync(Keys.Key(), None));
        Assert.Empty(await Ledger.LandingsAsync(Keys.Key(), None));
        Assert.Equal(kept, await Ledger.FindHandleAsync(Keys.Key(), None));
        await Ledger.MoveAsync(taken, WindowState.Pulling, "p2", "", None);
    }

    [SkippableFact]
    public async Task Same_owner_with_an_older_fence_has_lost_the_lease()
    {
        var first = await LeaseAsync();
        var second = await LeaseAsync();
        Assert.Equal(first.Fence + 1, second.Fence);
        await Assert.ThrowsAsync<LeaseLostException>(() => Ledger.MoveAsync(first, WindowState.Pulling, null, "", None));
    }

    [SkippableFact]
    public async Task Settled_lease_is_given_back_and_cannot_be_used_again()
    {
        var lease = await LeaseAsync();
        await SettleAsync(lease, WindowState.Failed, reason: "no answer");
        Assert.Null((await WindowAsync()).Owner);
        await Assert.ThrowsAsync<LeaseLostException>(() => SettleAsync(lease, WindowState.Failed));
        Assert.NotNull(await Ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), "b", Lifetime, 0, None));
    }

    [SkippableFact]
    public async Task Landed_window_shows_the_stamp_and_forgets_the_trouble_before()
    {
        await SettleAsync(await LeaseAsync(), WindowState.Failed, reason: "no answer");
        await SettleAsync(await LeaseAsync(), WindowState.Held, Keys.Stamp("p2", 2, 4), reason: "shrank");
        var lease = await LeaseAsync();
        await SettleAsync(lease, WindowState.Landed, Keys.Stamp("p3", lease.Fence, 9, "h3", "d3"), settled: 2);

        var window = await WindowAsync();
        Assert.Equal((WindowState.Landed, "p3", 9L, "h3", 3L, "d3"),
            (window.State, window.LandedPull, window.LandedRows, window.LandedHash, window.LandedFence, window.DefinitionHash));
        Assert.Equal((2, 0, 1, null, null), (window.Settled, window.Failures, window.EqualPulls, window.HeldPull, window.Reason));
        Assert.NotNull(window.LandedAt);
        Assert.Null(window.LeaseUntil);
    }

    [SkippableTheory]
    [InlineData(WindowState.Landed)]
    [InlineData(WindowState.Held)]
    public async Task Window_is_not_settled_by_a_pull_that_nobody_named(WindowState state)
    {
        var lease = await LeaseAsync();
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => SettleAsync(lease, state));
        Assert.Contains($"settled as {state} needs the stamp", fault.Message, StringComparison.Ordinal);
        Assert.Equal((WindowState.Leased, "a"), (await WindowAsync()) is var w ? (w.State, w.Owner) : default);
    }

    [SkippableFact]
    public async Task Equal_pulls_are_counted_and_a_changed_one_starts_again()
    {
        async Task<int> Land(string pull, string hash)
        {
            var lease = await LeaseAsync();
            await SettleAsync(lease, WindowState.Landed, Keys.Stamp(pull, lease.Fence, 1, hash), settled: 1);
            return (await WindowAsync()).EqualPulls;
        }

        Assert.Equal(1, await Land("p1", "x"));
        Assert.Equal(2, await Land("p2", "x"));
        Assert.Equal(2, await Land("p2", "x")); // The same pull again, after a crash: not one more.
        Assert.Equal(3, await Land("p3", "x"));
        Assert.Equal(1, await Land("p4", "y"));
    }

    [SkippableFact]
    public async Task Held_pull_keeps_what_is_landed()
    {
        await SettleAsync(await LeaseAsync(), WindowState.Landed, Keys.Stamp("p1", 1, 9, "h1"), settled: 1);
        await SettleAsync(await LeaseAsync(), WindowState.Held, Keys.Stamp("p2", 2, 3, "h2"), reason: "shrank");
        var window = await WindowAsync();
        Assert.Equal((WindowState.Held, "p2", "shrank"), (window.State, window.HeldPull, window.Reason));
        Assert.Equal(("p1", 9L, "h1", 1L, 1), (window.LandedPull, window.LandedRows, window.LandedHash, window.LandedFence, window.Settled));
    }

    [SkippableFact]
    public async Task Failures_add_up_and_keep_what_is_landed()
    {
        await SettleAsync(await LeaseAsync(), WindowState.Landed, Keys.Stamp("p1", 1, 9), settled: 1);
        await SettleAsync(await LeaseAsync(), WindowState.Failed, reason: "first");
        await SettleAsync(await LeaseAsync(), WindowState.Failed, reason: "second");
        var window = await WindowAsync();
        Assert.Equal((WindowState.Failed, 2, "second", "p1"), (window.State, window.Failures, window.Reason, window.LandedPull));
    }

    [SkippableFact]
    public async Task Windows_come_in_order_of_label_source_and_account()
    {
        foreach (var label in (string[])["2026-11-20", "2026-11-18", "2026-11-19"]) await LeaseAsync(label);
        foreach (var key in new[] { Keys.Key("2026-11-18", account: "099"), Keys.Key("2026-11-18", source: "plays", account: "001"), Keys.Key("2026-11-18", source: "a") })
            await Ledger.TryLeaseAsync(key, Keys.Day("2026-11-18"), "a", Lifetime, 0, None);
        await Ledger.TryLeaseAsync(Keys.Key(job: "other"), Keys.Day(), "a", Lifetime, 0, None);
        var windows = await Ledger.WindowsAsync("nightly", None);
        Assert.Equal(
            ["2026-11-18/a/101", "2026-11-18/main/099", "2026-11-18/main/101", "2026-11-18/plays/001", "2026-11-19/main/101", "2026-11-20/main/101"],
            windows.Select(w => w.Key.Label + "/" + w.Key.Source + "/" + w.Key.Account));
        Assert.Equal(["nightly", "other"], await Ledger.JobsAsync(None));
    }

    [SkippableFact]
    public async Task Pull_comes_back_as_it_was_recorded()
    {
        var lease = await LeaseAsync();
        var pull = Pull("p1", lease);
        await Ledger.AddPullAsync(lease, pull, None);
        await Ledger.AddPullAsync(lease, pull with { Pull = "p2", Checks = [] }, None);
        await Ledger.AddPullAsync(lease, pull with { Rows = 13 }, None);
        var pulls = await Ledger.PullsAsync(Keys.Key(), None);
        Assert.Equal(["p1", "p2"], pulls.Select(p => p.Pull));
        Assert.Equal(pull.Checks, pulls[0].Checks);
        Assert.Equal(pull with { Rows = 13, Checks = pulls[0].Checks }, pulls[0]);
        Assert.Empty(await Ledger.PullsAsync(Keys.Key("2026-11-20"), None));
    }

    [SkippableFact]
    public async Task Landings_are_kept_in_order()
    {
        var lease = await LeaseAsync();
        var first = Landing("p1", lease);
        var second = first with { Restated = new RestatedRows(1, 2, 3_000_000_000), Target = "table:warehouse:t", Bytes = null, Outcome = LandingOutcome.AlreadyLanded };
        await Ledger.AddLandingAsync(lease, first, None);
        await Ledger.AddLandingAsync(lease, second, None);
        Assert.Equal([first, second], await Ledger.LandingsAsync(Keys.Key(), None));
    }

    [SkippableFact]
    public async Task Steps_tell_the_whole_story()
    {
        var lease = await LeaseAsync();
        await Ledger.MoveAsync(lease, WindowState.Pulling, "p1", "page 1", None);
        await Ledger.MoveAsync(lease, WindowState.Committing, "p1", "parquet", None);
        await SettleAsync(lease, WindowState.Landed, Keys.Stamp("p1", 1), settled: 1);
        var steps = await Ledger.StepsAsync(Keys.Key(), None);
        Assert.Equal(
            [WindowState.Leased, WindowState.Pulling, WindowState.Committing, WindowState.Landed], steps.Select(s => s.State));
        Assert.Equal(["", "page 1", "parquet", ""], steps.Select(s => s.Detail));
        Assert.All(steps, s => Assert.Equal((1L, "a"), (s.Fence, s.Owner)));
        Assert.Equal(WindowState.Landed, (await WindowAsync()).State);
    }

    [SkippableFact]
    public async Task Many_workers_at_once_get_every_fence_exactly_once()
    {
        await using var other = await OpenAsync();
        ILedger[] ledgers = [Ledger, other];
        var fences = new System.Collections.Concurrent.ConcurrentBag<long>();
        await Parallel.ForAsync(0, 8, async (worker, cancellation) =>
        {
            var ledger = ledgers[worker % 2];
            for (var round = 0; round < 10; round++)
            {
                var lease = await ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), "w" + worker, Lifetime, 0, cancellation);
                if (lease is null) continue;
                fences.Add(lease.Fence);
                await ledger.MoveAsync(lease, WindowState.Pulling, null, "", cancellation);
                await ledger.SettleAsync(lease, new Settlement { State = WindowState.Planned }, cancellation);
            }
        });
        Assert.NotEmpty(fences);
        Assert.Equal(Enumerable.Range(1, fences.Count).Select(f => (long)f), fences.Order());
        Assert.Equal(fences.Count, (await WindowAsync()).Fence);
    }

    [SkippableFact]
    public async Task Names_with_odd_characters_are_kept()
    {
        var key = Keys.Key(job: "o'brien; DROP TABLE etl_window --", source: "плей\"лист", account: "[x]`");
        var lease = await Ledger.TryLeaseAsync(key, Keys.Day(), "it's \"me\"", Lifetime, 0, None);
        await Ledger.MoveAsync(lease!, WindowState.Pulling, "p'1", "a\nb\0c", None);
        Assert.Equal(key, Assert.Single(await Ledger.WindowsAsync(key.Job, None)).Key);
        Assert.Equal("it's \"me\"", (await Ledger.StepsAsync(key, None))[1].Owner);
    }

    [SkippableFact]
    public async Task Handle_is_found_by_the_next_owner_until_it_is_forgotten()
    {
        Assert.Null(await Ledger.FindHandleAsync(Keys.Key(), None));
        var handle = new HandleRecord("def", new Handle("it's \"h1\"", Keys.Noon.AddTicks(1_234_567)));
        await Ledger.KeepHandleAsync(await LeaseAsync(lifetime: TimeSpan.FromMilliseconds(-1)), handle, None);

        await using var other = await OpenAsync();
        Assert.Equal(handle, await other.FindHandleAsync(Keys.Key(), None));
        Assert.Null(await other.FindHandleAsync(Keys.Key("2026-11-20"), None));
        var next = await LeaseAsync(owner: "b");
        await Ledger.ForgetHandleAsync(next, None);
        await Ledger.ForgetHandleAsync(next, None);
        Assert.Null(await other.FindHandleAsync(Keys.Key(), None));
    }

    [SkippableFact]
    public async Task Handle_kept_later_stands_in_place_of_the_one_before()
    {
        var lease = await LeaseAsync();
        await Ledger.KeepHandleAsync(lease, new HandleRecord("d1", new Handle("h1", Keys.Noon)), None);
        var failed = new HandleRecord("d2", new Handle(null, Keys.Noon, Keys.Noon.AddMinutes(10), "out of memory"));
        await Ledger.KeepHandleAsync(lease, failed, None);
        Assert.Equal(failed, await Ledger.FindHandleAsync(Keys.Key(), None));
    }

    [SkippableTheory]
    [InlineData(WindowState.Landed, true)]
    [InlineData(WindowState.Held, true)]
    [InlineData(WindowState.Failed, false)]
    [InlineData(WindowState.Planned, false)]
    [InlineData(WindowState.Unknown, false)]
    [InlineData(WindowState.Superseded, false)]
    public async Task Handle_ends_with_its_pull(WindowState state, bool ends)
    {
        var lease = await LeaseAsync();
        var handle = new HandleRecord("d1", new Handle("h1", Keys.Noon));
        await Ledger.KeepHandleAsync(lease, handle, None);
        await SettleAsync(lease, state, state is WindowState.Landed or WindowState.Held ? Keys.Stamp("p1", lease.Fence) : null, settled: state == WindowState.Landed ? 1 : null);
        Assert.Equal(ends ? null : handle, await Ledger.FindHandleAsync(Keys.Key(), None));
    }

    private static PullRecord Pull(string id, Lease lease) => new()
    {
        Pull = id,
        Key = lease.Key,
        Fence = lease.Fence,
        StartedAt = Keys.Noon,
        EndedAt = Keys.Noon.AddTicks(1_234_567),
        Rows = 12,
        ContentHash = "abc",
        DefinitionHash = "def",
        SchemaJson = """[{"name":"plays","type":"Int64"}]""",
        ProofJson = """{"version":1}""",
        Quarantined = 2,
        Checks = [new CheckResult("totals", Verdict.Pass, "12 = 12"), new CheckResult("shrink", Verdict.Hold, "it's \"less\"")],
    };

    private static LandingRecord Landing(string pull, Lease lease) =>
        new(pull, lease.Key, "parquet:content", "parquet/content/date=2026-11-19/data.parquet", lease.Fence, 12, 3456, LandingOutcome.Landed, Keys.Noon);
}
