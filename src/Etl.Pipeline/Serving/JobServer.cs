using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Pipeline.Live;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Serving;

/// <summary>
/// Runs the jobs of a folder until it is stopped: scheduled ones at their times, live ones all the time. When it starts it looks at once what
/// is due, so nights that were missed while no server ran are caught up whatever the scheduler remembers; windows that failed are tried
/// again before the next night; changed job files take effect without a restart. Several servers on one ledger share the work.
/// </summary>
public sealed partial class JobServer
{
    private readonly PipelineParts _parts;
    private readonly ILiveSourceFactory _live;
    private readonly IJobScheduler _scheduler;
    private readonly IBacklog _backlog;
    private readonly Func<IReadOnlyList<JobDefinition>> _load;
    private readonly Action<string> _say;
    private readonly JobWork _work;
    private readonly ItemsAgain _again = new();
    private readonly Dictionary<string, LiveJob> _liveJobs = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<JobDefinition> _jobs = [];
    private volatile BacklogWorker? _worker;
    private string _lastSaid = "";

    /// <summary>Makes the server.</summary>
    /// <param name="parts">What a run works with.</param>
    /// <param name="live">Makes the sources of live jobs.</param>
    /// <param name="scheduler">Alarm clock and workers; the caller disposes it.</param>
    /// <param name="backlog">What was asked for out of turn; kept with the ledger of the parts.</param>
    /// <param name="load">Reads all job files; throws an <see cref="EtlException"/> that lists their faults.</param>
    /// <param name="say">Takes one sentence for the log; from several threads.</param>
    public JobServer(PipelineParts parts, ILiveSourceFactory live, IJobScheduler scheduler, IBacklog backlog, Func<IReadOnlyList<JobDefinition>> load, Action<string> say)
    {
        (_parts, _live, _scheduler, _backlog, _load, _say) = (parts, live, scheduler, backlog, load, say);
        _work = new JobWork(parts, name => _jobs.FirstOrDefault(j => j.Name == name), scheduler.EnqueueAsync, say);
    }

    /// <summary>How often job files are read again.</summary>
    public TimeSpan ReloadEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often windows that failed are tried again.</summary>
    public TimeSpan RetryEvery { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long windows that are being worked on may take to end after a stop; what does not end stays due.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Runs until it is cancelled.</summary>
    /// <exception cref="EtlException">The job files have faults at the start; nothing was begun.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        _jobs = _load();
        using var worker = _worker = Worker();
        try
        {
            await StartAsync(worker, stop).ConfigureAwait(false);
            foreach (var job in _jobs.Where(IsScheduled)) _again.Add(new WorkItem(job.Name));
            await BothAsync(FollowAsync, end => ShareAsync(worker, end), stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped: what runs gets its grace below.
        }
        finally
        {
            try
            {
                await LingerAsync().ConfigureAwait(false);
                var ends = _liveJobs.Values.Select(j => j.StopAsync()).ToList();
                await Task.WhenAll(_scheduler.StopAsync(Grace), worker.StopAsync(Grace, _parts.Time)).ConfigureAwait(false);
                await Task.WhenAll(ends).ConfigureAwait(false);
            }
            finally
            {
                await LeaveAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Starts the scheduler; one whose store is away is waited for, like the ledger.</summary>
    private async Task StartAsync(BacklogWorker worker, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await _scheduler.StartAsync(Alarms(_jobs), (item, cancellation) => DoScheduledAsync(worker, item, cancellation), stop).ConfigureAwait(false);
                return;
            }
            catch (EtlException fault) when (fault.IsTransient)
            {
                Say(fault.Message);
            }
            await Task.Delay(LookEvery, _parts.Time, stop).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        var lastRetry = _parts.Time.GetTimestamp();
        while (true)
        {
            try
            {
                await _again.EnqueueAsync(_scheduler, stop).ConfigureAwait(false);
                if (_parts.Time.GetElapsedTime(lastRetry) >= RetryEvery)
                {
                    lastRetry = _parts.Time.GetTimestamp();
                    await RetryAsync(stop).ConfigureAwait(false);
                }
                else if (_again.IsUnfinished)
                {
                    await FinishAsync(stop).ConfigureAwait(false);
                }
            }
            catch (Exception fault) when (fault is EtlException or IOException or UnauthorizedAccessException)
            {
                // The ledger or the scheduler's store is not to be had for now: the next round tries again.
                Say(fault.Message);
            }
            await Task.Delay(ReloadEvery, _parts.Time, stop).ConfigureAwait(false);
            await ReloadAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>Does what the scheduler hands out, and remembers what the ledger or another run was in the way of: that one may still come to nothing.</summary>
    private async Task DoScheduledAsync(BacklogWorker worker, WorkItem item, CancellationToken cancellation)
    {
        try
        {
            if (await worker.DoScheduledAsync(item, cancellation).ConfigureAwait(false) is WorkEnd.Fault or WorkEnd.Stopped or WorkEnd.Busy) _again.AddForLater(item);
        }
        catch (EtlException fault) when (fault.IsTransient)
        {
            _again.Add(item);
            Say(fault.Message);
        }
    }

    private async Task ReloadAsync(CancellationToken stop)
    {
        IReadOnlyList<JobDefinition> read;
        try
        {
            read = _load();
        }
        catch (EtlException fault)
        {
            JobFault = fault.Message;
            Say($"The job files have faults; the jobs go on as they were. {fault.Message}");
            return;
        }
        JobFault = null;
        var changed = !Alarms(read).SequenceEqual(Alarms(_jobs));
        try
        {
            if (changed) await _scheduler.SetAlarmsAsync(Alarms(read), stop).ConfigureAwait(false);
            _jobs = read;
        }
        catch (EtlException fault)
        {
            // Jobs and alarms change together, in a later round.
            Say(fault.Message);
        }
    }

    /// <summary>Hands out the windows that an earlier try left unfinished. Those that are due for the first time wait for their alarm.</summary>
    private async Task RetryAsync(CancellationToken stop)
    {
        _again.Later();
        foreach (var job in _jobs.Where(IsScheduled))
        {
            if (await PlanAsync(job, stop).ConfigureAwait(false) is not { } plan) continue;
            await AskAgainAsync(job, plan.Due.Where(d => d.Record is { IsLeased: false } r && (r.State is WindowState.Failed or WindowState.Unknown or WindowState.Superseded || IsUnfinished(r))), stop).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Hands out the windows that were being worked on when the ledger went away: it could not be told how they ended, so they stand there as begun
    /// until their lease is over. Goes on until there are none.
    /// </summary>
    private async Task FinishAsync(CancellationToken stop)
    {
        // Before the look, not after it: a worker may find another one meanwhile.
        _again.IsUnfinished = false;
        var left = true;
        try
        {
            var unfinished = 0;
            foreach (var job in _jobs.Where(IsScheduled))
            {
                if (await PlanAsync(job, stop).ConfigureAwait(false) is not { } plan)
                {
                    unfinished++;
                    continue;
                }
                var begun = plan.Due.Where(d => d.Record is { } record && IsUnfinished(record)).ToList();
                // One that is leased may be what nobody works on any more: its lease has to end before anybody may.
                unfinished += begun.Count + plan.Skipped.Count(s => s.IsBusy);
                await AskAgainAsync(job, begun.Where(d => !d.Record!.IsLeased), stop).ConfigureAwait(false);
            }
            left = unfinished > 0;
        }
        finally
        {
            if (left) _again.IsUnfinished = true;
        }
    }

    /// <summary>What of a job is due; null when that cannot be told now, which is no matter of the jobs behind it.</summary>
    private async Task<JobPlan?> PlanAsync(JobDefinition job, CancellationToken stop)
    {
        try
        {
            return await new JobRunner(_parts).PlanAsync(job, new PlanOptions(), stop).ConfigureAwait(false);
        }
        catch (EtlException fault)
        {
            Say($"{job.Name}: {fault.Message}");
            return null;
        }
    }

    private async Task AskAgainAsync(JobDefinition job, IEnumerable<PlannedWindow> windows, CancellationToken stop)
    {
        foreach (var label in windows.Select(d => d.Key.Label).Distinct())
            await _scheduler.EnqueueAsync(new WorkItem(job.Name, label), stop).ConfigureAwait(false);
    }

    private static bool IsUnfinished(WindowRecord record) =>
        record.State is WindowState.Leased or WindowState.Pulling or WindowState.Pulled or WindowState.Staged or WindowState.Committing;

    private async Task PollAsync(JobDefinition job, CancellationToken cancellation)
    {
        try
        {
            var result = await new LiveRunner(_parts, _live).RunAsync(job, LiveJob.Stretch, cancellation).ConfigureAwait(false);
            foreach (var fault in result.Faults) Say($"{job.Name}: {fault.Message}");
        }
        catch (EtlException fault)
        {
            Say($"{job.Name}: {fault.Message}");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped or changed; the minutes that were begun have landed.
        }
        catch (Exception fault)
        {
            // A defect, or a full disk. The other jobs go on, and this one is tried again, but not at once: it may die of the same for ever.
            var said = $"Live job '{job.Name}' broke off and begins again every {s_brokenWait.TotalSeconds:0} s until it goes well: {fault.GetType().Name}: {fault.Message}";
            var isNew = !_broken.TryGetValue(job.Name, out var before) || before.Said != said;
            _broken[job.Name] = (_parts.Time.GetTimestamp(), said);
            if (isNew) _say(said);
        }
    }

    // The same trouble every ten seconds is said once.
    private void Say(string sentence)
    {
        if (Interlocked.Exchange(ref _lastSaid, sentence) != sentence) _say(sentence);
    }

    // A hook may have come while no server ran, or a server died with it: so its job is looked at like those whose alarm was missed.
    private static bool IsScheduled(JobDefinition job) => (job.Schedule is not null || job.Hooks is not null) && !job.IsLive;

    private static List<JobAlarm> Alarms(IEnumerable<JobDefinition> jobs) =>
        [.. jobs.Where(j => j.Schedule is not null && !j.IsLive).Select(j => new JobAlarm(j.Name, j.Schedule!))];

    /// <summary>A live job that goes on beside the scheduler.</summary>
    private sealed class LiveJob
    {
        /// <summary>A run remembers its minutes until it ends, so it ends once a day and begins again.</summary>
        public static readonly TimeSpan Stretch = TimeSpan.FromHours(24);

        private readonly CancellationTokenSource _end;
        private readonly Task _run;

        public LiveJob(JobDefinition job, Func<CancellationToken, Task> run, CancellationToken stop)
        {
            TextHash = job.TextHash;
            _end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            _run = Task.Run(() => run(_end.Token), CancellationToken.None);
        }

        public string TextHash { get; }

        public bool IsOver => _run.IsCompleted;

        public void End() => _end.Cancel();

        public async Task StopAsync()
        {
            await _end.CancelAsync().ConfigureAwait(false);
            await _run.ConfigureAwait(false);
            _end.Dispose();
        }
    }
}
