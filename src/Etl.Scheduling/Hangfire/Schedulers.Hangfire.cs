using Etl.Core.Scheduling;
using Etl.Scheduling.Hangfire;

namespace Etl.Scheduling;

public static partial class Schedulers
{
    static partial void TakeHangfire(SchedulerSettings settings, Action<string> warn, ref IJobScheduler? scheduler) => scheduler = new HangfireScheduler(settings, warn);
}
