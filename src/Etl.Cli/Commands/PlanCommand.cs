using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Pipeline.Planning;

namespace Etl.Cli.Commands;

/// <summary><c>etl plan</c>: what a run would do; asks the service nothing and writes nothing.</summary>
internal static class PlanCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var from = new Option<string?>("--from") { Description = "First window label, included.", HelpName = "LABEL" };
        var to = new Option<string?>("--to") { Description = "Last window label, included.", HelpName = "LABEL" };
        var command = new Command("plan", "Show windows, calls, cap risk and targets of the next run; touches nothing.") { job, from, to };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var definition = host.Job(result.GetRequiredValue(job));
                if (definition.IsLive)
                {
                    if ((result.GetValue(from) ?? result.GetValue(to)) is not null) throw LiveRun.NoPast(definition);
                    return await LiveRun.PlanAsync(host, definition, terminal, cancellation).ConfigureAwait(false);
                }
                var planner = new DuePlanner(await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false), host.PlanningSources, TimeProvider.System);
                var options = new PlanOptions { From = result.GetValue(from), To = result.GetValue(to) };
                var plan = await planner.PlanAsync(definition, options, cancellation).ConfigureAwait(false);
                var rows = plan.Due.Select(w => (Window: w, Forecast: WindowForecast.Of(host.PlanningSources, definition, w))).ToList();
                foreach (var (window, forecast) in rows)
                {
                    terminal.Object(new
                    {
                        type = "planned", job = window.Key.Job, source = window.Key.Source, account = window.Key.Account, window = window.Key.Label,
                        from = window.Window.From, to = window.Window.To, why = window.Why, calls = forecast.Calls, capRisk = forecast.CapRisk,
                        targets = Targets(host, definition, window),
                    });
                }
                terminal.Table(
                    $"{definition.Name}: {Show.Number(plan.Due.Count, "window")} due, {plan.UpToDate} up to date, latest closed {plan.LatestClosed.Label}, next closes {Show.Time(plan.NextCloses)}",
                    ["window", "source", "account", "from (UTC)", "hours", "why", "calls", "cap risk", "targets"],
                    rows.Select(r => (IReadOnlyList<string>)
                    [
                        r.Window.Key.Label, r.Window.Key.Source, r.Window.Key.Account, Show.Time(r.Window.Window.From),
                        r.Window.Window.Length.TotalHours.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture),
                        r.Window.Why, $"{r.Forecast.Calls}", r.Forecast.CapRisk, string.Join(", ", Targets(host, definition, r.Window)),
                    ]));
                RunCommands.TellWaiting(terminal, plan.Skipped);
                foreach (var source in plan.Unasked)
                    terminal.Warn($"Source '{source.Name}' takes its accounts from report {source.AccountsFrom!.Report} when it runs; shown are the {plan.Accounts.Count(a => a.Source == source.Name)} that the ledger knows.");
                terminal.Object(new { type = "summary", exit = ExitCode.Done, due = plan.Due.Count, upToDate = plan.UpToDate });
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static IEnumerable<string> Targets(EtlHost host, Core.Jobs.JobDefinition job, PlannedWindow window) =>
        job.Land.Where(l => l.From == window.Source.Name).Select(host.Targets.NameOf);
}
