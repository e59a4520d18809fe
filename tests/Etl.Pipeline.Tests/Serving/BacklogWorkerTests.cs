using System.Reflection;
using Etl.Core.Errors;
using Etl.Core.Scheduling;
using Etl.Pipeline.Serving;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Serving;

public sealed class BacklogWorkerTests
{
    [Fact]
    public async Task Server_rests_once_after_each_stretch_of_work_and_never_during_it()
    {
        await using var bench = await Bench.OpenAsync();
        using var gate = new SemaphoreSlim(0);
        using var worker = new BacklogWorker(
            (IBacklog)bench.Ledger,
            new ServerRecord("a", "quartz", 2, null, bench.Clock.GetUtcNow()),
            async (_, cancellation) =>
            {
                await gate.WaitAsync(cancellation);
                return WorkEnd.Done;
            },
            () => { },
            Assert.Fail,
            TimeProvider.System);
        Assert.False(worker.Rest(TimeProvider.System, TimeSpan.FromHours(1)));
        Assert.True(worker.Rest(TimeProvider.System, TimeSpan.Zero));
        Assert.False(worker.Rest(TimeProvider.System, TimeSpan.Zero));
        var work = worker.DoScheduledAsync(new WorkItem("plays", "2026-11-19"), default);
        Assert.False(worker.Rest(TimeProvider.System, TimeSpan.Zero));
        gate.Release();
        await work;
        Assert.True(worker.Rest(TimeProvider.System, TimeSpan.Zero));
        Assert.False(worker.Rest(TimeProvider.System, TimeSpan.Zero));
    }

    [Fact]
    public async Task Item_whose_end_the_ledger_could_not_be_told_is_told_of_until_it_is()
    {
        await using var bench = await Bench.OpenAsync();
        var (ledger, away) = AwayLedger.Over((IBacklog)bench.Ledger);
        var backlog = (IBacklog)bench.Ledger;
        // With a second worker the look would ask for another item, which may be after the ledger has gone away.
        var self = new ServerRecord("a", "quartz", 1, null, bench.Clock.GetUtcNow());
        await backlog.BeatAsync(self, TimeSpan.FromMinutes(5), default);
        await backlog.AddAsync([new BacklogItem(new WorkItem("plays", "2026-11-19"), "b", "backfill", null, bench.Clock.GetUtcNow())], default);
        var said = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var worker = new BacklogWorker(
            ledger,
            self,
            (_, _) =>
            {
                away.IsAway = true;
                return Task.FromResult(WorkEnd.Done);
            },
            () => { },
            said.Enqueue,
            TimeProvider.System);
        await worker.LookAsync(default);
        await UntilAsync(() => !said.IsEmpty);
        Assert.Single(await backlog.ListAsync(default));
        away.IsAway = false;
        await UntilAsync(async () => (await backlog.ListAsync(default)).Count == 0);
    }

    [Fact]
    public async Task Item_that_was_taken_and_whose_answer_was_lost_is_given_back_and_what_runs_is_not()
    {
        await using var bench = await Bench.OpenAsync();
        var (backlog, self) = await AliveAsync(bench);
        await backlog.BeatAsync(self with { Name = "b" }, TimeSpan.FromMinutes(5), default);
        WorkItem runs = new("plays", "2026-11-17"), lost = new("plays", "2026-11-18"), others = new("plays", "2026-11-19");
        await backlog.AddAsync([.. new[] { runs, others, lost }.Select(i => new BacklogItem(i, "b", "backfill", null, bench.Clock.GetUtcNow()))], default);
        var (ledger, flaky) = OddBacklog.Over(backlog);
        var done = new System.Collections.Concurrent.ConcurrentQueue<WorkItem>();
        using var gate = new SemaphoreSlim(0);
        using var worker = new BacklogWorker(
            ledger,
            self,
            async (item, cancellation) =>
            {
                done.Enqueue(item);
                await gate.WaitAsync(cancellation);
                return WorkEnd.Done;
            },
            () => { },
            Assert.Fail,
            TimeProvider.System);
        // The first is taken well; the second by another server; of the third the commit goes through and its answer does not.
        flaky.AfterTake = async n =>
        {
            if (n == 1) Assert.Equal(others, (await backlog.TakeAsync("b", default))!.Item);
            return n == 2;
        };
        await Assert.ThrowsAsync<EtlException>(() => worker.LookAsync(default));
        Assert.Equal(["a", "b", "a"], (await backlog.ListAsync(default)).Select(i => i.TakenBy));
        await UntilAsync(() => done.Count == 1);
        await worker.LookAsync(default);
        await UntilAsync(() => done.Count == 2);
        Assert.Equal([runs, lost], done);
        Assert.Equal(["a", "b", "a"], (await backlog.ListAsync(default)).Select(i => i.TakenBy));
        gate.Release(2);
        await UntilAsync(async () => (await backlog.ListAsync(default)).Count == 1);
        Assert.Equal(others, Assert.Single(await backlog.ListAsync(default)).Item);
        Assert.Equal(2, done.Count);
    }

    [Fact]
    public async Task Item_whose_taking_goes_through_late_is_given_back_within_a_minute_or_so()
    {
        await using var bench = await Bench.OpenAsync();
        var (backlog, self) = await AliveAsync(bench);
        var (clock, done) = (new StillWatch(), 0);
        using var worker = new BacklogWorker(backlog, self, (_, _) => Task.FromResult(Interlocked.Increment(ref done) > 0 ? WorkEnd.Done : WorkEnd.Fault), () => { }, Assert.Fail, clock);
        await worker.LookAsync(default);
        await backlog.AddAsync([new BacklogItem(new WorkItem("plays", "2026-11-19"), "b", "backfill", null, bench.Clock.GetUtcNow())], default);
        Assert.NotNull(await backlog.TakeAsync("a", default));
        await worker.LookAsync(default);
        Assert.Equal("a", Assert.Single(await backlog.ListAsync(default)).TakenBy);
        clock.Now += TimeSpan.FromMinutes(1);
        await worker.LookAsync(default);
        await UntilAsync(async () => (await backlog.ListAsync(default)).Count == 0);
        Assert.Equal(1, done);
    }

    [Fact]
    public async Task Cancellation_that_shows_behind_a_later_one_is_heard_once_and_an_old_one_is_not()
    {
        await using var bench = await Bench.OpenAsync();
        var (ledger, told) = OddBacklog.Over((IBacklog)bench.Ledger);
        var self = new ServerRecord("a", "quartz", 4, null, bench.Clock.GetUtcNow());
        using var worker = new BacklogWorker(
            ledger,
            self,
            async (_, cancellation) =>
            {
                await Task.Delay(Timeout.Infinite, cancellation);
                return WorkEnd.Done;
            },
            () => { },
            Assert.Fail,
            TimeProvider.System);
        Task<WorkEnd> Work(string label) => worker.DoScheduledAsync(new WorkItem("plays", label), default);
        // Told before this server began.
        told.Cancels = [new(4, "plays", "2026-11-17"), new(5, "plays", "2026-11-17")];
        await worker.LookAsync(default);
        var (old, late, later) = (Work("2026-11-17"), Work("2026-11-18"), Work("2026-11-19"));
        told.Cancels = [.. told.Cancels, new(8, "plays", "2026-11-19")];
        await worker.LookAsync(default);
        Assert.Equal(WorkEnd.Cancelled, await later.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.False(late.IsCompleted);
        // Its number was given before that of the one above; its transaction ended after it.
        told.Cancels = [.. told.Cancels, new(7, "plays", "2026-11-18")];
        await worker.LookAsync(default);
        Assert.Equal(WorkEnd.Cancelled, await late.WaitAsync(TimeSpan.FromSeconds(30)));
        // Asked for again, it is not cancelled by what was heard already.
        var again = Work("2026-11-18");
        await worker.LookAsync(default);
        await worker.LookAsync(default);
        Assert.False(again.IsCompleted);
        Assert.False(old.IsCompleted);
        foreach (var label in (string[])["2026-11-17", "2026-11-18"]) Assert.True(worker.Cancel("plays", label));
        foreach (var work in (Task<WorkEnd>[])[old, again]) Assert.Equal(WorkEnd.Cancelled, await work.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static async Task<(IBacklog Backlog, ServerRecord Self)> AliveAsync(Bench bench)
    {
        var self = new ServerRecord("a", "quartz", 2, null, bench.Clock.GetUtcNow());
        await ((IBacklog)bench.Ledger).BeatAsync(self, TimeSpan.FromMinutes(5), default);
        return ((IBacklog)bench.Ledger, self);
    }

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

    /// <summary>A stopwatch that a test moves.</summary>
    private sealed class StillWatch : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    /// <summary>A backlog that may lose the answer to a take which went through, and shows the cancellations that a test writes down.</summary>
    public class OddBacklog : DispatchProxy
    {
        private IBacklog _inner = null!;
        private int _takes;

        /// <summary>Called after each take, with its number from one; true loses its answer.</summary>
        public Func<int, Task<bool>> AfterTake { get; set; } = _ => Task.FromResult(false);

        /// <summary>Cancellations that can be seen, where a test writes them down.</summary>
        public IReadOnlyList<CancelOrder>? Cancels { get; set; }

        public static (IBacklog Backlog, OddBacklog Switch) Over(IBacklog inner)
        {
            var backlog = Create<IBacklog, OddBacklog>();
            var switches = (OddBacklog)(object)backlog;
            switches._inner = inner;
            return (backlog, switches);
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name switch
            {
                nameof(IBacklog.TakeAsync) => TakeAsync((string)args![0]!, (CancellationToken)args[1]!),
                nameof(IBacklog.CancelsAsync) when Cancels is { } told => Task.FromResult<IReadOnlyList<CancelOrder>>(
                    args![0] is long after ? [.. told.Where(c => c.Id > after).OrderBy(c => c.Id)] : [.. told.OrderBy(c => c.Id).TakeLast(1)]),
                _ => targetMethod.Invoke(_inner, args),
            };

        private async Task<TakenItem?> TakeAsync(string server, CancellationToken cancellation)
        {
            var taken = await _inner.TakeAsync(server, cancellation);
            return await AfterTake(++_takes) ? throw new EtlException(FaultKind.Window, "The connection broke.") { IsTransient = true } : taken;
        }
    }
}
