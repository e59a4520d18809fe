using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Serving;

// What servers on one ledger share: the backlog, and which of them polls a live job.
public sealed partial class JobServer
{
    private static readonly TimeSpan s_ended = TimeSpan.FromMilliseconds(-1), s_restAfter = TimeSpan.FromSeconds(30), s_brokenWait = TimeSpan.FromSeconds(30);

    // Live jobs that died of a defect: when, by the parts' clock, and what was said of it.
    private readonly ConcurrentDictionary<string, (long At, string Said)> _broken = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _startedAt = TimeProvider.System.GetUtcNow();
    private volatile TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Windows worked on at once.</summary>
    public int Workers { get; init; } = JobRunner.DefaultParallel;

    /// <summary>Where the page of this server is, for the others; null while there is none.</summary>
    public string? Url { get; set; }

    /// <summary>Told of an item that ended on this server because somebody cancelled it; from several threads. It is no fault, and the ledger keeps what is due of it.</summary>
    public Action<WorkItem> Cancelled { get; init; } = _ => { };

    /// <summary>How often this server looks what was asked for; what it is asked itself it takes up at once.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often this server says that it lives.</summary>
    public TimeSpan BeatEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long it counts as alive without saying so: longer than any pause of a healthy machine. Too short does no harm but double work.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromSeconds(20);

    // Leases carry the same name, so that it is known which server works on a window.
    private ServerRecord Self => new(_parts.Owner, Engine, Workers, Url, _startedAt);

    private BacklogWorker Worker() => new(_backlog, Self, DoAsync, Wake, Say, _parts.Time) { Cancelled = Cancelled };

    private async Task ShareAsync(BacklogWorker worker, CancellationToken stop)
    {
        long? beaten = null;
        while (true)
        {
            if (_wake.Task.IsCompleted) _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            try
            {
                if (beaten is null || _parts.Time.GetElapsedTime(beaten.Value) >= BeatEvery)
                {
                    await BeatAsync(stop).ConfigureAwait(false);
                    beaten = _parts.Time.GetTimestamp();
                    await KeepLiveAsync(stop).ConfigureAwait(false);
                }
                await worker.LookAsync(stop).ConfigureAwait(false);
                worker.Rest(_parts.Time, s_restAfter);
            }
            catch (Exception fault) when (fault is EtlException or IOException or UnauthorizedAccessException)
            {
                // The ledger is not to be had for now: the next round tries again.
                Say(fault.Message);
            }
            await Task.WhenAny(_wake.Task, Task.Delay(LookEvery, _parts.Time, stop)).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }
    }

    private async Task BeatAsync(CancellationToken stop)
    {
        await _backlog.BeatAsync(Self, Lifetime, stop).ConfigureAwait(false);
        // A process of this machine that is surely gone need not be waited for.
        foreach (var server in await _backlog.ServersAsync(stop).ConfigureAwait(false))
            if (WorkerName.IsGone(server.Name)) await _backlog.BeatAsync(server, s_ended, stop).ConfigureAwait(false);
    }

    /// <summary>Does an item for the backlog or the scheduler, and says whether it must be done again.</summary>
    private async Task<WorkEnd> DoAsync(WorkItem item, CancellationToken cancellation)
    {
        var outcomes = await _work.DoAsync(item, cancellation).ConfigureAwait(false);
        if (item.Label is null) return WorkEnd.Done;
        if (outcomes.Any(o => o.State is WindowState.Failed or WindowState.Unknown or WindowState.Superseded)) _again.IsUnfinished = true;
        if (outcomes.Any(o => o.State is WindowState.Leased or WindowState.Superseded)) return WorkEnd.Busy;
        // A person has to act first, and a service that refuses us is not to be asked every minute.
        if (outcomes.Any(o => o.Code == JobRunner.NotBegun)) return WorkEnd.Stopped;
        // Failed before it was leased (a target or the ledger was away): the ledger knows nothing of it, so it would be lost.
        if (outcomes.Any(o => o is { State: WindowState.Failed, Fence: 0 })) return WorkEnd.Fault;
        // A window that the plan left alone because another run has it: that one may still fail.
        var windows = await _parts.Ledger.WindowsAsync(item.Job, cancellation).ConfigureAwait(false);
        return windows.Any(w => w.Key.Label == item.Label && w.IsLeased) ? WorkEnd.Busy : WorkEnd.Done;
    }

    /// <summary>
    /// Begins the live jobs that are new, ends those that are gone or changed, and begins again those that ended by themselves, after a rest where it was a defect. Of several servers one polls
    /// each job; another one takes over when it dies. Should two poll for a moment, the fences keep each minute whole.
    /// </summary>
    private async Task KeepLiveAsync(CancellationToken stop)
    {
        foreach (var (name, running) in _liveJobs.ToList())
        {
            if (running.IsOver) _liveJobs.Remove(name);
            else if (!_jobs.Any(j => j.Name == name && j.TextHash == running.TextHash)) running.End();
        }
        foreach (var job in _jobs.Where(j => j.IsLive))
        {
            var leads = await _backlog.LeadAsync(job.Name, _parts.Owner, stop).ConfigureAwait(false);
            if (_liveJobs.TryGetValue(job.Name, out var running))
            {
                if (!leads) running.End();
            }
            else if (leads && !(_broken.TryGetValue(job.Name, out var broken) && _parts.Time.GetElapsedTime(broken.At) < s_brokenWait)) _liveJobs[job.Name] = new LiveJob(job, cancellation => PollAsync(job, cancellation), stop);
        }
    }

    /// <summary>Says that this server lives until its work has ended: nobody is to take from it what it is finishing.</summary>
    private async Task LingerAsync()
    {
        try
        {
            await _backlog.BeatAsync(Self, Grace + Lifetime, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException fault)
        {
            Say(fault.Message);
        }
    }

    private async Task LeaveAsync()
    {
        try
        {
            await _backlog.LeaveAsync(_parts.Owner, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException fault)
        {
            // The others see soon that its heart stands still.
            Say(fault.Message);
        }
    }

    /// <summary>Does both until they are stopped; a defect of one ends the other, so that no server lives on by half.</summary>
    private static async Task BothAsync(Func<CancellationToken, Task> one, Func<CancellationToken, Task> other, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] both = [one(end.Token), other(end.Token)];
        await Task.WhenAny(both).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(both).ConfigureAwait(false);
    }

    private void Wake() => _wake.TrySetResult();
}
