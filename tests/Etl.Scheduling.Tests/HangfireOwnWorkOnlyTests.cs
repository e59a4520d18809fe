#if FULL
using Etl.Core.Scheduling;
using Etl.Scheduling.Hangfire;
using Hangfire;
using Hangfire.Common;
using Hangfire.Server;
#endif

namespace Etl.Scheduling.Tests;

// Compiled in both package sets; in `portable` it is skipped and says why.

public sealed class HangfireOwnWorkOnlyTests
{
    [SkippableFact]
    public void Method_of_another_type_is_not_called_and_that_is_said()
    {
        Hangfire.Require();
#if FULL
        s_calls = 0;
        List<string> said = [];
        Perform(Job.FromExpression(() => Foreign()), []);
        Assert.Equal(1, s_calls);
        Perform(Job.FromExpression(() => Foreign()), new JobFilterCollection { new HangfireOwnWorkOnly(said.Add) });
        Assert.Equal(1, s_calls);
        Assert.Contains("HangfireOwnWorkOnlyTests.Foreign'", Assert.Single(said), StringComparison.Ordinal);
#endif
    }

    [SkippableFact]
    public void Our_own_work_is_called()
    {
        Hangfire.Require();
#if FULL
        List<string> said = [];
        // The activator of the process cannot make our work: it was called for, then.
        Assert.ThrowsAny<Exception>(() => Perform(HangfireWork.Describe(new WorkItem("plays")), new JobFilterCollection { new HangfireOwnWorkOnly(said.Add) }));
        Assert.Empty(said);
#endif
    }

#if FULL
    private static int s_calls;

    public static void Foreign() => s_calls++;

    private static void Perform(Job job, JobFilterCollection filters)
    {
        var storage = HangfireStores.Open(new SchedulerSettings(SchedulerStore.Memory, 1));
        using var connection = storage.GetConnection();
        new BackgroundJobPerformer(filters).Perform(new PerformContext(storage, connection, new BackgroundJob("1", job, DateTime.UtcNow), new JobCancellationToken(false)));
    }
#endif
}
