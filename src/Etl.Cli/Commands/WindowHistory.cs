using System.Text.Json;
using Etl.Cli.Output;
using Etl.Core.Checks;
using Etl.Core.Ledger;
using Etl.Pipeline.Running;
using Etl.Pipeline.Schemas;

namespace Etl.Cli.Commands;

/// <summary>Prints what the ledger recorded of windows.</summary>
internal static class WindowHistory
{
    /// <summary>Names shown of a first pull's columns: more would make the table wider than any terminal.</summary>
    private const int FirstNames = 6;

    public static async Task PrintPullsAsync(IReadOnlyList<WindowRecord> windows, ILedger ledger, Terminal terminal, CancellationToken cancellation)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (var window in windows)
            foreach (var pull in await ledger.PullsAsync(window.Key, cancellation).ConfigureAwait(false))
            {
                terminal.Object(Pull(pull, window));
                rows.Add([window.Key.Label, window.Key.Source, window.Key.Account, Show.Time(pull.StartedAt), pull.Pull, Show.Count(pull.Rows), Show.Count(pull.Quarantined), pull.ContentHash[..12], Show.Checks(pull.Checks), Fate(pull, window)]);
            }
        terminal.Table(null, ["window", "source", "account", "pulled", "pull", "rows", "quarantine", "content", "checks", "fate"], rows);
    }

    public static async Task PrintAsync(WindowRecord window, ILedger ledger, Terminal terminal, CancellationToken cancellation)
    {
        var pulls = await ledger.PullsAsync(window.Key, cancellation).ConfigureAwait(false);
        var landings = await ledger.LandingsAsync(window.Key, cancellation).ConfigureAwait(false);
        var steps = await ledger.StepsAsync(window.Key, cancellation).ConfigureAwait(false);
        foreach (var pull in pulls) terminal.Object(Pull(pull, window));
        foreach (var l in landings)
            terminal.Object(new { type = "landing", pull = l.Pull, target = l.Target, location = l.Location, fence = l.Fence, rows = l.Rows, bytes = l.Bytes, outcome = l.Outcome.ToString().ToLowerInvariant(), restated = l.Restated is { } r ? new { added = r.Added, removed = r.Removed, changed = r.Changed } : null, at = l.At });
        foreach (var s in steps)
            terminal.Object(new { type = "step", state = s.State.ToString().ToLowerInvariant(), fence = s.Fence, owner = s.Owner, pull = s.Pull, detail = s.Detail, at = s.At });

        terminal.Line($"{window.Key}  {window.From:u} to {window.To:u}  {window.State.ToString().ToLowerInvariant()}");
        if (window.State == WindowState.Parked) terminal.Line(Parking.Describe(window));
        foreach (var pull in pulls)
        {
            terminal.Line();
            terminal.Line($"pull {pull.Pull}  {Show.Count(pull.Rows)} rows{Show.Quarantined(pull.Quarantined)}  content {pull.ContentHash[..12]}  {Fate(pull, window)}");
            foreach (var check in pull.Checks.Where(c => c.Verdict != Verdict.Skipped))
                terminal.Line($"  {check.Verdict.ToString().ToLowerInvariant(),-5} {check.Name,-11} {check.Detail}");
            terminal.Line($"  proof {pull.ProofJson}");
        }
        terminal.Line();
        terminal.Table("landings", ["at", "target", "pull", "fence", "rows", "outcome", "restated"], landings.Select(l => (IReadOnlyList<string>)
            [Show.Time(l.At), l.Target, l.Pull, $"{l.Fence}", Show.Count(l.Rows), l.Outcome.ToString().ToLowerInvariant(), Show.Restated(l.Restated)]));
        terminal.Line();
        terminal.Table("steps", ["at", "state", "fence", "detail"], steps.Select(s => (IReadOnlyList<string>)
            [Show.Time(s.At), s.State.ToString().ToLowerInvariant(), $"{s.Fence}", s.Detail]));
    }

    public static async Task PrintSchemaAsync(string job, ILedger ledger, Terminal terminal, CancellationToken cancellation)
    {
        var rows = new List<IReadOnlyList<string>>();
        foreach (var (pull, columns, change) in SchemaHistory.Of(await ledger.SchemaChangesAsync(job, cancellation).ConfigureAwait(false)))
        {
            var text = change?.ToString() ?? $"{columns.Count} columns: {string.Join(", ", columns.Take(FirstNames).Select(c => c.Name))}{(columns.Count > FirstNames ? ", … ('--json' names all)" : "")}";
            terminal.Object(new
            {
                type = "schema", job, source = pull.Key.Source, account = pull.Key.Account, window = pull.Key.Label, pull = pull.Pull, at = pull.StartedAt, change = text,
                columns = columns.Select(c => new { name = c.Name, type = c.Place }),
                added = change?.Added ?? [], removed = change?.Removed ?? [],
                types = (change?.Types ?? []).Select(t => new { name = t.Name, from = t.From, to = t.To }), reordered = change?.Reordered ?? false,
            });
            rows.Add([Show.Time(pull.StartedAt), pull.Key.Label, pull.Key.Source, pull.Key.Account, pull.Pull, text]);
        }
        terminal.Table(null, ["pulled", "window", "source", "account", "pull", "change"], rows);
    }

    private static string Fate(PullRecord pull, WindowRecord window) =>
        pull.Pull == window.LandedPull ? "published" : pull.Pull == window.HeldPull ? "held" : "";

    private static object Pull(PullRecord pull, WindowRecord window) => new
    {
        type = "pull", job = window.Key.Job, source = window.Key.Source, account = window.Key.Account, window = window.Key.Label, pull = pull.Pull, fence = pull.Fence,
        startedAt = pull.StartedAt, endedAt = pull.EndedAt, rows = pull.Rows, contentHash = pull.ContentHash, quarantined = pull.Quarantined,
        checks = pull.Checks.Select(c => new { name = c.Name, verdict = c.Verdict.ToString().ToLowerInvariant(), detail = c.Detail }),
        proof = JsonDocument.Parse(pull.ProofJson).RootElement, fate = Fate(pull, window),
    };
}
