using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;

namespace Etl.Server.Reading;

/// <summary>
/// Reads what pages, API and metrics show of all jobs. One reading serves everybody for a few seconds, so a hundred people who look cost the
/// ledger no more than one.
/// </summary>
public sealed class Overviews
{
    /// <summary>How old a reading may be.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    /// <summary>Windows of a job that are read, counted by label; with them the pulls that tell how long they took, of which a window has several.</summary>
    public const int NewestWindows = 30, NewestPulls = 90;

    private const int Shown = 20, AtOnce = 4;
    private static readonly WindowState[] s_attention = [WindowState.Held, WindowState.Failed, WindowState.Parked, WindowState.Unknown];

    private readonly ServerParts _parts;
    private readonly Fresh<ServerOverview> _overview;

    /// <summary>Makes the reader.</summary>
    public Overviews(ServerParts parts)
    {
        _parts = parts;
        _overview = new Fresh<ServerOverview>(Lifetime, parts.Time, ReadAsync);
    }

    /// <summary>All jobs; shared with others and at most <see cref="Lifetime"/> old.</summary>
    public Task<ServerOverview> GetAsync(CancellationToken cancellation) => _overview.GetAsync(cancellation);

    /// <summary>Something was changed from here: the next one who asks sees it.</summary>
    public void Forget() => _overview.Forget();

    private async Task<ServerOverview> ReadAsync(CancellationToken cancellation)
    {
        var now = _parts.Time.GetUtcNow();
        var tallies = (await _parts.Views.TalliesAsync(cancellation).ConfigureAwait(false)).ToLookup(t => t.Key.Job, StringComparer.Ordinal);
        var next = await NextAsync(cancellation).ConfigureAwait(false);
        var alerts = (_parts.Alerts is { } store ? await store.ListAsync(null, cancellation).ConfigureAwait(false) : []).ToLookup(a => a.State.Key.Job, StringComparer.Ordinal);
        var definitions = _parts.Desk.Jobs.OrderBy(j => j.Name, StringComparer.Ordinal).ToList();
        var jobs = new JobOverview[definitions.Count];
        // Of what a job is asked most is waiting for the ledger's server.
        await Parallel.ForAsync(0, jobs.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (i, stop) =>
        {
            var job = definitions[i];
            jobs[i] = await ReadAsync(job, [.. tallies[job.Name]], next, now, stop).ConfigureAwait(false) with { Alerts = AlertStanding.Of(job.Alerts, alerts[job.Name]) };
        }).ConfigureAwait(false);
        return new ServerOverview(
            now, _parts.Desk.Engine, _parts.Desk.JobFault, jobs,
            _parts.Backlog is { } servers ? await servers.ServersAsync(cancellation).ConfigureAwait(false) : [],
            _parts.Backlog is { } backlog ? await backlog.ListAsync(cancellation).ConfigureAwait(false) : []);
    }

    private async Task<JobOverview> ReadAsync(
        JobDefinition job, IReadOnlyList<WindowTally> tallies, IReadOnlyList<NextFiring> next, DateTimeOffset now, CancellationToken cancellation)
    {
        var states = tallies.GroupBy(t => t.State).ToDictionary(g => g.Key, g => g.Sum(t => t.Windows));
        var query = new WindowQuery(job.Name);
        return new JobOverview
        {
            Definition = job,
            States = states,
            PublishedRows = tallies.Sum(t => t.Rows),
            Newest = WholeLabels(await _parts.Views.ListAsync(query, 0, NewestWindows * Math.Max(1, tallies.Select(t => t.Key).Distinct().Count()), cancellation).ConfigureAwait(false)),
            Pulls = await _parts.Views.LatestPullsAsync(job.Name, NewestPulls, cancellation).ConfigureAwait(false),
            Restated = await _parts.Views.LatestRestatementsAsync(job.Name, Shown, cancellation).ConfigureAwait(false),
            Attention = s_attention.Any(states.ContainsKey)
                ? await _parts.Views.ListAsync(query with { States = s_attention }, 0, Shown, cancellation).ConfigureAwait(false)
                : [],
            Freshness = FreshnessReader.Of(job, tallies, now),
            NextFiring = next.FirstOrDefault(n => n.Job == job.Name)?.At,
        };
    }

    private async Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation)
    {
        try
        {
            return await _parts.Desk.NextAsync(cancellation).ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            return []; // The scheduler has not begun yet, or has stopped.
        }
    }

    private static IReadOnlyList<WindowRecord> WholeLabels(IReadOnlyList<WindowRecord> windows)
    {
        var labels = windows.Select(w => w.Key.Label).Distinct().Take(NewestWindows).ToHashSet(StringComparer.Ordinal);
        return [.. windows.Where(w => labels.Contains(w.Key.Label))];
    }
}
