using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets;

public abstract partial class TargetContract
{
    /// <summary>How often two workers race.</summary>
    protected virtual int RaceRounds => 200;

    [SkippableFact]
    public async Task Reader_during_landings_sees_old_or_new_and_never_a_mix()
    {
        var pulls = Enumerable.Range(1, 101).Select(f => Pull(f, Plays.Batch(f % 2 == 0 ? 400 : 150, plays: f * 1000))).ToArray();
        await LandAsync(Create(), pulls[0]);
        var whole = pulls.ToDictionary(p => p.Stamp.Pull, p => string.Join('\n', Expected(p)));

        using var stop = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            var seen = new List<string>();
            while (!stop.IsCancellationRequested || seen.Count == 0)
            {
                var rows = string.Join('\n', Rows(pulls[0].Key, pulls[0].Schema));
                var pull = whole.SingleOrDefault(p => p.Value == rows).Key;
                Assert.True(pull is not null, "A reader saw rows that are no pull's:\n" + rows[..Math.Min(rows.Length, 400)]);
                if (seen.Count == 0 || seen[^1] != pull) seen.Add(pull);
            }
            return seen;
        });
        foreach (var pull in pulls.Skip(1)) await LandAsync(Create(), pull);
        await stop.CancelAsync();
        var order = await reader;
        Assert.Equal(order.Order(StringComparer.Ordinal), order);
        foreach (var pull in pulls) pull.Dispose();
    }

    [SkippableFact]
    public async Task Two_workers_at_once_never_leave_the_older_pull()
    {
        for (var round = 1; round <= RaceRounds; round++)
        {
            using var older = Pull(2 * round, Plays.Batch(3, plays: round));
            using var newer = Pull(2 * round + 1, Plays.Batch(2, plays: round));
            IStagedPull[] order = round % 2 == 0 ? [older, newer] : [newer, older];
            using var start = new Barrier(2);
            var landings = await Task.WhenAll(order.Select(pull => Task.Run(async () =>
            {
                start.SignalAndWait();
                return await LandAsync(Create(), pull);
            })));
            Assert.Equal(LandingOutcome.Landed, landings[Array.IndexOf(order, newer)].Outcome);
            await ShowsAsync(newer);
        }
    }

    [SkippableFact]
    public async Task Two_workers_with_the_same_pull_land_it_once()
    {
        for (var round = 1; round <= RaceRounds / 3; round++)
        {
            using var pull = Pull(round, Plays.Batch(50, plays: round));
            using var start = new Barrier(2);
            var landings = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                start.SignalAndWait();
                return await LandAsync(Create(), pull);
            })));
            Assert.Equal([LandingOutcome.Landed, LandingOutcome.AlreadyLanded], landings.Select(l => l.Outcome).Order());
            await ShowsAsync(pull);
        }
    }
}
