using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Server.Pages.Look;
using Etl.Server.Pages.Views;

namespace Etl.Server.Pages;

/// <summary>Reads what the pages show from the ledger and the desk.</summary>
internal sealed class PageReader(ServerParts parts)
{
    /// <summary>Windows in a strip and in the charts.</summary>
    public const int NewestWindows = 30;

    /// <summary>Windows on one part of a job's list.</summary>
    public const int WindowsPerPage = 50;

    // A page full of trouble is not read to its end.
    private const int MostAttention = 12;

    /// <summary>The overview.</summary>
    public async Task<OverviewView> OverviewAsync(CancellationToken cancellation)
    {
        var next = await NextAsync(cancellation).ConfigureAwait(false);
        var jobs = new List<JobView>();
        var attention = new List<AttentionView>();
        foreach (var job in parts.Desk.Jobs)
        {
            var (view, windows) = await JobAsync(job, next, cancellation).ConfigureAwait(false);
            jobs.Add(view);
            attention.AddRange(windows.Where(w => StateLook.NeedsPerson(w.State)).Select(w => new AttentionView(view, w)));
        }
        return new OverviewView
        {
            Now = parts.Time.GetUtcNow(),
            Engine = parts.Desk.Engine,
            JobFault = parts.Desk.JobFault,
            Jobs = jobs,
            Attention = [.. attention.OrderByDescending(a => a.Window.Window.From).Take(MostAttention)],
            AttentionCount = attention.Count,
        };
    }

    /// <summary>The page of a job; null when there is no such job.</summary>
    public async Task<JobPageView?> JobAsync(string name, WindowState? state, int page, CancellationToken cancellation)
    {
        if (Find(name) is not { } job) return null;
        var (view, windows) = await JobAsync(job, await NextAsync(cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        var list = state is { } only ? [.. windows.Where(w => w.State == only)] : windows;
        var pages = Math.Max(1, (list.Count + WindowsPerPage - 1) / WindowsPerPage);
        page = Math.Clamp(page, 1, pages);
        var part = new List<WindowView>();
        foreach (var window in list.AsEnumerable().Reverse().Skip((page - 1) * WindowsPerPage).Take(WindowsPerPage))
            part.Add(await FiguredAsync(window, cancellation).ConfigureAwait(false));
        return new JobPageView { Now = parts.Time.GetUtcNow(), Job = view, State = state, Windows = part, Page = page, Pages = pages, Total = list.Count };
    }

    /// <summary>The page of a window; null when the ledger never saw it.</summary>
    public async Task<WindowPageView?> WindowAsync(string name, string label, CancellationToken cancellation)
    {
        if (Find(name) is not { } job) return null;
        var (view, windows) = await JobAsync(job, await NextAsync(cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        var index = windows.FindIndex(w => w.Label == label);
        if (index < 0) return null;
        var records = new List<RecordView>();
        foreach (var record in windows[index].Records.OrderBy(r => Order(job, r.Key.Source)).ThenBy(r => r.Key.Account, StringComparer.Ordinal))
        {
            var pulls = await parts.Ledger.PullsAsync(record.Key, cancellation).ConfigureAwait(false);
            var landings = await parts.Ledger.LandingsAsync(record.Key, cancellation).ConfigureAwait(false);
            var steps = await parts.Ledger.StepsAsync(record.Key, cancellation).ConfigureAwait(false);
            records.Add(new RecordView(record, [.. pulls.Reverse()], [.. landings.Reverse()], [.. steps.Reverse()]));
        }
        return new WindowPageView
        {
            Now = parts.Time.GetUtcNow(),
            Job = view,
            Window = windows[index],
            Records = records,
            Before = index > 0 ? windows[index - 1].Label : null,
            After = index + 1 < windows.Count ? windows[index + 1].Label : null,
        };
    }

    private JobDefinition? Find(string name) => parts.Desk.Jobs.FirstOrDefault(j => j.Name == name);

    private static int Order(JobDefinition job, string source) => job.Sources.Select(s => s.Name).ToList().IndexOf(source);

    private async Task<Dictionary<string, DateTimeOffset>> NextAsync(CancellationToken cancellation)
    {
        try
        {
            return (await parts.Desk.NextAsync(cancellation).ConfigureAwait(false)).GroupBy(n => n.Job).ToDictionary(n => n.Key, n => n.Min(f => f.At));
        }
        catch (InvalidOperationException)
        {
            return []; // The scheduler has not started yet.
        }
    }

    private async Task<(JobView View, List<WindowView> Windows)> JobAsync(JobDefinition job, Dictionary<string, DateTimeOffset> next, CancellationToken cancellation)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var records = await parts.Ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false);
        var windows = records.GroupBy(r => r.Key.Label, StringComparer.Ordinal)
            .Select(g => new WindowView(new Window(g.First().From, g.First().To, g.Key, job.Window.Every), [.. g]))
            .OrderBy(w => w.Window.From)
            .ToList();
        var newest = new List<WindowView>();
        foreach (var window in Newest(job, calendar, windows)) newest.Add(await FiguredAsync(window, cancellation).ConfigureAwait(false));
        DateTimeOffset? at = next.TryGetValue(job.Name, out var found) ? found : null;
        var view = new JobView
        {
            Job = job,
            Next = at,
            Newest = newest,
            Counts = windows.GroupBy(w => w.State).ToDictionary(g => g.Key, g => g.Count()),
            Freshness = Judge(job, newest, at),
        };
        return (view, windows);
    }

    /// <summary>The newest windows that have closed, with those that no run has touched yet, oldest first.</summary>
    private List<WindowView> Newest(JobDefinition job, WindowCalendar calendar, List<WindowView> known)
    {
        // What a live job did not poll is gone, so it owes nothing.
        if (job.IsLive) return [.. known.TakeLast(NewestWindows)];
        var byLabel = known.ToDictionary(w => w.Label, StringComparer.Ordinal);
        var latest = calendar.LatestClosed(parts.Time.GetUtcNow(), job.Window.Settle);
        var newest = new List<WindowView>();
        var window = latest;
        for (var i = 0; i < NewestWindows; i++, window = calendar.Previous(window))
        {
            if (byLabel.TryGetValue(window.Label, out var view)) newest.Add(view);
            else if (known.Count > 0 ? window.From > known[0].Window.From : i < job.Window.Lookback && job.Schedule is not null) newest.Add(new WindowView(window, []));
            else if (known.Count == 0 || window.From < known[0].Window.From) break;
        }
        newest.Reverse();
        return newest;
    }

    private async Task<WindowView> FiguredAsync(WindowView window, CancellationToken cancellation)
    {
        TimeSpan? took = null;
        var restated = 0L;
        foreach (var record in window.Records)
        {
            var pulls = await parts.Ledger.PullsAsync(record.Key, cancellation).ConfigureAwait(false);
            if (pulls.Count > 0) took = (took ?? TimeSpan.Zero) + (pulls[^1].EndedAt - pulls[^1].StartedAt);
            if (pulls.Count < 2) continue;
            var landings = await parts.Ledger.LandingsAsync(record.Key, cancellation).ConfigureAwait(false);
            restated += landings.GroupBy(l => l.Pull).Sum(l => l.Max(x => x.Restated?.Total ?? 0));
        }
        return window with { Duration = took, Restated = restated };
    }

    private Freshness Judge(JobDefinition job, List<WindowView> newest, DateTimeOffset? next)
    {
        var landed = newest.LastOrDefault(w => w.IsLanded);
        if (job.Schedule is null && !job.IsLive)
            return new Freshness(FreshnessKind.ByHand, "by hand", landed is null ? "It has no schedule and nothing of it has landed." : $"It has no schedule; the newest landed window is {landed.Label}.");
        if (landed is null)
            return new Freshness(newest.Any(w => StateLook.IsWorking(w.State)) ? FreshnessKind.Working : FreshnessKind.Never, newest.Any(w => StateLook.IsWorking(w.State)) ? "first run" : "never ran", "Nothing of it has landed yet.");
        var now = parts.Time.GetUtcNow();
        if (job.IsLive)
        {
            var quiet = now - landed.Window.To - job.Window.Settle;
            return quiet < TimeSpan.FromMinutes(3)
                ? new Freshness(FreshnessKind.OnTime, $"minute {landed.Label[11..16].Replace('-', ':')}", $"Minute {landed.Label} is the newest that landed.")
                : new Freshness(FreshnessKind.Late, $"quiet for {Show.Roughly(quiet)}", $"The newest minute that landed is {landed.Label}.");
        }
        // Gaps before it are told by their states; this is about how new the newest rows are.
        if (newest.FirstOrDefault(w => w.Window.From > landed.Window.From) is not { } missing)
            return new Freshness(FreshnessKind.OnTime, "on time", $"The newest window that has closed, {landed.Label}, has landed.");
        var late = now - missing.Window.To - job.Window.Settle;
        return StateLook.IsWorking(missing.State)
            ? new Freshness(FreshnessKind.Working, "working", $"Window {missing.Label} is being worked on.")
            : new Freshness(FreshnessKind.Late, $"late by {Show.Roughly(late)}", $"Window {missing.Label} closed {Show.Roughly(late)} ago and has not landed: it is {StateLook.Word(missing.State)}.");
    }
}
