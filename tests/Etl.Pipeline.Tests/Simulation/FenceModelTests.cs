namespace Etl.Pipeline.Tests.Simulation;

/// <summary>
/// The smallest model of the question why there is a fence: three workers pull and commit one window over and over and stall now and then. 20,000 schedules each, with
/// no lease at all, with a lease that the workers look at politely, and with the lease's number compared where the rows are committed.
/// </summary>
public sealed class FenceModelTests
{
    private const int Schedules = 20_000, Lease = 30, End = 600;

    private enum Guard
    {
        None,
        Lease,
        Fence,
    }

    [Fact]
    public void Only_a_fence_that_is_compared_at_the_commit_keeps_older_rows_from_replacing_newer_ones()
    {
        Assert.InRange(Broken(Guard.None), Schedules * 99 / 100, Schedules);
        Assert.InRange(Broken(Guard.Lease), Schedules / 2, Schedules);
        Assert.Equal(0, Broken(Guard.Fence));
    }

    private static int Broken(Guard guard) => Enumerable.Range(0, Schedules).Count(seed => ReplacesNewer(new Random(seed), guard));

    private static bool ReplacesNewer(Random random, Guard guard)
    {
        var workers = Enumerable.Range(0, 3).Select(_ => new Worker { Wakes = random.Next(11) }).ToArray();
        Worker? holder = null;
        int until = 0, fence = 0, committedFence = 0, committedAt = 0;
        while (true)
        {
            var worker = workers.MinBy(w => w.Wakes)!;
            var now = worker.Wakes;
            if (now >= End) return false;
            switch (worker.Step)
            {
                case 0 when guard == Guard.None || holder is null || until <= now:
                    (worker.Fence, worker.Until, worker.ReadAt, worker.Step) = (++fence, now + Lease, now, 1);
                    if (guard != Guard.None) (holder, until) = (worker, now + Lease);
                    worker.Wakes = Pause(now, 1, 10);
                    break;
                case 0:
                    worker.Wakes = now + random.Next(1, 16);
                    break;
                case 1 when guard != Guard.None && worker.Until <= now:
                    // It looks at its own lease, as it should, and begins again.
                    (worker.Step, worker.Wakes) = (0, now + 1);
                    break;
                case 1:
                    // Between the look and the commit it may stand still.
                    (worker.Step, worker.Wakes) = (2, Pause(now, 0, 3));
                    break;
                default:
                    if (guard != Guard.Fence || worker.Fence >= committedFence)
                    {
                        if (worker.ReadAt < committedAt) return true;
                        (committedFence, committedAt) = (Math.Max(committedFence, worker.Fence), worker.ReadAt);
                    }
                    if (holder == worker) holder = null;
                    (worker.Step, worker.Wakes) = (0, now + random.Next(5, 31));
                    break;
            }
        }

        int Pause(int now, int least, int most) => random.NextDouble() > 0.12 ? now + random.Next(least, most + 1) : now + random.Next(Lease, 4 * Lease + 1);
    }

    private sealed class Worker
    {
        public int Step { get; set; }

        public int Wakes { get; set; }

        public int Fence { get; set; }

        public int Until { get; set; }

        public int ReadAt { get; set; }
    }
}
