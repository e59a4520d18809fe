using System.Collections.Concurrent;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Pipeline.Alerts;

/// <summary>
/// The alerts of a server: looks at each job's after its windows end and once a minute, and delivers what is to be told. Apart from the runs: no
/// fault of an alert or a channel ever reaches a landing or makes it wait.
/// </summary>
public sealed class AlertService : IRunObserver, IDisposable
{
    private static readonly TimeSpan s_keepMessages = TimeSpan.FromDays(30), s_sweepEvery = TimeSpan.FromHours(1);

    private readonly AlertWatch _watch;
    private readonly AlertPost _post;
    private readonly IAlertOutbox _outbox;
    private readonly Func<IReadOnlyList<JobDefinition>> _jobs;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, byte> _ended = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);

    /// <summary>Makes the service.</summary>
    /// <param name="watch">Looks at the alerts of a job.</param>
    /// <param name="post">Delivers messages.</param>
    /// <param name="outbox">Where they wait.</param>
    /// <param name="jobs">The jobs as their files have them now.</param>
    /// <param name="say">Takes one sentence for the log; from several threads.</param>
    /// <param name="time">The clock.</param>
    public AlertService(AlertWatch watch, AlertPost post, IAlertOutbox outbox, Func<IReadOnlyList<JobDefinition>> jobs, Action<string> say, TimeProvider time) =>
        (_watch, _post, _outbox, _jobs, _say, _time) = (watch, post, outbox, jobs, say, time);

    /// <summary>How often every alert is looked at.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long windows that end one after the other are gathered before their job is looked at.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Runs until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var post = _post.RunAsync(stop);
        var (lastLook, lastSweep) = ((long?)null, (long?)null);
        try
        {
            while (true)
            {
                var isAll = lastLook is not { } last || _time.GetElapsedTime(last) >= LookEvery;
                if (isAll) lastLook = _time.GetTimestamp();
                var ended = _ended.Keys.ToList();
                foreach (var name in ended) _ended.TryRemove(name, out _);
                foreach (var job in _jobs().Where(j => j.Alerts.Count > 0 && (isAll || ended.Contains(j.Name))))
                    await GuardedAsync(job.Name, $"The alerts of job '{job.Name}' could not be looked at and will be", () => _watch.LookAsync(job, stop), stop).ConfigureAwait(false);
                if (lastSweep is not { } swept || _time.GetElapsedTime(swept) >= s_sweepEvery)
                {
                    lastSweep = _time.GetTimestamp();
                    await GuardedAsync("", "Old messages of alerts could not be forgotten and will be", () => _outbox.SweepAsync(s_keepMessages, stop), stop).ConfigureAwait(false);
                }
                await _wake.WaitAsync(LookEvery, stop).ConfigureAwait(false);
                await Task.Delay(Gather, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped; the next server looks at what landed meanwhile.
        }
        await post.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Finished(WindowOutcome outcome)
    {
        if (!_ended.TryAdd(outcome.Key.Job, 0)) return;
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Awake already.
        }
    }

    /// <inheritdoc/>
    public void Planned(string job, int windows, int notDue)
    {
    }

    /// <inheritdoc/>
    public void Moved(WindowKey key, WindowState state)
    {
    }

    /// <inheritdoc/>
    public void Progressed(WindowKey key, PullProgress progress)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    // Whatever happens to one job's alerts, the others are looked at, and so is this one the next time; the same trouble is said once.
    private async Task GuardedAsync(string what, string failed, Func<Task> work, CancellationToken stop)
    {
        try
        {
            await work().ConfigureAwait(false);
            _said.Remove(what);
        }
        catch (Exception fault) when (!(fault is OperationCanceledException && stop.IsCancellationRequested))
        {
            var message = fault is EtlException ? fault.Message : $"{fault.GetType().Name}: {fault.Message}";
            if (_said.GetValueOrDefault(what) == message) return;
            _said[what] = message;
            _say($"{failed}: {message}");
        }
    }
}
