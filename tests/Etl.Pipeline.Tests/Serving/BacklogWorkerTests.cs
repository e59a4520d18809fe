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
        var self = new ServerRecord("a", "quartz", 2, null, bench.Clock.GetUtcNow());
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
}
