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
            Assert.Fail);
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
}
