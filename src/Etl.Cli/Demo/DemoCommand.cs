using System.CommandLine;
using System.Diagnostics;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Cli.Demo.Patterns;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Runs;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Sandbox;

namespace Etl.Cli.Demo;

/// <summary><c>etl demo</c>: sandbox, pull, landing and verification, end to end, on this machine alone.</summary>
internal static class DemoCommand
{
    private const int DefaultDays = 7;

    private const string Folder = "demo";

    // Days are generated when they are asked for: a long past costs nothing, and a demo that was run weeks ago finds its windows again.
    private const int SandboxDays = 400;

    public static Command Create(GlobalOptions globals)
    {
        var days = GlobalOptions.Number("--days", "Closed days to pull, 1 to 90.", DefaultDays, 1, 90);
        var pattern = new Option<string?>("--pattern") { Description = "Play a pattern of the guides instead: its number or name (15.4), 'all', or 'list'.", HelpName = "PATTERN" };
        var command = new Command("demo", "Pull, check, land and verify against a built-in sandbox. No account, no servers.") { days, pattern };
        command.SetAction(globals, (result, terminal, cancellation) => result.GetValue(pattern) is { } name
            ? PatternDemo.RunAsync(globals, result, terminal, name, cancellation)
            : RunAsync(globals, result, terminal, result.GetValue(days), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(GlobalOptions globals, ParseResult result, Terminal terminal, int days, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var time = new DemoEvents.DayClock();
        var options = DemoEvents.Sandbox(Path.Combine(Path.GetFullPath(result.GetValue(globals.Data)!), Folder), SandboxDays, time);
        var sandbox = await SandboxServer.StartAsync(options, cancellation).ConfigureAwait(false);
        await using (sandbox.ConfigureAwait(false))
        {
            var host = EtlHost.Open(globals, result, Folder, sandbox.BaseUrl, options.PartnerId, options.AdminSecret);
            await using (host.ConfigureAwait(false))
            {
                var jobs = DemoJobs.Make(days);
                terminal.Note($"etl demo: {jobs.Count} jobs, the last {days} closed days in {DemoJobs.TimeZone}, from a sandbox with {options.Entries} videos and {options.Users} users.");
                var events = new DemoEvents(host, terminal, time);
                var audience = await events.PlayAsync(jobs[0], cancellation).ConfigureAwait(false);
                terminal.Note("");
                var (plans, outcomes) = await RunDisplay.WatchAsync(terminal, async observer =>
                {
                    var runner = new JobRunner(await host.PartsAsync(observer, cancellation).ConfigureAwait(false));
                    var plans = new List<JobPlan>();
                    var all = new List<WindowOutcome>();
                    foreach (var job in jobs)
                    {
                        var (plan, some) = await runner.RunAsync(job, new PlanOptions(), JobRunner.DefaultParallel, cancellation).ConfigureAwait(false);
                        plans.Add(plan);
                        all.AddRange(some);
                    }
                    return (plans, all);
                }).ConfigureAwait(false);
                cancellation.ThrowIfCancellationRequested();

                using var truth = new TruthClient(sandbox.BaseUrl);
                var verified = await new DemoVerifier(host, truth).RunAsync(jobs, cancellation).ConfigureAwait(false);
                var sent = audience is null ? [] : await events.DifferencesAsync(audience, cancellation).ConfigureAwait(false);
                return Report(terminal, host, plans, outcomes, verified, audience, sent, clock.Elapsed);
            }
        }
    }

    private static int Report(
        Terminal terminal, EtlHost host, List<JobPlan> plans, List<WindowOutcome> outcomes, IReadOnlyList<Verification> verified, Audience? audience, IReadOnlyList<string> sent, TimeSpan elapsed)
    {
        var differing = verified.Where(v => v.Difference is not null).ToList();
        var pulled = outcomes.ToDictionary(o => o.Key);
        terminal.Note("");
        terminal.Table(
            null,
            ["job", "window", "rows", "this run", "checks", "parquet", "table"],
            verified.GroupBy(v => v.Key).Select(window =>
            {
                var outcome = pulled.GetValueOrDefault(window.Key);
                return (IReadOnlyList<string>)
                [
                    window.Key.Source == "main" ? window.Key.Job : $"{window.Key.Job}.{window.Key.Source}",
                    window.Key.Label,
                    Show.Count(window.First().Rows),
                    outcome is null ? "not due" : outcome.State.ToString().ToLowerInvariant(),
                    outcome is null ? "" : Show.Checks(outcome.Checks),
                    Verdict(window, "parquet"),
                    Verdict(window, "table"),
                ];
            }));
        foreach (var v in verified)
            terminal.Object(new { type = "verified", job = v.Key.Job, source = v.Key.Source, window = v.Key.Label, kind = v.Kind, location = v.Location, rows = v.Rows, equal = v.Difference is null, difference = v.Difference });
        foreach (var v in differing) terminal.Warn($"{v.Key} {v.Kind} '{v.Location}': {v.Difference}");
        foreach (var difference in sent) terminal.Warn($"Simulated viewers, {difference}");

        var due = plans.Sum(p => p.Due.Count);
        var notDue = plans.Sum(p => p.UpToDate);
        terminal.Line();
        terminal.Line(due == 0
            ? $"Nothing was due: all {notDue} windows were pulled before. The next one closes at {Show.Time(plans.Min(p => p.NextCloses))}."
            : $"{due} windows pulled, {notDue} were up to date.");
        terminal.Line(differing.Count == 0
            ? $"Verified: all {Show.Count(verified.Sum(v => (long)v.Rows))} rows in {verified.Count} places equal what the sandbox holds. {Show.Seconds(elapsed)}."
            : $"{differing.Count} of {verified.Count} places differ from what the sandbox holds.");
        if (audience is not null && sent.Count == 0)
            terminal.Line($"Simulated viewers: all {audience.Tally.Expected.Count} figures that the reports show of them equal what they sent, such as {audience["count_plays"]:0} plays.");
        terminal.Line();
        terminal.Line($"Parquet    {Show.Path(host.ParquetFolder)}/<dataset>/date=<day>/data.parquet");
        terminal.Line($"Warehouse  {Show.Path(host.WarehousePath)}");
        terminal.Line($"Ledger     {Show.Path(host.LedgerPath)}");
        var exit = ExitCode.Combine(outcomes.Select(o => o.ExitCode).Append(differing.Count + sent.Count > 0 ? ExitCode.WindowFailed : ExitCode.Done));
        terminal.Object(new
        {
            type = "summary", exit,
            landed = outcomes.Count(o => o.State is Core.Ledger.WindowState.Landed or Core.Ledger.WindowState.Frozen),
            held = outcomes.Count(o => o.State == Core.Ledger.WindowState.Held),
            failed = outcomes.Count(o => o.State == Core.Ledger.WindowState.Failed),
            verified = verified.Count, differing = differing.Count,
        });
        return exit;
    }

    private static string Verdict(IEnumerable<Verification> window, string kind)
    {
        var one = window.FirstOrDefault(v => v.Kind == kind);
        return one is null ? "" : one.Difference is null ? "equal" : "differs";
    }
}
