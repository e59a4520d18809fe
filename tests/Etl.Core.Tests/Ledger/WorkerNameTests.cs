using System.Globalization;
using Etl.Core.Ledger;

namespace Etl.Core.Tests.Ledger;

public class WorkerNameTests
{
    private static readonly DateTimeOffset s_started = new(2026, 11, 20, 3, 0, 0, TimeSpan.Zero);

    private static string Name(string machine, DateTimeOffset started) => string.Create(CultureInfo.InvariantCulture, $"{machine}/4194305/{started.UtcTicks}/1");

    [Fact]
    public void Worker_of_this_process_lives_and_its_machine_runs()
    {
        var name = WorkerName.New();
        Assert.False(WorkerName.IsGone(name));
        Assert.False(WorkerName.EndedWithMachine(name, WorkerName.MachineStarted));
    }

    [Fact]
    public void Worker_that_began_before_its_machine_was_started_ended_with_it()
    {
        Assert.True(WorkerName.EndedWithMachine(Name(Environment.MachineName, s_started.AddMinutes(-5)), s_started));
        Assert.False(WorkerName.EndedWithMachine(Name(Environment.MachineName, s_started.AddSeconds(5)), s_started));
        // A clock that was set a little later.
        Assert.False(WorkerName.EndedWithMachine(Name(Environment.MachineName, s_started.AddSeconds(-50)), s_started));
    }

    [Theory]
    [InlineData("elsewhere/1/0/1")]
    [InlineData("no name of a worker")]
    public void Nothing_is_known_of_other_machines(string name) => Assert.False(WorkerName.EndedWithMachine(name, s_started));
}
