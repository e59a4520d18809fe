using Etl.Core.Ledger;
using Etl.Core.Runs;

namespace Etl.Testing.Simulation;

public sealed partial class SimLedger : ILedgerViews
{
    public Task<IReadOnlyList<WindowTally>> TalliesAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<WindowTally>>(
    [
        .. _entries.Values.Select(e => e.Record).GroupBy(r => (Key: new JobKey(r.Key.Job, r.Key.Source, r.Key.Account), r.State))
            .Select(g => new WindowTally(
                g.Key.Key, g.Key.State, g.Count(), g.Sum(r => r.LandedRows ?? 0), g.Where(r => r.LandedPull is not null).Select(r => (DateTimeOffset?)r.To).Max()))
            .OrderBy(t => t.Key.Job, StringComparer.Ordinal).ThenBy(t => t.Key.Source, StringComparer.Ordinal).ThenBy(t => t.Key.Account, StringComparer.Ordinal)
            .ThenBy(t => t.State.ToString(), StringComparer.OrdinalIgnoreCase),
    ]);

    public Task<IReadOnlyList<WindowRecord>> ListAsync(WindowQuery query, int skip, int take, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<WindowRecord>>(
    [
        .. Found(query).OrderByDescending(r => r.From).ThenBy(r => r.Key.Source, StringComparer.Ordinal).ThenBy(r => r.Key.Account, StringComparer.Ordinal)
            .Skip(skip).Take(take),
    ]);

    public Task<int> CountAsync(WindowQuery query, CancellationToken cancellation) => Task.FromResult(Found(query).Count());

    public Task<IReadOnlyList<PullSummary>> LatestPullsAsync(string job, int take, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<PullSummary>>(
    [
        .. _entries.Values.Where(e => e.Record.Key.Job == job).SelectMany(e => e.Pulls).OrderByDescending(p => p.Order).Take(take)
            .Select(p => new PullSummary(p.Pull.Key, p.Pull.Pull, p.Pull.StartedAt, p.Pull.EndedAt, p.Pull.Rows, p.Pull.Quarantined)),
    ]);

    public Task<IReadOnlyList<LandingRecord>> LatestRestatementsAsync(string job, int take, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<LandingRecord>>(
        [.. _entries.Values.Where(e => e.Record.Key.Job == job).SelectMany(e => e.Landings).Where(l => l.Landing.Restated is { Total: > 0 })
            .OrderByDescending(l => l.Order).Take(take).Select(l => l.Landing)]);

    private IEnumerable<WindowRecord> Found(WindowQuery query) => _entries.Values.Select(Look).Where(r =>
        r.Key.Job == query.Job
        && (query.States.Count == 0 || query.States.Contains(r.State))
        && (query.From is not { } from || r.From >= from)
        && (query.Before is not { } before || r.From < before)
        && (query.Label is null || r.Key.Label == query.Label));
}
