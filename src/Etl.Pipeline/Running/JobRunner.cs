using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;

namespace Etl.Pipeline.Running;

/// <summary>Runs the windows of a job's plan, a few at a time.</summary>
public sealed class JobRunner(PipelineParts parts)
{
    /// <summary>
    /// Default number of windows worked on at once. Calls to the service are limited apart from it, per account: half as many windows again as calls keep the
    /// line full while some of them land (docs/benchmarks).
    /// </summary>
    public const int DefaultParallel = 6;

    /// <summary>Code of the outcome of a window that was left out, since the account could not be asked at all: nothing of it was touched, and the ledger knows nothing of it.</summary>
    public const string NotBegun = "not-begun";

    /// <summary>Plans the job and runs what the plan says.</summary>
    /// <returns>
    /// The plan and one outcome for each of its windows, in its order, but for those that a cancellation came before; then one for each that was left alone because
    /// it is parked.
    /// </returns>
    public async Task<(JobPlan Plan, IReadOnlyList<WindowOutcome> Outcomes)> RunAsync(
        JobDefinition job, PlanOptions options, int parallel, CancellationToken cancellation)
    {
        var plan = await PlanAsync(job, options, cancellation).ConfigureAwait(false);
        var outcomes = new WindowOutcome?[plan.Due.Count];
        var runner = new WindowRunner(parts);
        // Sources of one window and account go one after the other, tables first, so that one round trip can answer several.
        var groups = plan.Due.Select((window, i) => (Window: window, Index: i)).GroupBy(d => (d.Window.Key.Account, d.Window.Key.Label))
            .Select(g => g.OrderBy(d => d.Window.Source.Action == "table" ? 0 : 1).ToList()).ToList();
        var stopped = new ConcurrentDictionary<string, WindowOutcome>(StringComparer.Ordinal);
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(parallel, groups.Count)).Select(_ => parts.Beside(WorkAsync))).ConfigureAwait(false);
        await SweepRawAsync(job, cancellation).ConfigureAwait(false);
        await ExportStep.AfterAsync(parts, job, cancellation).ConfigureAwait(false);
        return (plan, [.. outcomes.OfType<WindowOutcome>(), .. plan.Parked.Select(p => LeftParked(job, p))]);

        async Task WorkAsync()
        {
            while (!cancellation.IsCancellationRequested)
            {
                var i = Interlocked.Increment(ref next);
                if (i >= groups.Count) return;
                for (var j = 0; j < groups[i].Count && !cancellation.IsCancellationRequested; j++)
                {
                    var (window, index) = groups[i][j];
                    if (stopped.TryGetValue(window.Key.Account, out var cause))
                    {
                        parts.Observer.Finished(outcomes[index] = LeftOut(window.Key, window.Source.TellsAccounts, cause.Key.Label, cause.ExitCode));
                        continue;
                    }
                    var outcome = await runner.RunAsync(
                        job, window with { Together = [.. groups[i].Skip(j + 1).Select(d => d.Window.Source)] }, cancellation).ConfigureAwait(false);
                    outcomes[index] = outcome;
                    // A refused session or a wrong setting fails every window of an account alike: stop asking for it. Its windows stay due.
                    if (outcome.ExitCode is ExitCode.Refused or ExitCode.Usage) stopped.TryAdd(window.Key.Account, outcome);
                }
            }
        }
    }

    /// <summary>The outcome of a window that was left out: whoever asked for it must not take it for done.</summary>
    /// <param name="key">The window.</param>
    /// <param name="tellsAccount">True when the job speaks of accounts.</param>
    /// <param name="cause">Label of the window that showed that the account cannot be asked.</param>
    /// <param name="exitCode">What that one asked for.</param>
    public static WindowOutcome LeftOut(WindowKey key, bool tellsAccount, string cause, int exitCode) => new()
    {
        Key = key, State = WindowState.Failed, ExitCode = exitCode, Code = NotBegun, TellsAccount = tellsAccount,
        Message = $"It was not begun: what stopped window '{cause}' stops all of this account. Nothing of it was touched; run it again when the reason is gone.",
    };

    /// <summary>Plans the job, remembers where it began, and removes what runs that died left: what every run begins with.</summary>
    /// <exception cref="EtlException">A label is not one of this job's, or the ledger or the list of accounts is not to be had.</exception>
    public async Task<JobPlan> PlanAsync(JobDefinition job, PlanOptions options, CancellationToken cancellation)
    {
        var plan = await new DuePlanner(parts.Ledger, parts.Sources, parts.Time).PlanAsync(job, options, cancellation).ConfigureAwait(false);
        parts.Observer.Planned(job.Name, plan.Due.Count, plan.UpToDate);
        await BeginAsync(job, plan, options, cancellation).ConfigureAwait(false);
        await SweepStagingAsync(job, cancellation).ConfigureAwait(false);
        return plan;
    }

    /// <summary>
    /// Removes staged pulls of this job that nobody waits for: a run that died between settling and cleaning up leaves
    /// one whose window is not due again. Held pulls, those whose landing was interrupted, and those of a run that is alive, stay. So does one that this ledger
    /// never saw begin, until its window lands: a ledger that was lost, or restored, may have known it as held.
    /// </summary>
    internal async Task SweepStagingAsync(JobDefinition job, CancellationToken cancellation)
    {
        parts.Staging.Sweep();
        foreach (var pull in parts.Staging.List())
        {
            if (Look(pull) is not { } staged || staged.Key.Job != job.Name) continue;
            var record = await parts.Ledger.FindWindowAsync(staged.Key, cancellation).ConfigureAwait(false);
            var alive = record is { IsLeased: true, Owner: { } owner } && !WorkerName.IsGone(owner);
            if (alive || record is null || record.HeldPull == pull || await IsWaitingAsync(job, record, pull, cancellation).ConfigureAwait(false)) continue;
            var steps = await parts.Ledger.StepsAsync(staged.Key, cancellation).ConfigureAwait(false);
            if (record.LandedAt > staged.PulledAt || steps.Any(s => s.Pull == pull)) parts.Staging.Remove(pull);
        }
    }

    private async Task<bool> IsWaitingAsync(JobDefinition job, WindowRecord record, string pull, CancellationToken cancellation) =>
        job.Sources.FirstOrDefault(s => s.Name == record.Key.Source) is { } source
        && (await WaitingPull.FindAsync(parts, record.Key, record, source.DefinitionHash(job.Window.TimeZone), cancellation).ConfigureAwait(false))?.Pull == pull;

    /// <summary>Removes recordings that are older than the job keeps them. A run that is stopped leaves that to the next one.</summary>
    internal async Task SweepRawAsync(JobDefinition job, CancellationToken cancellation)
    {
        var now = parts.Time.GetUtcNow();
        var failed = job.Raw > JobDefinition.LeastFailedRaw ? job.Raw : JobDefinition.LeastFailedRaw;
        try
        {
            await parts.Raw.SweepAsync(job.Name, now - job.Raw, now - failed, () => NeededRaw(job), cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The windows that are done must be told all the same.
        }
    }

    // An audit log takes the replies with the rows: they stay for as long as the rows may still land.
    private IReadOnlyList<string> NeededRaw(JobDefinition job) => job.Sources.Any(s => job.IsAudited(s.Name)) ? parts.Staging.List() : [];

    // Its rows are missing until a person acts: no run that saw that ends as if all were well.
    private WindowOutcome LeftParked(JobDefinition job, WindowRecord parked)
    {
        var outcome = new WindowOutcome
        {
            Key = parked.Key, State = WindowState.Parked, Fence = parked.Fence, ExitCode = ExitCode.WindowFailed, Code = Parking.Code, Message = Parking.Describe(parked),
            TellsAccount = job.Sources.Any(s => s.Name == parked.Key.Source && s.TellsAccounts),
        };
        parts.Observer.Finished(outcome);
        return outcome;
    }

    private (WindowKey Key, DateTimeOffset PulledAt)? Look(string pull)
    {
        try
        {
            using var staged = parts.Staging.Open(pull);
            return staged is null ? null : (staged.Key, staged.Stamp.PulledAt);
        }
        catch (EtlException)
        {
            // Damaged: it says so when somebody wants to release it.
            return null;
        }
    }

    private async Task BeginAsync(JobDefinition job, JobPlan plan, PlanOptions options, CancellationToken cancellation)
    {
        if (options.From is not null || options.To is not null) return;
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var first = DuePlanner.FirstOfNewJob(calendar, plan.LatestClosed, job.Window.Lookback).Label;
        foreach (var key in plan.Accounts) await parts.Ledger.BeginJobAsync(key, first, cancellation).ConfigureAwait(false);
    }
}
