using System.Collections.Concurrent;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Pipeline.Serving;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Serving;

public sealed class JobWorkTests
{
    [Fact]
    public async Task Look_hands_out_the_due_windows_newest_first_and_remembers_where_the_job_began()
    {
        await using var bench = await Bench.OpenAsync();
        var (work, handed, _) = Work(bench);
        Assert.Empty(await work.DoAsync(new WorkItem("plays"), default));
        Assert.Equal(["plays/2026-11-19", "plays/2026-11-18", "plays/2026-11-17"], handed.Select(i => i.Name));
        Assert.Equal("2026-11-17", await bench.Ledger.FindBeginAsync(new JobKey("plays", "main", "100"), default));
        Assert.Empty(bench.Source.Pulled);
    }

    [Fact]
    public async Task Handed_out_windows_land_and_then_nothing_is_due()
    {
        await using var bench = await Bench.OpenAsync();
        var (work, handed, _) = Work(bench);
        await work.DoAsync(new WorkItem("plays"), default);
        foreach (var item in handed.ToList()) Assert.Equal(WindowState.Landed, Assert.Single(await work.DoAsync(item, default)).State);
        bench.AssertPublished("2026-11-19", "2026-11-19-a=10", "2026-11-19-b=20");
        handed.Clear();
        await work.DoAsync(new WorkItem("plays"), default);
        Assert.Empty(handed);
    }

    [Fact]
    public async Task Item_that_is_done_twice_pulls_once()
    {
        await using var bench = await Bench.OpenAsync();
        var (work, _, _) = Work(bench);
        var item = new WorkItem("plays", "2026-11-19");
        Assert.Single(await work.DoAsync(item, default));
        Assert.Empty(await work.DoAsync(item, default));
        Assert.Single(await work.DoAsync(item with { Force = true }, default));
        Assert.Equal(2, bench.Source.Pulled.Count);
    }

    [Fact]
    public async Task Two_workers_with_one_item_land_it_once()
    {
        await using var bench = await Bench.OpenAsync();
        await using var other = await bench.SecondWorkerAsync();
        var item = new WorkItem("plays", "2026-11-19");
        var outcomes = await Task.WhenAll(new[] { bench, other }.Select(b => Task.Run(() => Work(b).Work.DoAsync(item, default))));
        Assert.Equal(1, outcomes.SelectMany(o => o).Count(o => o.State == WindowState.Landed));
        Assert.Single(bench.Source.Pulled);
        bench.AssertPublished("2026-11-19", "2026-11-19-a=10", "2026-11-19-b=20");
    }

    [Fact]
    public async Task Job_that_is_gone_is_said_and_does_no_harm()
    {
        await using var bench = await Bench.OpenAsync();
        var (work, handed, said) = Work(bench);
        Assert.Empty(await work.DoAsync(new WorkItem("removed"), default));
        Assert.Empty(handed);
        Assert.Contains("no job 'removed'", Assert.Single(said), StringComparison.Ordinal);
    }

    private static (JobWork Work, List<WorkItem> Handed, ConcurrentQueue<string> Said) Work(Bench bench)
    {
        var handed = new List<WorkItem>();
        var said = new ConcurrentQueue<string>();
        var work = new JobWork(
            bench.Parts(),
            name => name == bench.Job.Name ? bench.Job : null,
            (item, _) =>
            {
                handed.Add(item);
                return Task.CompletedTask;
            },
            said.Enqueue);
        return (work, handed, said);
    }
}
