using System.CommandLine;
using System.Text.Json;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Restating;
using Etl.Pipeline.Running;

namespace Etl.Cli.Commands;

/// <summary><c>etl status</c> and <c>etl history</c>: what the ledger knows.</summary>
internal static class StatusCommands
{
    private const int NewestWindows = 30;

    // How late a source settled long ago says little of how it does now.
    private const int SettlingWindows = 200;

    public static Command Status(GlobalOptions globals)
    {
        var job = new Argument<string?>("JOB") { Description = "Only this job, window by window.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("status", "Show what is landed, due, held, failed and parked.") { job };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var ledger = await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false);
                var planner = new DuePlanner(ledger, host.PlanningSources, TimeProvider.System);
                var name = result.GetValue(job);
                if (name is null) await AllJobsAsync(host, ledger, planner, terminal, cancellation).ConfigureAwait(false);
                else await OneJobAsync(host, host.Job(name), ledger, planner, terminal, cancellation).ConfigureAwait(false);
                return ExitCode.Done;
            }
        });
        return command;
    }

    public static Command History(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var window = new Option<string?>("--window") { Description = "Every pull, check, landing and step of one window.", HelpName = "LABEL" };
        var schema = new Option<bool>("--schema") { Description = "How the columns changed from pull to pull." };
        var command = new Command("history", "Show past pulls of a job, or all that happened to one window.") { job, window, schema };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var ledger = await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false);
                var name = result.GetRequiredValue(job);
                var windows = await ledger.WindowsAsync(name, cancellation).ConfigureAwait(false);
                if (windows.Count == 0) throw new EtlException(FaultKind.Usage, $"The ledger knows no window of a job '{name}'. 'etl status' lists the jobs that ran.");
                if (result.GetValue(window) is { } label)
                {
                    var chosen = windows.Where(w => w.Key.Label == label).ToList();
                    if (chosen.Count == 0) throw new EtlException(FaultKind.Usage, $"The ledger has no window '{label}' of job '{name}'; it has {windows[0].Key.Label} to {windows[^1].Key.Label}.");
                    foreach (var record in chosen) await WindowHistory.PrintAsync(record, ledger, terminal, cancellation).ConfigureAwait(false);
                }
                else if (result.GetValue(schema)) await WindowHistory.PrintSchemaAsync(name, ledger, terminal, cancellation).ConfigureAwait(false);
                else await WindowHistory.PrintPullsAsync(windows, ledger, terminal, cancellation).ConfigureAwait(false);
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static async Task AllJobsAsync(EtlHost host, ILedger ledger, DuePlanner planner, Terminal terminal, CancellationToken cancellation)
    {
        var rows = new List<IReadOnlyList<string>>();
        var jobs = host.Jobs();
        foreach (var job in jobs)
        {
            var windows = await ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false);
            var plan = await planner.PlanAsync(job, new PlanOptions(), cancellation).ConfigureAwait(false);
            var landed = windows.Where(w => w.LandedPull is not null).ToList();
            var held = windows.Count(w => w.State == WindowState.Held);
            var failed = windows.Count(w => w.State == WindowState.Failed);
            var parked = windows.Count(w => w.State == WindowState.Parked);
            var quarantined = QuarantineCounts.Of(host.Quarantine, job.Name, windows, terminal).Values.Sum();
            terminal.Object(new
            {
                type = "job", job = job.Name, landed = landed.Count, due = plan.Due.Count, held, failed, parked, quarantined,
                newest = landed.LastOrDefault()?.Key.Label, rows = landed.Sum(w => w.LandedRows ?? 0), nextCloses = plan.NextCloses,
                staleDefinitions = plan.StaleDefinitions.Count,
            });
            rows.Add([job.Name, $"{landed.Count}", Show.Count(landed.Sum(w => w.LandedRows ?? 0)), landed.LastOrDefault()?.Key.Label ?? "", $"{plan.Due.Count}", $"{held}", $"{failed}", $"{parked}", Show.Count(quarantined), job.IsLive ? "live" : Show.Time(plan.NextCloses)]);
        }
        foreach (var name in (await ledger.JobsAsync(cancellation).ConfigureAwait(false)).Except(jobs.Select(j => j.Name)))
        {
            var windows = await ledger.WindowsAsync(name, cancellation).ConfigureAwait(false);
            terminal.Object(new { type = "job", job = name, landed = windows.Count(w => w.LandedPull is not null), noFile = true });
            rows.Add([$"{name} (no job file)", $"{windows.Count(w => w.LandedPull is not null)}", "", windows.Count > 0 ? windows[^1].Key.Label : "", "", "", "", "", "", ""]);
        }
        terminal.Table(null, ["job", "landed", "rows", "newest", "due", "held", "failed", "parked", "quarantine", "next window closes"], rows);
        await AlertsCommand.TellDeadAsync(ledger, terminal, cancellation).ConfigureAwait(false);
        await OpenBatches.PrintAsync(ledger, terminal, cancellation).ConfigureAwait(false);
    }

    private static async Task OneJobAsync(EtlHost host, Core.Jobs.JobDefinition job, ILedger ledger, DuePlanner planner, Terminal terminal, CancellationToken cancellation)
    {
        var windows = await ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false);
        var plan = await planner.PlanAsync(job, new PlanOptions(), cancellation).ConfigureAwait(false);
        var due = plan.Due.ToDictionary(d => d.Key, d => d.Why);
        var quarantined = QuarantineCounts.Of(host.Quarantine, job.Name, windows, terminal);
        var lines = windows.Select(w => (w.Key, Record: (WindowRecord?)w))
            .Concat(plan.Due.Where(d => d.Record is null).Select(d => (d.Key, Record: (WindowRecord?)null)))
            .OrderBy(l => l.Key.Label, StringComparer.Ordinal).ThenBy(l => l.Key.Source, StringComparer.Ordinal).ThenBy(l => l.Key.Account, StringComparer.Ordinal)
            .ToList();
        foreach (var (key, record) in lines)
        {
            terminal.Object(new
            {
                type = "window", job = key.Job, source = key.Source, account = key.Account, window = key.Label,
                state = State(record), due = due.GetValueOrDefault(key), rows = record?.LandedRows, quarantined = quarantined.GetValueOrDefault(key), pull = record?.LandedPull, fence = record?.Fence,
                landedAt = record?.LandedAt, strikes = record?.Strikes, reason = record?.Reason, stale = plan.StaleDefinitions.Contains(key) ? true : (bool?)null,
            });
        }
        if (lines.Count > NewestWindows) terminal.Note($"The newest {NewestWindows} of {lines.Count} windows:");
        terminal.Table(
            null,
            ["window", "source", "account", "state", "rows", "quarantine", "landed", "due", "note"],
            lines.TakeLast(NewestWindows).Select(l => (IReadOnlyList<string>)
            [
                l.Key.Label, l.Key.Source, l.Key.Account, State(l.Record), l.Record?.LandedRows is { } rows ? Show.Count(rows) : "", quarantined.TryGetValue(l.Key, out var refused) ? Show.Count(refused) : "", Show.Time(l.Record?.LandedAt),
                due.GetValueOrDefault(l.Key, ""), (plan.StaleDefinitions.Contains(l.Key) ? "stale definition. " : "") + Shorten(l.Record?.Reason),
            ]));
        // The note above may be cut; what a person has to do must not be.
        foreach (var parked in windows.Where(w => w.State == WindowState.Parked)) terminal.Note($"{parked.Key} is parked. {Parking.WayOut(parked.Key)}");
        await ExportCommand.StatusAsync(job, ledger, terminal, cancellation).ConfigureAwait(false);
        if (!job.IsLive) await SettlingAsync(job, windows, ledger, terminal, cancellation).ConfigureAwait(false);
        terminal.Note(job.IsLive ? $"A live job: 'etl run {job.Name} --for 10m' polls it." : $"The next window closes at {Show.Time(plan.NextCloses)}.");
    }

    private static async Task SettlingAsync(
        Core.Jobs.JobDefinition job, IReadOnlyList<WindowRecord> windows, ILedger ledger, Terminal terminal, CancellationToken cancellation)
    {
        var unit = Settling.UnitOf(job.Window.Every);
        foreach (var source in windows.Where(w => w.LandedPull is not null).GroupBy(w => w.Key.Source, StringComparer.Ordinal))
        {
            var pulled = new List<(WindowRecord, IReadOnlyList<PullRecord>)>();
            foreach (var window in source.OrderBy(w => w.From).TakeLast(SettlingWindows))
                pulled.Add((window, await ledger.PullsAsync(window.Key, cancellation).ConfigureAwait(false)));
            var settling = Settling.Of(pulled, unit);
            terminal.Object(new
            {
                type = "settling", job = job.Name, source = source.Key, windows = settling.Windows, atOnce = settling.AtOnce,
                steps = settling.Steps.Select(s => new { afterHours = s.After * unit.TotalHours, share = s.Share }), latest = settling.Latest,
            });
            var name = source.Key == Core.Jobs.SourceSpec.MainName ? "settles" : $"{source.Key} settles";
            terminal.Note($"{name}: {Show.Settling(settling, unit == TimeSpan.FromDays(1) ? "d" : "h")}");
        }
    }

    // A window that a run looked at and left alone is planned for the ledger; what it published before is still there.
    private static string State(WindowRecord? record) =>
        (record is { State: WindowState.Planned, LandedPull: not null } ? WindowState.Landed : record?.State ?? WindowState.Planned).ToString().ToLowerInvariant();

    private static string Shorten(string? text) => text is null ? "" : text.Length <= 100 ? text : text[..99] + "…";
}
