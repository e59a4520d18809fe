using Etl.Core.Errors;
using Etl.Core.Ledger;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>
/// A worker stands still for two leases in each state of its window, right before a step or right after it; another one lands newer rows meanwhile, on another machine or
/// in the same folder. The older rows never come back, and the worker that was late says that it was.
/// </summary>
public sealed class StallTests
{
    public static TheoryData<string, bool, bool> Points()
    {
        var points = new TheoryData<string, bool, bool>();
        string[] names =
        [
            "lease #", "move # to Pulling", "read #", "move # to Pulled", "move # to Staged", "add pull", "move # to Committing", "prepare # at blob", "commit # at blob",
            "commit # at table", "add landing Landed", "settle # Landed",
        ];
        foreach (var name in names)
            foreach (var isAfter in (bool[])[false, true])
                foreach (var sharesDisk in (bool[])[false, true])
                {
                    // What it has not leased, or has settled, is not its own any more: see below.
                    if (!(name == "lease #" && !isAfter) && !(name == "settle # Landed" && isAfter)) points.Add(name, isAfter, sharesDisk);
                }
        return points;
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void Worker_whose_lease_ended_publishes_nothing_over_a_newer_pull(string point, bool isAfter, bool sharesDisk)
    {
        var night = Lived.On(() => Night.StallAt(point, isAfter, sharesDisk));
        Assert.True(night.HasStalled, $"Nobody asked to '{point}':\n{string.Join('\n', night.Log)}");
        Assert.Empty(night.Judge.Violations);
        Assert.Equal(2, night.Judge.Outcomes.Count);
        var winner = Assert.Single(night.Judge.Outcomes, o => o.State == WindowState.Landed && o.ExitCode == ExitCode.Done);
        // In one folder a checked pull of the late one may be waiting: it is landed for it, and the service's news come with the next pull.
        Assert.True(sharesDisk || !winner.IsRolledForward);
        Assert.All(night.ShownVersions, version => Assert.Equal(winner.IsRolledForward ? 1 : 2, version));
        Assert.Single(night.Judge.Outcomes, o => (o.State == WindowState.Superseded || o.Code == "staged-gone") && o.ExitCode == ExitCode.WindowFailed);
    }

    [Theory]
    [InlineData("lease #", false, 2)]
    [InlineData("settle # Landed", true, 1)]
    public void Worker_that_stands_still_outside_its_lease_disturbs_nothing(string point, bool isAfter, long version)
    {
        var night = Lived.On(() => Night.StallAt(point, isAfter, sharesDisk: false));
        Assert.True(night.HasStalled);
        Assert.Empty(night.Judge.Violations);
        Assert.Equal([version, version], night.ShownVersions);
    }
}
