using Etl.Core.Errors;

namespace Etl.Pipeline.Tests.Running;

/// <summary>A worker that stood still between its pull and its landing, with no heartbeat that would have told it: only what the targets compare keeps its pull from landing.</summary>
public class StalledPullTests
{
    private const string Label = "2026-11-18";

    [Fact]
    public async Task Pull_that_is_older_than_the_published_one_never_lands_however_late_it_comes()
    {
        await using var stalled = await Bench.OpenAsync();
        var stolen = false;
        stalled.Targets = new WatchedTargets(stalled.Targets)
        {
            Landing = async order =>
            {
                if (stolen || order.Key.Label != Label) return;
                stolen = true;
                // The rows are pulled, checked and prepared; another worker takes the window over and lands newer ones.
                await Rival.StealAsync(stalled, Label);
            },
        };

        var lost = (await stalled.RunAsync()).Single(o => o.Key.Label == Label);

        Assert.True(stolen);
        Assert.Equal(("lease-lost", ExitCode.WindowFailed), (lost.Code, lost.ExitCode));
        stalled.AssertPublished(Label, "newer=1");
    }
}
