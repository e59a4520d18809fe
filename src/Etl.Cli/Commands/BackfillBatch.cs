using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Cli.Commands;

/// <summary>Windows of a backfill that servers work on: asked for, watched by way of the ledger, withdrawn.</summary>
internal sealed class BackfillBatch(ILedger ledger, IBacklog backlog, JobPlan plan, IReadOnlyList<string> labels, bool force, TimeProvider time)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly string _batch = Guid.NewGuid().ToString("n");
    private readonly List<WindowOutcome> _outcomes = [];
    private readonly Dictionary<WindowKey, WindowState> _seen = [];
    private readonly Dictionary<WindowKey, WindowRecord?> _before = plan.Due.ToDictionary(d => d.Key, d => d.Record);
    private WindowRecord? _refused;

    public IReadOnlyList<WindowOutcome> Outcomes => _outcomes;

    /// <summary>Asks for all windows; returns how many nobody had asked for yet.</summary>
    public Task<int> AskAsync(int parallel, CancellationToken cancellation) => backlog.AddAsync(
        [.. labels.Select(l => new BacklogItem(new WorkItem(plan.Job.Name, l, force), _batch, "backfill", parallel, time.GetUtcNow()))], cancellation);

    /// <summary>Watches until the last window is struck out. Once the service has refused the session of every account, withdraws what has not begun: it would fail alike.</summary>
    public async Task<IReadOnlyList<WindowOutcome>> WatchAsync(IRunObserver observer, Terminal terminal, CancellationToken cancellation)
    {
        var (began, open, alone) = (time.GetTimestamp(), labels.ToHashSet(StringComparer.Ordinal), false);
        while (open.Count > 0)
        {
            var standing = (await backlog.ListAsync(cancellation).ConfigureAwait(false)).Where(i => i.Item.Job == plan.Job.Name && i.Item.Force == force && !i.Item.Again).ToList();
            // Read after the list: what is not on it any more is settled here.
            var windows = (await ledger.WindowsAsync(plan.Job.Name, cancellation).ConfigureAwait(false)).ToLookup(w => w.Key.Label);
            if (_refused is null && (_refused = Refused(windows)) is not null)
            {
                var (withdrawn, _) = await WithdrawAsync().ConfigureAwait(false);
                terminal.Warn($"The service refused the session at window '{_refused.Key.Label}': {_refused.Reason} {Show.Number(withdrawn, "window")} had not begun and will not be asked for. The same command again goes on with what is not landed.");
                // What is withdrawn is not on the list that was read.
                continue;
            }
            foreach (var item in standing.Where(i => i.TakenBy is not null && open.Contains(i.Item.Label ?? "")))
                foreach (var window in windows[item.Item.Label!].Where(w => w.IsLeased && (!_seen.TryGetValue(w.Key, out var state) || state != w.State)))
                    observer.Moved(window.Key, _seen[window.Key] = window.State);
            foreach (var label in labels.Where(l => open.Contains(l) && standing.All(i => i.Item.Label != l)))
            {
                open.Remove(label);
                foreach (var key in KeysOf(label, windows[label]))
                {
                    var outcome = await OutcomeAsync(key, windows[label].FirstOrDefault(w => w.Key == key), cancellation).ConfigureAwait(false);
                    _outcomes.Add(outcome);
                    observer.Finished(outcome);
                }
            }
            if (open.Count == 0) break;
            (observer as IPaceObserver)?.Paced(plan.Job.Name, Pace(labels.Count - open.Count, time.GetElapsedTime(began)));
            var now = (await backlog.ServersAsync(cancellation).ConfigureAwait(false)).Count == 0;
            if (now && !alone) terminal.Warn("No server lives on this ledger any more: the windows wait for the next 'etl serve'. Ctrl-C withdraws them.");
            alone = now;
            await Task.Delay(s_look, time, cancellation).ConfigureAwait(false);
        }
        return _outcomes;
    }

    /// <summary>Withdraws what no server has begun. Returns how many, and how many of the batch are still worked on.</summary>
    public async Task<(int Withdrawn, int Left)> WithdrawAsync()
    {
        var withdrawn = await backlog.WithdrawAsync(_batch, CancellationToken.None).ConfigureAwait(false);
        return (withdrawn, (await backlog.ListAsync(CancellationToken.None).ConfigureAwait(false)).Count(i => i.Batch == _batch));
    }

    private IEnumerable<WindowKey> KeysOf(string label, IEnumerable<WindowRecord> windows)
    {
        var planned = plan.Due.Where(d => d.Key.Label == label).Select(d => d.Key);
        return plan.Unasked.Count == 0 ? planned : planned.Concat(windows.Select(w => w.Key)).Distinct();
    }

    // Servers do each window by itself, and each would ask anew. While one account is not refused the others' windows must not stop for it.
    private WindowRecord? Refused(ILookup<string, WindowRecord> windows)
    {
        var refused = labels.SelectMany(l => windows[l]).Where(w => w is { State: WindowState.Failed, IsLeased: false, ExitCode: ExitCode.Refused } && IsTried(w.Key, w)).ToList();
        if (refused.Count == 0) return null;
        var accounts = plan.Due.Select(d => d.Key.Account).Concat(plan.Unasked.Count == 0 ? [] : labels.SelectMany(l => windows[l]).Select(w => w.Key.Account)).Distinct();
        return accounts.All(a => refused.Any(r => r.Key.Account == a)) ? refused[0] : null;
    }

    /// <summary>True when somebody has worked on the window since it was asked for.</summary>
    private bool IsTried(WindowKey key, WindowRecord? record) => (record?.Fence ?? 0) > (_before.GetValueOrDefault(key)?.Fence ?? 0);

    private string Pace(int done, TimeSpan elapsed)
    {
        var (held, failed) = (_outcomes.Count(o => o.State == WindowState.Held), _outcomes.Count(o => o.ExitCode is not (ExitCode.Done or ExitCode.Held)));
        var troubles = (held > 0 ? $", {held} held" : "") + (failed > 0 ? $", {failed} failed" : "");
        if (done == 0) return $"0 of {Show.Count(labels.Count)} done";
        var left = elapsed / done * (labels.Count - done);
        return FormattableString.Invariant($"{done:N0} of {labels.Count:N0} done, {done / elapsed.TotalMinutes:N0} a minute, about {Show.Roughly(left)} left{troubles}");
    }

    private async Task<WindowOutcome> OutcomeAsync(WindowKey key, WindowRecord? record, CancellationToken cancellation)
    {
        var tells = plan.Job.Sources.Any(s => s.Name == key.Source && s.TellsAccounts);
        if (_refused is { } cause && !IsTried(key, record)) return JobRunner.LeftOut(key, tells, cause.Key.Label, ExitCode.Refused);
        // A window that a run looked at and left alone is planned for the ledger; what it published before is still there.
        var state = record is { State: WindowState.Planned, LandedPull: not null } ? WindowState.Landed : record?.State ?? WindowState.Planned;
        var id = state switch { WindowState.Landed or WindowState.Frozen => record!.LandedPull, WindowState.Held => record!.HeldPull, _ => null };
        // What was published before the question is no answer to it.
        if (force && id is not null && state != WindowState.Held && id == plan.Due.FirstOrDefault(d => d.Key == key)?.Record?.LandedPull) id = null;
        if (id is null)
            return new WindowOutcome
            {
                Key = key, State = state, Fence = record?.Fence ?? 0, TellsAccount = tells,
                ExitCode = record is { State: WindowState.Failed, ExitCode: { } exit } ? exit : ExitCode.WindowFailed,
                Message = record?.Reason ?? "It was withdrawn, or given up by the servers; their log tells.",
            };
        var pull = (await ledger.PullsAsync(key, cancellation).ConfigureAwait(false)).LastOrDefault(p => p.Pull == id);
        var landings = (await ledger.LandingsAsync(key, cancellation).ConfigureAwait(false)).Where(l => l.Pull == id && l.Outcome == LandingOutcome.Landed);
        return new WindowOutcome
        {
            Key = key, State = state, Pull = id, Fence = pull?.Fence ?? record!.Fence, Rows = pull?.Rows ?? record!.LandedRows ?? 0, Quarantined = pull?.Quarantined ?? 0,
            Checks = pull?.Checks ?? [], Elapsed = pull is null ? TimeSpan.Zero : pull.EndedAt - pull.StartedAt, TellsAccount = tells,
            Targets = [.. landings.Select(l => new TargetOutcome(l.Target.Split(':')[0], l.Location, l.Rows, l.Bytes, l.Outcome) { Restated = l.Restated })],
            ExitCode = state == WindowState.Held ? ExitCode.Held : ExitCode.Done,
            Message = state == WindowState.Held ? record!.Reason : null,
        };
    }
}
