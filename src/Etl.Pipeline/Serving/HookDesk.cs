using System.Threading.Channels;
using Etl.Core.Errors;
using Etl.Core.Hooks;
using Etl.Core.Jobs;
using Etl.Core.Scheduling;
using Etl.Core.Windows;

namespace Etl.Pipeline.Serving;

/// <summary>
/// Takes hooks into the inbox and passes them on to the desk. Both go through the inbox and there is no shorter way: what a crash left
/// there, on this server or another one, is passed on like what came a moment ago.
/// </summary>
/// <param name="desk">Whom the work is asked of.</param>
/// <param name="inbox">Where hooks are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="say">Takes one sentence for the log.</param>
public sealed class HookDesk(IServerDesk desk, IHookInbox inbox, TimeProvider time, Action<string> say)
{
    // Full means "look": once is enough for any number of hooks.
    private readonly Channel<bool> _came = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private string _lastSaid = "";

    /// <summary>How often the inbox is looked into when nothing comes: windows that were waited for close, and other servers crash.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Names of all jobs, whether they take hooks or not.</summary>
    public IReadOnlyList<string> Jobs => [.. desk.Jobs.Select(j => j.Name)];

    /// <summary>The job, if there is one that takes hooks.</summary>
    public JobDefinition? Find(string job) => desk.Jobs.FirstOrDefault(j => j.Name == job && j.Hooks is not null);

    /// <summary>Keeps a hook. When this returns it will be passed on, whatever happens to this process.</summary>
    /// <returns>False when it was taken before.</returns>
    public async Task<bool> TakeAsync(JobDefinition job, string? id, DateTimeOffset? eventAt, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // A sender without an id speaks anew each time.
        var hook = Aim(job, new KeptHook(job.Name, id ?? $"own{Guid.NewGuid():N}", null, false, now, now), eventAt ?? now, now);
        var kept = await inbox.TryKeepAsync(hook, cancellation).ConfigureAwait(false);
        if (kept) _came.Writer.TryWrite(true);
        return kept;
    }

    /// <summary>Passes hooks on until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                try
                {
                    await PassOnAsync(stop).ConfigureAwait(false);
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    // Whatever it was: hooks are still taken, so they must still be passed on.
                    Say($"Hooks wait: {fault.Message}");
                }
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
                await Task.WhenAny(_came.Reader.WaitToReadAsync(either.Token).AsTask(), Task.Delay(LookEvery, time, either.Token)).ConfigureAwait(false);
                await either.CancelAsync().ConfigureAwait(false);
                stop.ThrowIfCancellationRequested();
                _came.Reader.TryRead(out _);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What waits is in the inbox.
        }
    }

    /// <summary>Passes on what waits now: many hooks that ask for one thing ask once.</summary>
    internal async Task PassOnAsync(CancellationToken cancellation)
    {
        try
        {
            var waiting = await inbox.WaitingAsync(time.GetUtcNow(), cancellation).ConfigureAwait(false);
            foreach (var group in waiting.GroupBy(h => (h.Job, h.Label)))
            {
                // The same that is asked for already may be pulled by now, and then without what this hook is about: it is asked for again when that is done.
                if (await AskAsync(new WorkItem(group.Key.Job, group.Key.Label, Again: group.Any(h => h.Force)), cancellation).ConfigureAwait(false))
                    await inbox.PassedOnAsync([.. group], cancellation).ConfigureAwait(false);
            }
        }
        catch (EtlException fault)
        {
            // The ledger is not to be had: the next round tries again.
            Say($"Hooks wait: {fault.Message}");
        }
    }

    private async Task<bool> AskAsync(WorkItem item, CancellationToken cancellation)
    {
        try
        {
            return await desk.AskAsync(item, "hook", cancellation).ConfigureAwait(false);
        }
        catch (EtlException fault) when (!fault.IsTransient)
        {
            // The job is gone or cuts time in another way by now: nobody will ever want this one.
            Say($"A hook of job '{item.Job}' was dropped: {fault.Message}");
            return true;
        }
    }

    // The same trouble every half minute is said once.
    private void Say(string sentence)
    {
        if (_lastSaid == sentence) return;
        _lastSaid = sentence;
        say(sentence);
    }

    private static KeptHook Aim(JobDefinition job, KeptHook hook, DateTimeOffset eventAt, DateTimeOffset now)
    {
        if (job.Hooks != HookAim.Window) return hook;
        var window = new WindowCalendar(job.Window.TimeZone, job.Window.Every).Containing(eventAt);
        var closes = window.To + job.Window.Settle;
        // One that has closed may have been pulled without the event; one that is open cannot have been.
        return closes <= now ? hook with { Label = window.Label, Force = true } : hook with { Label = window.Label, AskAt = closes };
    }
}
