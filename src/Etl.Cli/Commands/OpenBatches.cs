using Etl.Cli.Output;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;

namespace Etl.Cli.Commands;

/// <summary>What was asked for out of turn and is not done yet, for <c>etl status</c>.</summary>
internal static class OpenBatches
{
    /// <summary>Prints a line a batch and job; nothing where there is none.</summary>
    public static async Task PrintAsync(ILedger ledger, Terminal terminal, CancellationToken cancellation)
    {
        if (ledger is not IBacklog backlog) return;
        var items = await backlog.ListAsync(cancellation).ConfigureAwait(false);
        if (items.Count == 0) return;
        var servers = (await backlog.ServersAsync(cancellation).ConfigureAwait(false)).Count;
        var rows = new List<IReadOnlyList<string>>();
        foreach (var batch in items.GroupBy(i => (i.Batch, i.Item.Job)))
        {
            var (first, working) = (batch.First(), batch.Count(i => i.TakenBy is not null));
            var labels = batch.Select(i => i.Item.Label ?? "").Order(StringComparer.Ordinal).ToList();
            terminal.Object(new
            {
                type = "batch", batch = first.Batch, job = first.Item.Job, by = first.By, askedAt = first.AskedAt,
                done = first.BatchDone, waiting = batch.Count() - working, working, from = labels[0], to = labels[^1],
            });
            rows.Add([first.Item.Job, first.By, Show.Time(first.AskedAt), labels[0] == labels[^1] ? labels[0] : $"{labels[0]} to {labels[^1]}", $"{first.BatchDone}", $"{batch.Count() - working}", $"{working}"]);
        }
        terminal.Line();
        terminal.Table(null, ["job", "asked by", "at", "windows", "done", "waiting", "in work"], rows);
        if (servers == 0) terminal.Note("No server lives on this ledger: they wait for the next 'etl serve'.");
    }
}
