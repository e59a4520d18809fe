using Hangfire.Server;

namespace Etl.Scheduling.Hangfire;

/// <summary>
/// Lets nothing run but our own work. A stored job names a type and a method, and a static one is called without asking the activator: whoever can
/// write the scheduler's tables could otherwise have this process call any method of any library.
/// </summary>
internal sealed class HangfireOwnWorkOnly(Action<string> warn) : IServerFilter
{
    /// <inheritdoc/>
    public void OnPerforming(PerformingContext filterContext)
    {
        var job = filterContext.BackgroundJob.Job;
        if (job is not null && job.Type == typeof(HangfireWork) && !job.Method.IsStatic) return;
        filterContext.Canceled = true;
        warn($"Job {filterContext.BackgroundJob.Id} in the scheduler's store calls '{job?.Type.FullName}.{job?.Method.Name}', which is no work of this program, and was not run. Find out who wrote it there.");
    }

    /// <inheritdoc/>
    public void OnPerformed(PerformedContext filterContext)
    {
    }
}
