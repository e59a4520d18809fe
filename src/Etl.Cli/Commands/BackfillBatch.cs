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

/// <summary>
/// Windows of a backfill that servers work on: asked for, watched by way of the ledger, withdrawn. What an earlier backfill left behind of the same windows
/// (it was detached, killed, or its terminal closed) becomes a part of this one.
/// </summary>
internal sealed class BackfillBatch(ILedger ledger, IBacklog backlog, JobPlan plan, IReadOnlyList<string> due, bool force, TimeProvider time)
{
    /// <summary>Who asks for a backfill, in the backlog.</summary>
    public const string Asker = "backfill";

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly string _batch = Guid.NewGuid().ToString("n");
    private readonly List<WindowOutcome> _outcomes = [];
    private IReadOnlyList<string> _labels = [];
    private readonly Dictionary<WindowKey, WindowState> _seen = [];
    private readonly Dictionary<WindowKey, WindowRecord?> _before = plan.Due.ToDictionary(d => d.Key, d => d.Record);
    private WindowRecord? _refused;

    public IReadOnlyList<WindowOutcome> Outcomes => _outcomes;

    /// <summary>Labels of all windows of this backfill, those that were taken over too, oldest first.</summary>
    public IReadOnlyList<string> Labels => _labels;

    /// <summary>Those that are not in the plan: an earlier backfill asked for them, and a server has them in hand or will find nothing left to do.</summary>
    public IReadOnlyList<string> Joined => [.. _labels.Except(due)];

    /// <summary>Asks for all windows, and takes over what earlier backfills left of the named ones.</summary>
    /// <param name="named">Labels of the whole range, oldest first.</param>
    /// <param name="parallel">Windows at once, over all servers; it holds for what is taken over too.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>How many were taken over, and how many stay with others who had asked for them.</returns>
    public async Task<(int TakenOver, int OfOthers)> AskAsync(IReadOnlyList<string> named, int parallel, CancellationToken cancellation)
    {
        _labels = due;
        await backlog.AddAsync(Items(_batch, plan.Job.Name, due, force, parallel, time), cancellation).ConfigureAwait(false);
        var taken = await backlog.TakeOverAsync(Items(_batch, plan.Job.Name, named, force, parallel, time), cancellation).ConfigureAwait(false);
        var standing = Standing(await backlog.ListAsync(cancellation).ConfigureAwait(false)).ToList();
        var all = standing.Where(i => i.Batch == _batch).Select(i => i.Item.Label).Concat(due).ToHashSet(StringComparer.Ordinal);
        _labels = [.. named.Where(all.Contains)];
        return (taken, standing.Count(i => i.Batch != _batch && all.Contains(i.Item.Label)));
    }

    /// <summary>Watches until the last window is struck out. Once the service has refused the session of every account, withdraws what has not begun: it would fail alike.</summary>
    public async Task<IReadOnlyList<WindowOutcome>> WatchAsync(IRunObserver observer, Terminal terminal, CancellationToken cancellation)
    {
        var (meter, open, alone) = (new PaceMeter(plan.Job.Name, _labels.Count, observer, time), _labels.ToHashSet(StringComparer.Ordinal), false);
        while (open.Count > 0)
        {
            var standing = Standing(await backlog.ListAsync(cancellation).ConfigureAwait(false)).ToList();
            // Read after the list: what is not on it any more is settled here.
            var windows = (await ledger.WindowsAsync(plan.Job.Name, cancellation).ConfigureAwait(false)).ToLookup(w => w.Key.Label);
            if (_refused is null && (_refused = Refused(windows)) is not null)
            {
                var withdrawn = (await WithdrawAsync().ConfigureAwait(false)).Windows;
                terminal.Warn($"The service refused the session at window '{_refused.Key.Label}': {_refused.Reason} {Show.Number(withdrawn, "window")} had not begun and will not be asked for. The same command again goes on with what is not landed.");
                // What is withdrawn is not on the list that was read.
                continue;
            }
            foreach (var item in standing.Where(i => i.TakenBy is not null && open.Contains(i.Item.Label ?? "")))
                foreach (var window in windows[item.Item.Label!].Where(w => w.IsLeased && (!_seen.TryGetValue(w.Key, out var state) || state != w.State)))
                    observer.Moved(window.Key, _seen[window.Key] = window.State);
            foreach (var label in _labels.Where(l => open.Contains(l) && standing.All(i => i.Item.Label != l)))
            {
                open.Remove(label);
                var from = _outcomes.Count;
                foreach (var key in KeysOf(label, windows[label]))
                {
                    var outcome = await OutcomeAsync(key, windows[label].FirstOrDefault(w => w.Key == key), cancellation).ConfigureAwait(false);
                    _outcomes.Add(outcome);
                    observer.Finished(outcome);
                }
                meter.Ended(_outcomes[from..]);
            }
            if (open.Count == 0) break;
            meter.Tell();
            var now = (await backlog.ServersAsync(cancellation).ConfigureAwait(false)).Count == 0;
            if (now && !alone) terminal.Warn("No server lives on this ledger any more: the windows wait for the next 'etl serve'. Ctrl-C withdraws them.");
            alone = now;
            await Task.Delay(s_look, time, cancellation).ConfigureAwait(false);
        }
        return _outcomes;
    }

    /// <summary>Withdraws what no server has begun.</summary>
    public async Task<Withdrawal> WithdrawAsync()
    {
        var withdrawn = await backlog.WithdrawAsync(_batch, CancellationToken.None).ConfigureAwait(false);
        var left = Standing(await backlog.ListAsync(CancellationToken.None).ConfigureAwait(false)).Where(i => _labels.Contains(i.Item.Label)).ToList();
        return new Withdrawal(withdrawn, left.Count(i => i.Batch == _batch), [.. left.Where(i => i.Batch != _batch)]);
    }

    /// <summary>Withdraws what no server has begun of a range of windows that any backfill asked for.</summary>
    /// <param name="backlog">Where they stand.</param>
    /// <param name="job">The job.</param>
    /// <param name="named">Labels of the range.</param>
    /// <param name="forced">True for those of forced backfills, false for the others; null for both.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<Withdrawal> WithdrawAsync(IBacklog backlog, string job, IReadOnlyList<string> named, bool? forced, TimeProvider time, CancellationToken cancellation)
    {
        var batch = Guid.NewGuid().ToString("n");
        bool[] ways = forced is { } one ? [one] : [false, true];
        await backlog.TakeOverAsync([.. ways.SelectMany(way => Items(batch, job, named, way, parallel: null, time))], cancellation).ConfigureAwait(false);
        var withdrawn = await backlog.WithdrawAsync(batch, cancellation).ConfigureAwait(false);
        var labels = named.ToHashSet(StringComparer.Ordinal);
        var left = (await backlog.ListAsync(cancellation).ConfigureAwait(false)).Where(i => i.Item.Job == job && i.Item.Label is { } label && labels.Contains(label)).ToList();
        return new Withdrawal(withdrawn, left.Count(i => i.Batch == batch), [.. left.Where(i => i.Batch != batch)]);
    }

    private static IReadOnlyList<BacklogItem> Items(string batch, string job, IEnumerable<string> labels, bool force, int? parallel, TimeProvider time) =>
        [.. labels.Select(l => new BacklogItem(new WorkItem(job, l, force), batch, Asker, parallel, time.GetUtcNow()))];

    /// <summary>What stands of this backfill's kind, whoever asked for it.</summary>
    private IEnumerable<BacklogItem> Standing(IEnumerable<BacklogItem> items) => items.Where(i => i.Item.Job == plan.Job.Name && i.Item.Label is not null && i.Item.Force == force && !i.Item.Again);

    private IEnumerable<WindowKey> KeysOf(string label, IEnumerable<WindowRecord> windows)
    {
        var planned = plan.Due.Where(d => d.Key.Label == label).Select(d => d.Key);
        return plan.Unasked.Count == 0 && due.Contains(label) ? planned : planned.Concat(windows.Select(w => w.Key)).Distinct();
    }

    // Servers do each window by itself, and each would ask anew. While one account is not refused the others' windows must not stop for it.
    private WindowRecord? Refused(ILookup<string, WindowRecord> windows)
    {
        var refused = _labels.SelectMany(l => windows[l]).Where(w => w is { State: WindowState.Failed, IsLeased: false, ExitCode: ExitCode.Refused } && IsTried(w.Key, w)).ToList();
        if (refused.Count == 0) return null;
        var accounts = plan.Due.Select(d => d.Key.Account).Concat(plan.Unasked.Count == 0 ? [] : _labels.SelectMany(l => windows[l]).Select(w => w.Key.Account)).Distinct();
        return accounts.All(a => refused.Any(r => r.Key.Account == a)) ? refused[0] : null;
    }

    /// <summary>True when somebody has worked on the window since it was asked for.</summary>
    private bool IsTried(WindowKey key, WindowRecord? record) => (record?.Fence ?? 0) > (_before.GetValueOrDefault(key)?.Fence ?? 0);

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

/// <summary>What became of windows that somebody withdrew.</summary>
/// <param name="Windows">How many were taken back; no server had begun them.</param>
/// <param name="Working">How many servers work on, which end there.</param>
/// <param name="OfOthers">Those that stay, since others asked for them.</param>
internal sealed record Withdrawal(int Windows, int Working, IReadOnlyList<BacklogItem> OfOthers);
