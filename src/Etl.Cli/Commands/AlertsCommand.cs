using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Landing.Sql.Ledger;
using Etl.Pipeline.Alerts;

namespace Etl.Cli.Commands;

/// <summary><c>etl alerts</c>: how the alerts of all jobs stand; <c>etl alerts test</c>: what they measure now, and whether their channels work.</summary>
internal static class AlertsCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var command = new Command("alerts", "Show which alerts fire, and try them out.");
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var jobs = host.Jobs();
                await ListAsync(jobs, await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false), terminal, cancellation).ConfigureAwait(false);
                return ExitCode.Done;
            }
        });
        command.Add(Test(globals));
        return command;
    }

    /// <summary>Says which messages nobody will get any more.</summary>
    public static async Task TellDeadAsync(ILedger ledger, Terminal terminal, CancellationToken cancellation)
    {
        if (ledger is not IAlertStore store) return;
        foreach (var view in (await store.ListAsync(null, cancellation).ConfigureAwait(false)).Where(v => v.Dead > 0))
        {
            terminal.Object(new { type = "dead-messages", job = view.State.Key.Job, alert = view.State.Key.Alert, account = view.State.Key.Account, count = view.Dead });
            terminal.Warn($"{Show.Number(view.Dead, "message")} of alert '{view.State.Key.Alert}' of job '{view.State.Key.Job}' reached nobody. 'etl alerts test {view.State.Key.Job}' tries its channels.");
        }
    }

    private static Command Test(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var dry = new Option<bool>("--dry-run") { Description = "Measure only; send nothing." };
        var command = new Command("test", "Measure the alerts of a job on its newest landed window, and send a test message through each channel.") { job, dry };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var definition = host.Job(result.GetRequiredValue(job));
                if (definition.Alerts.Count == 0)
                    throw new EtlException(FaultKind.Usage, $"Job '{definition.Name}' has no alerts. Add 'alerts: [ {{ name: late, when: late > 6h }} ]' to it, for example.") { Code = "no-alerts" };
                var ledger = await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false);
                var exit = await MeasureAsync(host, definition, ledger, terminal, cancellation).ConfigureAwait(false);
                if (!result.GetValue(dry)) exit = Math.Max(exit, await SendAsync(host, definition, terminal, cancellation).ConfigureAwait(false));
                terminal.Object(new { type = "summary", exit });
                return exit;
            }
        });
        return command;
    }

    private static async Task ListAsync(IReadOnlyList<JobDefinition> jobs, ILedger ledger, Terminal terminal, CancellationToken cancellation)
    {
        var views = ledger is IAlertStore store ? await store.ListAsync(null, cancellation).ConfigureAwait(false) : [];
        var rows = new List<IReadOnlyList<string>>();
        foreach (var job in jobs)
            foreach (var rule in job.Alerts)
            {
                var known = views.Where(v => v.State.Key.Job == job.Name && v.State.Key.Alert == rule.Name).ToList();
                if (known.Count == 0) rows.Add(Row(job, rule, null, terminal));
                else rows.AddRange(known.Select(view => Row(job, rule, view, terminal)));
            }
        if (rows.Count == 0) terminal.Note("No job has alerts.");
        else terminal.Table(null, ["job", "alert", "account", "state", "since", "rule", "value", "window", "last message", "note"], rows);
    }

    private static IReadOnlyList<string> Row(JobDefinition job, AlertRule rule, AlertView? view, Terminal terminal)
    {
        var (state, delivery) = (view?.State, view?.LastDelivery);
        var word = state is null ? "new" : state.Phase.IsFiring ? "firing" : "ok";
        var notes = new[] { state?.Fault, delivery?.Fault, view is { Waiting: > 0 } ? $"{view.Waiting} waiting" : null, view is { Dead: > 0 } ? $"{view.Dead} given up" : null };
        terminal.Object(new
        {
            type = "alert", job = job.Name, alert = rule.Name, account = state?.Key.Account, state = word, since = state?.Since, when = rule.When, value = state?.Value,
            window = state?.Window, fault = state?.Fault, waiting = view?.Waiting ?? 0, dead = view?.Dead ?? 0,
            delivery = delivery is null ? null : new
            {
                channel = delivery.Channel, kind = delivery.Kind.ToString().ToLowerInvariant(), state = delivery.State.ToString().ToLowerInvariant(), at = delivery.At, fault = delivery.Fault,
            },
        });
        return
        [
            job.Name, rule.Name, state?.Key.Account ?? "", word, Show.Time(state?.Since), rule.When, state?.Value is null ? "" : AlertText.Value(rule.Measure, state.Value), state?.Window ?? "",
            delivery is null ? "" : $"{delivery.State.ToString().ToLowerInvariant()} {delivery.Channel} {Show.Time(delivery.At)}", string.Join("; ", notes.OfType<string>()),
        ];
    }

    private static async Task<int> MeasureAsync(EtlHost host, JobDefinition job, ILedger ledger, Terminal terminal, CancellationToken cancellation)
    {
        IReadOnlyList<AlertTrial> trials = ledger is SqlLedger kept
            ? await AlertParts.Watch(host, kept).TryAsync(job, cancellation).ConfigureAwait(false)
            : [.. job.Alerts.Select(r => new AlertTrial(r, null, null, null, null))];
        var rows = new List<IReadOnlyList<string>>();
        foreach (var trial in trials)
        {
            var rule = trial.Rule;
            var verdict = trial.Fault is not null ? "failed" : trial.Key is null || (rule.IsOfWindow && trial.Window is null) ? "nothing landed" : trial.Holds ? "would fire" : "ok";
            terminal.Object(new
            {
                type = "trial", job = job.Name, alert = rule.Name, account = trial.Key?.Account, when = rule.When, window = trial.Window, value = trial.Value, threshold = rule.Threshold,
                wouldFire = trial.Holds, verdict, fault = trial.Fault,
            });
            rows.Add([rule.Name, trial.Key?.Account ?? "", rule.When, trial.Window ?? "", AlertText.Value(rule.Measure, trial.Value), AlertText.Value(rule.Measure, rule.Threshold), verdict, trial.Fault ?? Patience(rule)]);
        }
        terminal.Table(null, ["alert", "account", "rule", "window", "value", "threshold", "verdict", "note"], rows);
        return trials.Any(t => t.Fault is not null) ? ExitCode.WindowFailed : ExitCode.Done;
    }

    private static string Patience(AlertRule rule) =>
        rule.IsOfWindow && rule.Windows > 1 ? $"after {rule.Windows} windows in a row" : rule.Time > TimeSpan.Zero ? $"after {rule.Time:c}" : "";

    private static async Task<int> SendAsync(EtlHost host, JobDefinition job, Terminal terminal, CancellationToken cancellation)
    {
        using var channels = AlertParts.Channels(host, terminal);
        var exit = ExitCode.Done;
        foreach (var channel in job.Alerts.SelectMany(r => r.Notify).Distinct(StringComparer.Ordinal))
        {
            var message = AlertText.Test(job, job.Alerts.First(r => r.Notify.Contains(channel)), channel, TimeProvider.System.GetUtcNow());
            string? fault = null;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            try
            {
                await channels.Find(channel).DeliverAsync(message, limit.Token).ConfigureAwait(false);
            }
            catch (EtlException e)
            {
                fault = e.Message;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                fault = $"Channel '{channel}' did not answer within 30 s.";
            }
            terminal.Object(new { type = "channel", channel, delivered = fault is null, id = message.Id, fault });
            if (fault is null)
            {
                terminal.Line($"Channel '{channel}': a test message was delivered.");
                continue;
            }
            exit = ExitCode.WindowFailed;
            terminal.Warn($"Channel '{channel}': {fault}");
        }
        return exit;
    }
}
