using System.Data.Common;
using Etl.Core.Scheduling;
using Quartz;
using Quartz.Extensibility;

namespace Etl.Scheduling.Quartz;

/// <summary>
/// The scheduler on Quartz. An alarm is a durable Quartz job with one cron trigger, an item a Quartz job of its own with a trigger
/// that fires at once. Work that a dead or stopped node had goes to another one (recovery); Quartz's own retries stay off.
/// </summary>
public sealed class QuartzScheduler : IJobScheduler
{
    private const string Alarms = "alarm", Windows = "window", Checks = "due";

    private readonly SchedulerSettings _settings;
    private readonly Action<string> _warn;
    private StandaloneSchedulerFactory? _factory;
    private IScheduler? _scheduler;

    /// <summary>Makes the scheduler; it opens nothing before it starts.</summary>
    /// <param name="settings">How it works.</param>
    /// <param name="warn">Takes one sentence that a person should read; from several threads.</param>
    public QuartzScheduler(SchedulerSettings settings, Action<string> warn)
    {
        _settings = settings;
        _warn = warn;
    }

    /// <inheritdoc/>
    public string Engine => "quartz";

    private IScheduler Running => _scheduler ?? throw new InvalidOperationException("The scheduler is not started.");

    /// <inheritdoc/>
    public async Task StartAsync(IReadOnlyList<JobAlarm> alarms, Func<WorkItem, CancellationToken, Task> work, CancellationToken cancellation)
    {
        var builder = QuartzSchedulerBuilder.Create(quartz =>
        {
            quartz.ConfigureScheduler(o =>
            {
                o.InstanceName = "etl";
                o.InstanceId = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}";
                // Nodes do not wake each other: this is how long work of another process may wait for a free worker.
                o.IdleWaitTime = _settings.Heartbeat < TimeSpan.FromSeconds(2) ? _settings.Heartbeat : TimeSpan.FromSeconds(2);
                o.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            });
            quartz.UseTimeProvider(_settings.Time);
            quartz.UseDefaultThreadPool(_settings.Workers);
            quartz.UseJobFactory(new WorkFactory(work, _warn));
            QuartzStores.Use(quartz, _settings);
        });
        // One of an earlier start that failed.
        if (_factory is not null) await _factory.DisposeAsync().ConfigureAwait(false);
        _factory = builder.Build();
        _scheduler = await AskAsync("start", async () =>
        {
            var scheduler = await _factory.GetScheduler(cancellation).ConfigureAwait(false);
            await ReplaceAlarmsAsync(scheduler, alarms, cancellation).ConfigureAwait(false);
            await scheduler.Start(cancellation).ConfigureAwait(false);
            return scheduler;
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task SetAlarmsAsync(IReadOnlyList<JobAlarm> alarms, CancellationToken cancellation) => AskAsync("set the alarms", async () =>
    {
        await ReplaceAlarmsAsync(Running, alarms, cancellation).ConfigureAwait(false);
        return true;
    });

    private async Task ReplaceAlarmsAsync(IScheduler scheduler, IReadOnlyList<JobAlarm> alarms, CancellationToken cancellation)
    {
        var stored = await scheduler.GetJobKeys(GroupMatcher<JobKey>.GroupEquals(Alarms), cancellation).ConfigureAwait(false);
        foreach (var gone in stored.Where(k => alarms.All(a => a.Job != k.Name)))
            await scheduler.DeleteJob(gone, cancellation).ConfigureAwait(false);
        foreach (var alarm in alarms)
        {
            var cron = CronText.SixFields(alarm.Schedule.Cron);
            var key = new TriggerKey(alarm.Job, Alarms);
            var zone = TimeZoneInfo.FindSystemTimeZoneById(alarm.Schedule.TimeZone);
            // The same text keeps its stored trigger, which knows what it missed; Quartz would forget that on a replacement.
            if (await scheduler.GetTrigger(key, cancellation).ConfigureAwait(false) is ICronTrigger there && there.Description == $"{cron} {alarm.Schedule.TimeZone}") continue;
            var job = WorkJob.Describe(new WorkItem(alarm.Job)).WithIdentity(alarm.Job, Alarms).StoreDurably(true).Build();
            var trigger = TriggerBuilder.Create(_settings.Time)
                .WithIdentity(key)
                .WithDescription($"{cron} {alarm.Schedule.TimeZone}")
                .WithSchedule(CronScheduleBuilder.Create(cron).InTimeZone(zone).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed))
                .WithPriority(10)
                .ForJob(job)
                .Build();
            await scheduler.ScheduleJob(job, [trigger], ScheduleJobOptions.Replacing, cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<bool> EnqueueAsync(WorkItem item, CancellationToken cancellation) => AskAsync($"take '{item}'", async () =>
    {
        var group = item.Label is null ? Checks : Windows;
        var job = WorkJob.Describe(item).WithIdentity(item.Name, group).Build();
        var trigger = TriggerBuilder.Create(_settings.Time)
            .WithIdentity(item.Name, group)
            .WithPriority(item.Label is null ? 10 : 5)
            .WithSchedule(SimpleScheduleBuilder.Create().WithMisfireInstruction(SimpleTriggerMisfireInstruction.FireNow))
            .StartNow()
            .ForJob(job)
            .Build();
        try
        {
            await Running.ScheduleJob(job, trigger, new ScheduleJobOptions(), cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ObjectAlreadyExistsException)
        {
            return false;
        }
    });

    /// <inheritdoc/>
    public Task<bool> CancelAsync(WorkItem item, CancellationToken cancellation) => AskAsync($"cancel '{item}'", async () =>
    {
        var group = item.Label is null ? Checks : Windows;
        // First the trigger, then what runs: an item that ends because it was interrupted takes its trigger along.
        var waited = await Running.UnscheduleJob(new TriggerKey(item.Name, group), cancellation).ConfigureAwait(false);
        return await Running.Interrupt(new JobKey(item.Name, group), cancellation).ConfigureAwait(false) || waited;
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => AskAsync<IReadOnlyList<NextFiring>>("say when it fires next", async () =>
    {
        var firings = new List<NextFiring>();
        foreach (var key in await Running.GetTriggerKeys(GroupMatcher<TriggerKey>.GroupEquals(Alarms), cancellation).ConfigureAwait(false))
            if (await Running.GetTrigger(key, cancellation).ConfigureAwait(false) is { NextFireTimeUtc: { } at }) firings.Add(new NextFiring(key.Name, at));
        return [.. firings.OrderBy(f => f.At).ThenBy(f => f.Job, StringComparer.Ordinal)];
    });

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan grace)
    {
        if (_scheduler is not { } scheduler) return;
        _scheduler = null;
        await scheduler.Standby().ConfigureAwait(false);
        using var end = new CancellationTokenSource(grace);
        while (!end.IsCancellationRequested && await RunsSomethingAsync(scheduler).ConfigureAwait(false)) await Task.Delay(50).ConfigureAwait(false);
        await scheduler.Shutdown(true).ConfigureAwait(false);
    }

    private static async Task<bool> RunsSomethingAsync(IScheduler scheduler)
    {
        try
        {
            var running = await scheduler.QueryFireInstances(new FireInstanceQuery(), default).ConfigureAwait(false);
            return running.Items.Any(f => f.SchedulerInstanceId == scheduler.SchedulerInstanceId);
        }
        catch (Exception fault) when (IsStore(fault))
        {
            // Nobody can say: what runs gets all of its time.
            return true;
        }
    }

    private static Task<T> AskAsync<T>(string doing, Func<Task<T>> ask) => StoreFaults.ExplainAsync(doing, IsStore, ask);

    private static bool IsStore(Exception fault) => fault is SchedulerException or DbException;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        if (_factory is not null) await _factory.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class WorkFactory(Func<WorkItem, CancellationToken, Task> work, Action<string> warn) : IJobFactory
    {
        public ValueTask<JobScope> CreateJob(TriggerFiredBundle bundle, IScheduler scheduler, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new JobScope(new WorkJob(work, warn), null));

        public ValueTask ReturnJob(JobScope scope, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
