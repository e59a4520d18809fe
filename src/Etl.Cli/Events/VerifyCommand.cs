using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Kaltura.Events.Model;

namespace Etl.Cli.Events;

/// <summary><c>etl events verify</c>: sends sessions of users that nobody else is, and waits for the reports to show exactly them.</summary>
internal static class VerifyCommand
{
    private static readonly TimeSpan s_firstLook = TimeSpan.FromSeconds(1), s_lastLook = TimeSpan.FromMinutes(1);

    public static Command Create(GlobalOptions globals)
    {
        var entry = new Option<string>("--entry") { Description = "Entry that is played; it should exist, for reports join it.", Required = true, HelpName = "ID" };
        var duration = GlobalOptions.Number("--duration", "Length of the entry in seconds.", 600, 1, 86_400);
        var users = GlobalOptions.Number("--users", "Viewers.", 20, 1, 200);
        var seed = GlobalOptions.Number("--seed", "Same seed, same viewers.", 1, 0, int.MaxValue);
        var wait = GlobalOptions.Number("--wait", "Seconds to wait for the reports; the service needs 10 to 30 minutes.", 2_400, 1, 86_400);
        var options = new DeliveryOptions();
        var command = new Command("verify", "Send labelled sessions, wait for propagation, and compare the reports with what was sent.") { entry, duration, users, seed, wait };
        options.AddTo(command);
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                // Reports need a session: a missing credential shows before anything is sent.
                _ = host.Kaltura;
                var began = TimeProvider.System.GetUtcNow();
                var label = string.Create(CultureInfo.InvariantCulture, $"verify-{began.ToUnixTimeMilliseconds():x}");
                var model = new ViewerModelOptions
                {
                    Api = options.ApiOrBest(result, host), PartnerId = host.Events.Settings.PartnerId, EntryId = result.GetRequiredValue(entry),
                    Duration = TimeSpan.FromSeconds(result.GetValue(duration)), Viewers = result.GetValue(users), Seed = result.GetValue(seed), Label = label,
                    Common = [new("referrer", $"etl://{label}")],
                };
                var tally = new EventTally();
                var delivery = new Delivery(host, terminal, options.Read(result));
                var sent = await delivery.RunAsync((queue, stop) => Player.PlayAsync(ViewerModel.Play(model), speed: 0, delivery, queue, tally, stop), cancellation).ConfigureAwait(false);
                if (sent.Fault is not null || sent.Refused > 0 || sent.Left > 0) return delivery.Tell(sent);
                terminal.Note($"{delivery.Queued} events of {model.Viewers} viewers were delivered under the label '{label}'. Waiting for the reports, {result.GetValue(wait)} s at most.");
                return await CompareAsync(host, terminal, model, tally, began, TimeSpan.FromSeconds(result.GetValue(wait)), cancellation).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static async Task<int> CompareAsync(EtlHost host, Terminal terminal, ViewerModelOptions model, EventTally tally, DateTimeOffset began, TimeSpan patience, CancellationToken cancellation)
    {
        var expected = tally.Expected;
        var reports = new ReportedMetrics(host, model, began);
        var waited = Stopwatch.StartNew();
        var look = s_firstLook;
        while (true)
        {
            var reported = await reports.ReadAsync(cancellation).ConfigureAwait(false);
            var rows = expected.Select(e => (e.Metric, Expected: e.Value, Reported: reported.GetValueOrDefault(e.Metric))).ToList();
            var isEqual = rows.All(r => Same(r.Expected, r.Reported));
            if (isEqual || waited.Elapsed >= patience) return Tell(terminal, rows, isEqual, waited.Elapsed, model.Label);
            if (terminal.Verbose) terminal.Warn($"After {waited.Elapsed.TotalSeconds:0} s: {rows.Count(r => Same(r.Expected, r.Reported))} of {rows.Count} metrics agree.");
            var rest = patience - waited.Elapsed;
            await Task.Delay(look < rest ? look : rest, cancellation).ConfigureAwait(false);
            look = look * 1.5 < s_lastLook ? look * 1.5 : s_lastLook;
        }
    }

    private static int Tell(Terminal terminal, List<(string Metric, double Expected, double? Reported)> rows, bool isEqual, TimeSpan waited, string label)
    {
        foreach (var (metric, expected, reported) in rows) terminal.Object(new { type = "metric", metric, expected, reported, equal = Same(expected, reported) });
        terminal.Table(null, ["metric", "expected", "reported", ""],
            rows.Select(r => (IReadOnlyList<string>)[r.Metric, Text(r.Expected), r.Reported is { } value ? Text(value) : "(none)", Same(r.Expected, r.Reported) ? "equal" : "DIFFERENT"]));
        var exit = isEqual ? ExitCode.Done : ExitCode.WindowFailed;
        if (isEqual) terminal.Line($"The reports show what was sent, {waited.TotalSeconds:0} s after it.");
        else terminal.Warn($"The reports do not show what was sent, {waited.TotalSeconds:0} s after it. If it has not arrived yet, give '--wait' more time; the events are of the users '{label}-…'.");
        terminal.Object(new { type = "summary", exit, equal = isEqual, waitedSeconds = Math.Round(waited.TotalSeconds), label });
        return exit;
    }

    // Counts are exact; minutes went through the service's rounding.
    private static bool Same(double expected, double? reported) => reported is { } value && Math.Abs(expected - value) < 0.01;

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
