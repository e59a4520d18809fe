using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Core.Windows;
using Etl.Server.Pages.Look;
using Etl.Server.Pages.Views;
using Etl.Server.Reading;

namespace Etl.Server.Pages;

/// <summary>Puts together what the pages show: the shared overview, and of one job or window what the ledger has.</summary>
internal sealed class PageReader(ServerParts parts, Overviews overviews)
{
    /// <summary>Windows in a strip and in the charts.</summary>
    public const int NewestWindows = Overviews.NewestWindows;

    /// <summary>Windows on one part of a job's list.</summary>
    public const int WindowsPerPage = 50;

    // A page full of trouble is not read to its end.
    private const int MostAttention = 12;

    /// <summary>The overview.</summary>
    public async Task<OverviewView> OverviewAsync(CancellationToken cancellation)
    {
        var overview = await overviews.GetAsync(cancellation).ConfigureAwait(false);
        var jobs = overview.Jobs.Select(j => View(j, overview)).ToList();
        var attention = jobs.SelectMany(j => Together(j.Job, overview.Find(j.Name)!.Attention).Select(w => new AttentionView(j, w)))
            .OrderByDescending(a => a.Window.Window.From).Take(MostAttention).ToList();
        return new OverviewView
        {
            Now = overview.At,
            Engine = overview.Engine,
            JobFault = overview.JobFault,
            Jobs = jobs,
            Attention = attention,
            MoreAttention = jobs.Sum(j => j.Counts.Where(c => StateLook.NeedsPerson(c.Key)).Sum(c => c.Value)) - attention.Sum(a => a.Window.Records.Count),
            Servers = overview.Servers,
            Batches = [.. overview.Backlog.GroupBy(b => (b.Batch, b.Item.Job)).Select(g => Batch(g.Key.Job, [.. g]))],
        };
    }

    /// <summary>The page of a job; null when there is no such job.</summary>
    public async Task<JobPageView?> JobAsync(string name, WindowState? state, int page, CancellationToken cancellation)
    {
        var overview = await overviews.GetAsync(cancellation).ConfigureAwait(false);
        if (overview.Find(name) is not { } job) return null;
        var query = new WindowQuery(name) { States = state is { } only ? [only] : [] };
        var total = await parts.Views.CountAsync(query, cancellation).ConfigureAwait(false);
        // The sources and accounts of a label stand on one line.
        var perPage = WindowsPerPage * Math.Max(1, job.Newest.GroupBy(w => w.Key.Label).Select(g => g.Count()).DefaultIfEmpty().Max());
        var pages = Math.Max(1, (total + perPage - 1) / perPage);
        page = Math.Clamp(page, 1, pages);
        var part = await parts.Views.ListAsync(query, (page - 1) * perPage, perPage, cancellation).ConfigureAwait(false);
        return new JobPageView
        {
            Now = overview.At,
            Job = View(job, overview),
            State = state,
            Windows = [.. Together(job.Definition, part).OrderByDescending(w => w.Window.From).Select(w => Figured(w, job))],
            Page = page,
            Pages = pages,
        };
    }

    /// <summary>The page of a window; null when there is no such job, or the label is not one of its closed windows.</summary>
    public async Task<WindowPageView?> WindowAsync(string name, string label, CancellationToken cancellation)
    {
        var overview = await overviews.GetAsync(cancellation).ConfigureAwait(false);
        if (overview.Find(name) is not { Definition: var job } known || await FindAsync(name, label, cancellation).ConfigureAwait(false) is not { } detail) return null;
        var (bounds, settle) = (detail.Window, job.Window.Settle);
        if (detail.Parts.Count == 0 && (job.IsLive || bounds.To + settle > parts.Time.GetUtcNow())) return null;
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var before = await parts.Views.ListAsync(new WindowQuery(name) { Before = bounds.From }, 0, 1, cancellation).ConfigureAwait(false);
        var after = await parts.Views.ListAsync(new WindowQuery(name) { From = bounds.To, Before = calendar.Next(bounds).To }, 0, 1, cancellation).ConfigureAwait(false);
        return new WindowPageView
        {
            Now = parts.Time.GetUtcNow(),
            Job = View(known, overview),
            Window = new WindowView(bounds, [.. detail.Parts.Select(p => p.Record)]),
            Records = [.. detail.Parts.OrderBy(p => Order(job, p.Record.Key.Source)).ThenBy(p => p.Record.Key.Account, StringComparer.Ordinal).Select(p => new RecordView(p))],
            Before = before is [var earlier] ? earlier.Key.Label : null,
            After = after is [var later] ? later.Key.Label : null,
            IsAsked = overview.Backlog.Any(b => b.Item.Job == name && b.Item.Label == label),
        };
    }

    private static BatchView Batch(string job, IReadOnlyList<BacklogItem> items)
    {
        var labels = items.Select(b => b.Item.Label).OfType<string>().Order(StringComparer.Ordinal).ToList();
        return new BatchView(job, items[0].By, items.Min(b => b.AskedAt), items.Count, labels.FirstOrDefault("what is due"), labels.LastOrDefault("what is due"));
    }

    private static int Order(JobDefinition job, string source) => job.Sources.Select(s => s.Name).ToList().IndexOf(source);

    private static JobView View(JobOverview job, ServerOverview overview) => new()
    {
        Job = job.Definition,
        Next = job.NextFiring,
        Newest = [.. Newest(job, overview.At).Select(w => Figured(w, job))],
        Counts = job.States,
        Freshness = job.Freshness,
        Alerts = job.Alerts,
    };

    /// <summary>The newest windows that have closed, with those that no run has touched yet, oldest first.</summary>
    private static List<WindowView> Newest(JobOverview job, DateTimeOffset now)
    {
        var known = Together(job.Definition, job.Newest);
        // What a live job did not poll is gone, so it owes nothing.
        if (job.Definition.IsLive) return [.. known.TakeLast(NewestWindows)];
        var byLabel = known.ToDictionary(w => w.Label, StringComparer.Ordinal);
        var spec = job.Definition.Window;
        var calendar = new WindowCalendar(spec.TimeZone, spec.Every);
        var newest = new List<WindowView>();
        for (var window = calendar.LatestClosed(now, spec.Settle); newest.Count < NewestWindows; window = calendar.Previous(window))
        {
            if (byLabel.TryGetValue(window.Label, out var view)) newest.Add(view);
            // Before its first window a job owes nothing; a job that never ran owes its lookback.
            else if (known.Count > 0 ? window.From > known[0].Window.From : newest.Count < spec.Lookback && job.Definition.Schedule is not null) newest.Add(new WindowView(window, []));
            else break;
        }
        newest.Reverse();
        return newest;
    }

    /// <summary>The records of each label together, oldest first.</summary>
    private static List<WindowView> Together(JobDefinition job, IEnumerable<WindowRecord> records) =>
    [
        .. records.GroupBy(r => r.Key.Label, StringComparer.Ordinal)
            .Select(g => new WindowView(new Window(g.First().From, g.First().To, g.Key, job.Window.Every), [.. g]))
            .OrderBy(w => w.Window.From),
    ];

    /// <summary>Adds how long the newest pulls took, and what landings restated, as far as the overview goes back.</summary>
    private static WindowView Figured(WindowView window, JobOverview job)
    {
        var pulls = window.Records.Select(r => job.Pulls.FirstOrDefault(p => p.Key == r.Key)).OfType<PullSummary>().ToList();
        return window with
        {
            Duration = pulls.Count == 0 ? null : pulls.Aggregate(TimeSpan.Zero, (sum, p) => sum + p.Elapsed),
            // Each pull lands at several targets; what it restated is told once.
            Restated = job.Restated.Where(l => l.Key.Label == window.Label).GroupBy(l => (l.Key, l.Pull)).Sum(g => g.Max(l => l.Restated?.Total ?? 0)),
        };
    }

    /// <summary>What there is of a window; null when the label is not one of its job's.</summary>
    private async Task<WindowDetail?> FindAsync(string job, string label, CancellationToken cancellation)
    {
        try
        {
            return await WindowDetail.ReadAsync(parts, job, label, cancellation).ConfigureAwait(false);
        }
        catch (EtlException fault) when (fault.Kind == FaultKind.Usage)
        {
            return null;
        }
    }
}
