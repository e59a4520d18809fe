using Etl.Core.Scheduling;
using Hangfire;
using Hangfire.Common;
using Hangfire.Storage;

namespace Etl.Scheduling.Hangfire;

/// <summary>The recurring alarms in a Hangfire store: one recurring job each, named after ours.</summary>
internal static class HangfireAlarms
{
    /// <summary>Brings what is stored in line with <paramref name="alarms"/>. Hangfire plans anew only what changed, and so keeps what it missed.</summary>
    /// <param name="storage">The store.</param>
    /// <param name="filters">Filters of every job.</param>
    /// <param name="alarms">All there are to be.</param>
    /// <param name="time">From when a new or changed alarm counts.</param>
    public static void Set(JobStorage storage, JobFilterCollection filters, IReadOnlyList<JobAlarm> alarms, TimeProvider time)
    {
        var manager = new RecurringJobManager(storage, filters, new DefaultTimeZoneResolver(), () => time.GetUtcNow().UtcDateTime);
        foreach (var gone in Stored(storage).Where(s => alarms.All(a => a.Job != s.Id))) manager.RemoveIfExists(gone.Id);
        foreach (var alarm in alarms)
        {
            manager.AddOrUpdate(alarm.Job, HangfireWork.Describe(new WorkItem(alarm.Job)), CronText.SixFields(alarm.Schedule.Cron), new RecurringJobOptions
            {
                TimeZone = TimeZoneInfo.FindSystemTimeZoneById(alarm.Schedule.TimeZone),
                // However many times an alarm was missed, it fires once.
                MisfireHandling = MisfireHandlingMode.Relaxed,
            });
        }
    }

    /// <summary>When each fires next, in order of time.</summary>
    public static IReadOnlyList<NextFiring> Next(JobStorage storage) =>
    [
        .. Stored(storage).Where(s => s.NextExecution is not null)
            .Select(s => new NextFiring(s.Id, new DateTimeOffset(DateTime.SpecifyKind(s.NextExecution!.Value, DateTimeKind.Utc))))
            .OrderBy(f => f.At).ThenBy(f => f.Job, StringComparer.Ordinal),
    ];

    private static List<RecurringJobDto> Stored(JobStorage storage)
    {
        using var connection = storage.GetConnection();
        return connection.GetRecurringJobs();
    }
}
