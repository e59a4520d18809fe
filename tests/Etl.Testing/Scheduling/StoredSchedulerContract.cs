using Etl.Core.Scheduling;

namespace Etl.Testing.Scheduling;

/// <summary>What a scheduler must do beyond <see cref="SchedulerContract"/> on a store that outlives its process.</summary>
public abstract class StoredSchedulerContract : SchedulerContract
{
    [SkippableFact]
    public async Task Stored_alarms_survive_a_restart_with_the_text_of_the_job_file()
    {
        var first = await StartAsync([Alarm("a", Yearly), Alarm("b", Yearly), Alarm("c", Yearly)]);
        await first.DisposeAsync();
        var second = await StartAsync([Alarm("a", "0 0 2 1 *"), Alarm("b", Yearly)]);
        var next = (await second.NextAsync(default)).ToDictionary(f => f.Job, f => f.At);
        Assert.Equal(["a", "b"], next.Keys.Order());
        Assert.Equal(TimeSpan.FromDays(1), next["a"] - next["b"]);
    }

    [SkippableFact]
    public async Task Alarm_that_was_missed_while_no_node_ran_fires_once_at_the_start()
    {
        JobAlarm alarm;
        DateTimeOffset at;
        // The node is to be gone before its alarm: a busy machine gets longer for that.
        for (var seconds = 3; ; seconds *= 3)
        {
            at = DateTimeOffset.UtcNow.AddSeconds(seconds);
            alarm = Alarm("nightly", FormattableString.Invariant($"{at.Second} {at.Minute} {at.Hour} * * *"));
            var first = await StartAsync([alarm]);
            await first.DisposeAsync();
            if (DateTimeOffset.UtcNow.AddSeconds(1) < at) break;
            Done.Clear();
        }
        Assert.Empty(Done);
        await Task.Delay(at - DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1));
        await StartAsync([alarm]);
        await UntilAsync(() => !Done.IsEmpty, "The missed alarm fires");
        Assert.Single(Done);
    }

    [SkippableFact]
    public async Task Item_that_a_stop_broke_off_is_done_after_the_next_start()
    {
        var started = 0;
        var first = await StartAsync([], async (_, cancellation) =>
        {
            Interlocked.Increment(ref started);
            await Task.Delay(Timeout.Infinite, cancellation);
        });
        await first.EnqueueAsync(new WorkItem("nightly", "2026-11-19"), default);
        await UntilAsync(() => started == 1, "The item starts");
        await first.StopAsync(TimeSpan.FromMilliseconds(100));
        await first.DisposeAsync();
        await StartAsync([]);
        await UntilAsync(() => !Done.IsEmpty, "The item is done after the restart");
        Assert.Equal([new WorkItem("nightly", "2026-11-19")], Done);
    }

    [SkippableFact]
    public async Task Items_that_were_cancelled_do_not_begin_anew_after_a_restart()
    {
        var (started, ended) = (0, 0);
        var first = await StartAsync(
            [],
            async (_, cancellation) =>
            {
                Interlocked.Increment(ref started);
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellation);
                }
                finally
                {
                    Interlocked.Increment(ref ended);
                }
            },
            workers: 1);
        WorkItem runs = new("nightly", "2026-11-18"), waits = new("nightly", "2026-11-19"), other = new("nightly", "2026-11-20");
        await first.EnqueueAsync(runs, default);
        await UntilAsync(() => started == 1, "The item starts");
        await first.EnqueueAsync(waits, default);
        Assert.True(await first.CancelAsync(waits, default));
        Assert.True(await first.CancelAsync(runs, default));
        await UntilAsync(() => ended == 1, "The item ends");
        await first.StopAsync(TimeSpan.FromMilliseconds(100));
        await first.DisposeAsync();
        Assert.Equal(1, started);
        // One worker: what the store had kept would come before what is asked for now.
        var second = await StartAsync([], workers: 1);
        Assert.True(await second.EnqueueAsync(other, default));
        await UntilAsync(() => Done.Contains(other), "Another item is done");
        Assert.Equal([other], Done);
        // Nothing keeps them from being asked for.
        Assert.True(await second.EnqueueAsync(runs, default));
        await UntilAsync(() => Done.Count == 2, "The cancelled item is done when it is asked for");
    }
}
