using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Hooks;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Pipeline.Serving;
using Etl.Pipeline.Tests.Running;
using Etl.Testing.Scheduling;

namespace Etl.Pipeline.Tests.Serving;

/// <summary>Servers of one ledger and what was asked for out of turn. No alarm fires in these tests: what is pulled was asked for.</summary>
public sealed class SharedBacklogTests : IAsyncLifetime
{
    private static readonly string[] s_labels = ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"];

    private readonly ConcurrentQueue<string> _said = [];
    private readonly List<(CancellationTokenSource Stop, Task Run, IAsyncDisposable Bench)> _servers = [];
    private Bench _bench = null!;
    private RunningClock _clock = null!;

    private IBacklog Backlog => (IBacklog)_bench.Ledger;

    public async Task InitializeAsync()
    {
        _bench = await Bench.OpenAsync();
        _bench.Job = _bench.Job with { TextHash = "1" };
    }

    public async Task DisposeAsync()
    {
        foreach (var (stop, run, bench) in _servers)
        {
            await stop.CancelAsync();
            await run;
            stop.Dispose();
            await bench.DisposeAsync();
        }
        await _bench.DisposeAsync();
    }

    [Fact]
    public async Task Windows_that_were_asked_for_are_landed_once_and_struck_out_by_two_servers()
    {
        await AddAsync(s_labels);
        await ServeAsync();
        await ServeAsync();
        await UntilEmptyAsync();
        foreach (var label in s_labels)
        {
            _bench.AssertPublished(label, $"{label}-a=10", $"{label}-b=20");
            Assert.Single(await _bench.Ledger.PullsAsync(_bench.Key(label), default));
        }
        Assert.Empty(_said);
    }

    [Fact]
    public async Task Backfill_on_servers_leaves_the_nightly_lookback_as_it_is()
    {
        var due = await _bench.DueAsync();
        await AddAsync("2026-10-01", "2026-10-02");
        await ServeAsync();
        await UntilEmptyAsync();
        Assert.Equal(due, await _bench.DueAsync());
        Assert.Null(await _bench.Ledger.FindBeginAsync(new JobKey("plays", "main", "100"), default));
    }

    [Fact]
    public async Task Batch_works_on_no_more_windows_at_once_than_it_asked_for()
    {
        var (now, most) = (0, 0);
        _bench.Source.Halfway = async (_, cancellation) =>
        {
            lock (s_labels) most = Math.Max(most, ++now);
            await Task.Delay(30, cancellation);
            lock (s_labels) now--;
        };
        await AddAsync(2, s_labels);
        await ServeAsync();
        await ServeAsync();
        await UntilEmptyAsync();
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task Night_goes_before_the_backlog()
    {
        using var gate = new SemaphoreSlim(0);
        var order = new ConcurrentQueue<string>();
        _bench.Source.Halfway = async (request, cancellation) =>
        {
            order.Enqueue(request.Window.Label);
            await gate.WaitAsync(cancellation);
        };
        await AddAsync("2026-11-01", "2026-11-02", "2026-11-03");
        var scheduler = await ServeAsync(workers: 1);
        await UntilAsync(() => order.Count == 1);
        await scheduler.EnqueueAsync(new WorkItem("plays", "2026-11-19"), default);
        await scheduler.EnqueueAsync(new WorkItem("plays", "2026-11-18"), default);
        gate.Release(10);
        await UntilEmptyAsync();
        await scheduler.IdleAsync();
        Assert.Equal("2026-11-01", order.First());
        Assert.Equal(["2026-11-18", "2026-11-19"], order.Skip(1).Take(2).Order());
        Assert.Equal(["2026-11-02", "2026-11-03"], order.Skip(3));
    }

    [Fact]
    public async Task Stopped_server_hands_back_what_it_did_not_finish()
    {
        _bench.Source.Halfway = (_, cancellation) => Task.Delay(Timeout.Infinite, cancellation);
        await AddAsync("2026-11-01");
        await ServeAsync(grace: TimeSpan.FromMilliseconds(10));
        await UntilAsync(() => _bench.Source.Pulled.Count > 0);
        await StopAsync();
        var left = Assert.Single(await Backlog.ListAsync(default));
        Assert.Null(left.TakenBy);
        Assert.Empty(await Backlog.ServersAsync(default));
        _bench.Source.Halfway = (_, _) => Task.CompletedTask;
        await ServeAsync();
        await UntilEmptyAsync();
        _bench.AssertPublished("2026-11-01", "2026-11-01-a=10", "2026-11-01-b=20");
    }

    [Fact]
    public async Task Any_server_cancels_a_window_that_another_one_works_on_or_that_waits()
    {
        var started = 0;
        _bench.Source.Halfway = (_, cancellation) =>
        {
            Interlocked.Increment(ref started);
            return Task.Delay(Timeout.Infinite, cancellation);
        };
        await ServeAsync(workers: 1);
        await AddAsync("2026-11-01", "2026-11-02");
        await UntilAsync(() => started == 1);
        // It takes nothing: it only answers.
        var desk = Server(await _bench.SecondWorkerAsync(), TwiceScheduler.Pair().First);
        Assert.True(await desk.CancelAsync("plays", "2026-11-02", default));
        Assert.True(await desk.CancelAsync("plays", "2026-11-01", default));
        await UntilEmptyAsync();
        Assert.Equal(1, started);
        Assert.False(await desk.CancelAsync("plays", "2026-11-01", default));
        Assert.Equal(WindowState.Planned, (await _bench.WindowAsync("2026-11-01")).State);
    }

    [Fact]
    public async Task Failed_window_is_struck_out_and_the_ledger_keeps_why()
    {
        _bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Window, "The report is broken.") { Code = "broken" };
        await AddAsync("2026-11-01");
        await ServeAsync();
        await UntilEmptyAsync();
        var window = await _bench.WindowAsync("2026-11-01");
        Assert.Equal(WindowState.Failed, window.State);
        Assert.Contains("The report is broken.", window.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Window_that_failed_before_it_was_leased_stays_since_the_ledger_knows_nothing_of_it()
    {
        await AddAsync("2026-11-01");
        var targets = new AwayTargets(_bench.Parts().Targets);
        await ServeAsync(targets: targets);
        await UntilAsync(() => targets.Asked > 0);
        await Task.Delay(100);
        Assert.Equal("2026-11-01", Assert.Single(await Backlog.ListAsync(default)).Item.Label);
        Assert.Null(await _bench.Ledger.FindWindowAsync(_bench.Key("2026-11-01"), default));
    }

    [Fact]
    public async Task Item_of_which_a_refused_session_left_a_part_out_is_given_back()
    {
        _bench.Job = _bench.Job with
        {
            Sources = [_bench.Job.Sources[0] with { Name = "a" }, _bench.Job.Sources[0] with { Name = "b" }],
            Land = [new TableLandSpec { Table = "plays", From = "a" }, new TableLandSpec { Table = "others", From = "b" }],
        };
        _bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Refused, "Wrong secret.");
        await AddAsync("2026-11-01");
        await ServeAsync();
        await UntilAsync(() => _bench.Source.Pulled.Count > 0);
        await UntilAsync(async () => (await Backlog.ListAsync(default)).All(i => i.TakenBy is null));
        Assert.Equal("2026-11-01", Assert.Single(await Backlog.ListAsync(default)).Item.Label);
    }

    [Fact]
    public async Task Window_of_another_run_stays_until_that_one_is_over()
    {
        var lease = await _bench.Ledger.TryLeaseAsync(_bench.Key("2026-11-01"), new Etl.Core.Windows.WindowCalendar("UTC", Etl.Core.Windows.WindowUnit.Day).Parse("2026-11-01"), "elsewhere", TimeSpan.FromMinutes(5), 0, default);
        await AddAsync("2026-11-01", "2026-11-02");
        await ServeAsync();
        await UntilAsync(async () => (await Backlog.ListAsync(default)).Count == 1);
        Assert.Equal(2, _bench.TableRows("2026-11-02").Length);
        Assert.Equal("2026-11-01", Assert.Single(await Backlog.ListAsync(default)).Item.Label);
        Assert.Empty(_bench.TableRows("2026-11-01"));
        await _bench.Ledger.SettleAsync(lease!, new Settlement { State = WindowState.Failed, Reason = "no." }, default);
        await UntilEmptyAsync();
        _bench.AssertPublished("2026-11-01", "2026-11-01-a=10", "2026-11-01-b=20");
    }

    [Fact]
    public async Task Window_of_another_run_that_the_scheduler_asked_for_is_asked_for_again()
    {
        var lease = await _bench.Ledger.TryLeaseAsync(_bench.Key("2026-11-01"), Rival.Day("2026-11-01"), "elsewhere", TimeSpan.FromMinutes(5), 0, default);
        var scheduler = await ServeAsync();
        await UntilAsync(async () => (await Backlog.ServersAsync(default)).Count == 1);
        await scheduler.EnqueueAsync(new WorkItem("plays", "2026-11-01"), default);
        await scheduler.IdleAsync();
        Assert.Empty(_bench.TableRows("2026-11-01"));
        // Cancelled there: by itself it is not due again.
        await _bench.Ledger.SettleAsync(lease!, new Settlement { State = WindowState.Planned, Reason = "Cancelled." }, default);
        await UntilAsync(() => _bench.TableRows("2026-11-01").Length == 2);
    }

    [Fact]
    public async Task Item_with_which_server_after_server_dies_is_given_up()
    {
        await AddAsync("2026-11-01");
        for (var n = 0; n < 5; n++)
        {
            var dead = new ServerRecord($"dead{n}", "quartz", 1, null, _bench.Clock.GetUtcNow());
            await Backlog.BeatAsync(dead, TimeSpan.FromMinutes(1), default);
            Assert.NotNull(await Backlog.TakeAsync(dead.Name, default));
            await Backlog.BeatAsync(dead, TimeSpan.FromMilliseconds(-1), default);
        }
        await ServeAsync();
        await UntilEmptyAsync();
        Assert.Contains("plays/2026-11-01", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Empty(_bench.Source.Pulled);
    }

    [Fact]
    public async Task Question_at_the_desk_is_answered_by_any_server_and_nonsense_at_once()
    {
        var desk = Server(await _bench.SecondWorkerAsync(), TwiceScheduler.Pair().First);
        Assert.Equal("no-such-job", (await Assert.ThrowsAsync<EtlException>(() => desk.AskAsync(new WorkItem("plais", "2026-11-19"), "page", default))).Code);
        await ServeAsync();
        Assert.Equal(1, await Backlog.AddAsync([new BacklogItem(new WorkItem("plays", "2026-11-19"), "b", "hook", null, _bench.Clock.GetUtcNow())], default));
        await UntilEmptyAsync();
        _bench.AssertPublished("2026-11-19", "2026-11-19-a=10", "2026-11-19-b=20");
    }

    [Fact]
    public async Task Desk_puts_a_question_into_the_backlog_once()
    {
        var scheduler = TwiceScheduler.Pair().First;
        var server = Server(_bench, scheduler, workers: 1);
        using var gate = new SemaphoreSlim(0);
        _bench.Source.Halfway = async (_, cancellation) => await gate.WaitAsync(cancellation);
        Run(server, _bench, own: false);
        await UntilAsync(() => server.Jobs.Count == 1);
        Assert.True(await server.AskAsync(new WorkItem("plays", "2026-11-19"), "page: ann", default));
        Assert.False(await server.AskAsync(new WorkItem("plays", "2026-11-19"), "page: bob", default));
        Assert.Equal("page: ann", Assert.Single(await Backlog.ListAsync(default)).By);
        Assert.Equal(FaultKind.Usage, (await Assert.ThrowsAsync<EtlException>(() => server.AskAsync(new WorkItem("plays", "2026-11-20"), "page", default))).Kind);
        gate.Release(10);
        await UntilEmptyAsync();
    }

    [Fact]
    public async Task Hook_of_a_parked_window_leaves_it_parked_and_one_of_a_landed_window_pulls_that_again()
    {
        const string Parked = "2026-11-19", Landed = "2026-11-18";
        _bench.Job = _bench.Job with { Attempts = 1, Hooks = HookAim.Window };
        _bench.Source.Halfway = (request, _) => request.Window.Label == Parked ? Task.FromException(new EtlException(FaultKind.Window, "The table has a row of 3 cells.")) : Task.CompletedTask;
        await _bench.RunAsync();
        Assert.Equal((WindowState.Parked, WindowState.Landed), ((await _bench.WindowAsync(Parked)).State, (await _bench.WindowAsync(Landed)).State));
        _bench.Source.Halfway = (_, _) => Task.CompletedTask;

        var server = Server(await _bench.SecondWorkerAsync(), TwiceScheduler.Pair().First);
        Run(server, _bench, own: false);
        await UntilAsync(() => server.Jobs.Count == 1);
        var hooks = new HookDesk(server, (IHookInbox)_bench.Ledger, _bench.Clock, _said.Enqueue);
        foreach (var label in (string[])[Parked, Landed])
            Assert.True(await hooks.TakeAsync(_bench.Job, null, (await _bench.WindowAsync(label)).From.AddHours(1), default));
        await hooks.PassOnAsync(default);
        await UntilEmptyAsync();
        Assert.Equal(WindowState.Parked, (await _bench.WindowAsync(Parked)).State);
        Assert.Equal((WindowState.Landed, 2), ((await _bench.WindowAsync(Landed)).State, (await _bench.Ledger.PullsAsync(_bench.Key(Landed), default)).Count));

        Assert.True(await server.AskAsync(new WorkItem("plays", Parked, Force: true), "page: ann", default));
        await UntilEmptyAsync();
        Assert.Equal(WindowState.Landed, (await _bench.WindowAsync(Parked)).State);
    }

    [Fact]
    public async Task Live_job_is_polled_by_one_server_and_by_another_one_when_that_one_is_gone()
    {
        _bench.Job = _bench.Job with { Sources = [new SourceSpec { Action = "live-events" }], Window = _bench.Job.Window with { Every = Etl.Core.Windows.WindowUnit.Minute } };
        Assert.True(_bench.Job.IsLive);
        var (one, other) = (new CountingLive(), new CountingLive());
        await ServeAsync(live: one);
        await UntilAsync(() => one.Polls > 2);
        await ServeAsync(live: other);
        var polls = one.Polls;
        await UntilAsync(() => one.Polls > polls + 10);
        Assert.Equal(0, other.Polls);
        await _servers[0].Stop.CancelAsync();
        await _servers[0].Run;
        await UntilAsync(() => other.Polls > 2);
    }

    [Fact]
    public async Task Live_job_that_dies_of_a_defect_is_told_of_once_and_begun_again_after_a_rest()
    {
        _bench.Job = _bench.Job with { Sources = [new SourceSpec { Action = "live-events" }], Window = _bench.Job.Window with { Every = Etl.Core.Windows.WindowUnit.Minute } };
        var live = new CountingLive { Fault = new InvalidOperationException("An index was wrong.") };
        await ServeAsync(live: live);
        await UntilAsync(() => live.Polls > 0);
        // Many looks of the server later.
        await Task.Delay(400);
        Assert.Equal(1, live.Polls);
        _clock.Passed = TimeSpan.FromSeconds(30);
        await UntilAsync(() => live.Polls == 2);
        await Task.Delay(100);
        Assert.Equal(2, live.Polls);
        Assert.Contains("'plays'", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: An index was wrong.", Assert.Single(_said), StringComparison.Ordinal);
    }

    private Task AddAsync(params string[] labels) => AddAsync(null, labels);

    private Task AddAsync(int? parallel, params string[] labels) =>
        Backlog.AddAsync([.. labels.Select(l => new BacklogItem(new WorkItem("plays", l), "batch", "backfill", parallel, _bench.Clock.GetUtcNow()))], default);

    private async Task<TwiceScheduler> ServeAsync(int workers = 4, TimeSpan? grace = null, ILiveSourceFactory? live = null, ITargetFactory? targets = null)
    {
        var bench = await _bench.SecondWorkerAsync();
        var scheduler = TwiceScheduler.Pair().First;
        Run(Server(bench, scheduler, workers, grace, live, targets), bench, own: true);
        return scheduler;
    }

    private JobServer Server(Bench bench, TwiceScheduler scheduler, int workers = 4, TimeSpan? grace = null, ILiveSourceFactory? live = null, ITargetFactory? targets = null) =>
        new(bench.Parts() with { Targets = targets ?? bench.Parts().Targets, Time = _clock = new RunningClock(bench.Clock), Owner = WorkerName.New() }, live ?? new CountingLive(), scheduler, (IBacklog)bench.Ledger, () => [_bench.Job], _said.Enqueue)
        {
            ReloadEvery = TimeSpan.FromMilliseconds(20),
            LookEvery = TimeSpan.FromMilliseconds(20),
            BeatEvery = TimeSpan.FromMilliseconds(20),
            RetryEvery = TimeSpan.FromMilliseconds(20),
            Grace = grace ?? TimeSpan.FromSeconds(10),
            Workers = workers,
        };

    private void Run(JobServer server, Bench bench, bool own)
    {
        var stop = new CancellationTokenSource();
        _servers.Add((stop, Task.Run(() => server.RunAsync(stop.Token)), own ? bench : new Nothing()));
    }

    private async Task StopAsync()
    {
        await _servers[^1].Stop.CancelAsync();
        await _servers[^1].Run;
    }

    /// <summary>Targets that cannot be reached.</summary>
    private sealed class AwayTargets(ITargetFactory targets) : ITargetFactory
    {
        private int _asked;

        public int Asked => _asked;

        public string NameOf(LandSpec land) => targets.NameOf(land);

        public ITarget Create(LandSpec land, bool severalAccounts)
        {
            Interlocked.Increment(ref _asked);
            throw new EtlException(FaultKind.Unreachable, "The warehouse is away.") { IsTransient = true };
        }
    }

    private Task UntilEmptyAsync() => UntilAsync(async () => (await Backlog.ListAsync(default)).Count == 0);

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Assert.False(end.IsCancellationRequested, "It did not happen within 30 s.");
            await Task.Delay(10);
        }
    }

    private sealed class RunningClock(TimeProvider still) : TimeProvider
    {
        private long _passed;

        /// <summary>Time that has passed beyond the real one.</summary>
        public TimeSpan Passed
        {
            set => Volatile.Write(ref _passed, (long)(value.TotalSeconds * TimestampFrequency));
        }

        public override DateTimeOffset GetUtcNow() => still.GetUtcNow();

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _passed);
    }

    /// <summary>Is asked for a source and has none, so that the server asks again and again.</summary>
    private sealed class CountingLive : ILiveSourceFactory
    {
        private int _polls;

        public int Polls => Volatile.Read(ref _polls);

        public Exception Fault { get; init; } = new EtlException(FaultKind.Unreachable, "Nothing is on.");

        public ILiveSource CreateLive(SourceSpec spec, string account)
        {
            Interlocked.Increment(ref _polls);
            throw Fault;
        }
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
