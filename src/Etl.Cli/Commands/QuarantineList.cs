using Etl.Cli.Output;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Targets;

namespace Etl.Cli.Commands;

/// <summary>Prints what is in quarantine.</summary>
internal sealed class QuarantineList(IQuarantineStore store, ILedger ledger, Terminal terminal)
{
    private const int ReasonsShown = 3, RawShown = 300;

    /// <summary>Prints the pulls of a job that have rows in quarantine: those that are landed, held or failed, and with a window named the replaced ones too.</summary>
    public async Task PrintAsync(string job, string? label, int rowsShown, CancellationToken cancellation)
    {
        var windows = (await ledger.WindowsAsync(job, cancellation).ConfigureAwait(false)).ToDictionary(w => w.Key);
        if (windows.Count == 0) throw new EtlException(FaultKind.Usage, $"The ledger knows no window of a job '{job}'. 'etl status' lists the jobs that ran.");
        if (label is not null && windows.Keys.All(k => k.Label != label)) throw new EtlException(FaultKind.Usage, $"The ledger has no window '{label}' of job '{job}'.");
        var lines = new List<IReadOnlyList<string>>();
        var shown = new List<(QuarantinedPull Pull, List<RefusedRow> Rows)>();
        foreach (var pull in store.List(job).Where(p => label is null || p.Key.Label == label))
        {
            cancellation.ThrowIfCancellationRequested();
            var state = await StateAsync(pull, windows.GetValueOrDefault(pull.Key), cancellation).ConfigureAwait(false);
            if (state == "replaced" && label is null) continue;
            var (reasons, rows) = Read(pull, rowsShown);
            terminal.Object(new
            {
                type = "quarantine", job, source = pull.Key.Source, account = pull.Key.Account, window = pull.Key.Label, state, pull = pull.Pull, at = pull.At, rows = pull.Rows, path = pull.Path,
                reasons = reasons.Select(r => new { column = r.Column, reason = r.Reason, rows = r.Rows }),
            });
            foreach (var row in rows)
            {
                terminal.Object(new
                {
                    type = "row", window = pull.Key.Label, pull = pull.Pull, part = row.Part.Length > 0 ? row.Part : null, page = row.Page, row = row.Number, raw = row.Raw,
                    reasons = row.Cells.Select(c => new { column = c.Column, text = c.Text, reason = c.Reason }),
                });
            }
            lines.Add([pull.Key.Label, pull.Key.Source, pull.Key.Account, state, Show.Count(pull.Rows), pull.Pull, Why(reasons)]);
            shown.Add((pull, rows));
        }
        if (lines.Count == 0)
        {
            terminal.Line($"No rows of {(label is null ? "" : $"window {label} of ")}job '{job}' are in quarantine.");
            return;
        }
        terminal.Table(null, ["window", "source", "account", "state", "rows", "pull", "why"], lines);
        foreach (var (pull, rows) in shown.Where(s => s.Rows.Count > 0)) PrintRows(pull, rows);
    }

    private void PrintRows(QuarantinedPull pull, List<RefusedRow> rows)
    {
        terminal.Line();
        terminal.Line($"{pull.Key.Label} {pull.Pull}, {rows.Count} of {Show.Number(pull.Rows, "row")}:");
        foreach (var row in rows)
        {
            terminal.Line($"  {(row.Part.Length > 0 ? $"part {row.Part}, " : "")}page {row.Page}, row {row.Number}: {string.Join("; ", row.Cells.Select(c => $"{c.Column} '{Shorten(c.Text, 60)}' {c.Reason}"))}");
            terminal.Line($"    {Shorten(row.Raw, RawShown)}");
        }
        terminal.Line($"  All of them: etl peek {Show.Path(pull.Path)}");
    }

    // Whole rows are counted per column and reason; only those that are shown are kept.
    private (List<(string Column, string Reason, long Rows)> Reasons, List<RefusedRow> Rows) Read(QuarantinedPull pull, int rowsShown)
    {
        var counts = new Dictionary<(string Column, string Reason), long>();
        var rows = new List<RefusedRow>();
        foreach (var row in store.Read(pull.Key, pull.Pull))
        {
            foreach (var cell in row.Cells) counts[(cell.Column, cell.Reason)] = counts.GetValueOrDefault((cell.Column, cell.Reason)) + 1;
            if (rows.Count < rowsShown) rows.Add(row);
        }
        return ([.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key.Column, StringComparer.Ordinal).Select(c => (c.Key.Column, c.Key.Reason, c.Value))], rows);
    }

    private async Task<string> StateAsync(QuarantinedPull pull, WindowRecord? window, CancellationToken cancellation) =>
        pull.Pull == window?.HeldPull ? "held"
        : pull.Pull == window?.LandedPull ? "landed"
        : (await ledger.LandingsAsync(pull.Key, cancellation).ConfigureAwait(false)).Any(l => l.Pull == pull.Pull) ? "replaced"
        : "failed";

    private static string Why(List<(string Column, string Reason, long Rows)> reasons) =>
        string.Join("; ", reasons.Take(ReasonsShown).Select(r => $"{r.Column} {r.Reason} ({Show.Count(r.Rows)})")) + (reasons.Count > ReasonsShown ? "; …" : "");

    private static string Shorten(string text, int length) => text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + "…";
}
