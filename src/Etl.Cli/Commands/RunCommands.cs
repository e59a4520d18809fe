using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Scheduling;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Cli.Commands;

/// <summary><c>etl run</c>, and what <c>etl backfill</c> does in its own process: the same work, due windows or a named range.</summary>
internal static class RunCommands
{
    public static Command Run(GlobalOptions globals)
    {
        var job = JobArgument();
        var from = new Option<string?>("--from") { Description = "First window label, included.", HelpName = "LABEL" };
        var to = new Option<string?>("--to") { Description = "Last window label, included.", HelpName = "LABEL" };
        var force = new Option<bool>("--force") { Description = "Pull the named windows even if they are landed or frozen. Never skips a check." };
        var length = new Option<string?>("--for") { Description = "How long a live job polls, such as 90s, 10m or 2h.", HelpName = "TIME" };
        var apply = new Option<bool>("--apply") { Description = "Do the actions of the job at the service. Without it the run says what it would do." };
        var command = new Command("run", "Pull the due windows of a job, or the named ones, and land them. A live job is polled '--for' a while.") { job, from, to, force, length, apply };
        command.SetAction(globals, (result, terminal, cancellation) => ExecuteAsync(
            globals,
            result,
            terminal,
            result.GetRequiredValue(job),
            new PlanOptions { From = result.GetValue(from), To = result.GetValue(to), Force = result.GetValue(force) },
            JobRunner.DefaultParallel,
            result.GetValue(length),
            result.GetValue(apply),
            cancellation));
        return command;
    }

    public static Argument<string> JobArgument() => new("JOB") { Description = "Name of a job in the jobs folder." };

    /// <summary>Runs due windows, or the named ones, in this process. What comes <paramref name="before"/> is done when all settings are known to be there.</summary>
    public static async Task<int> ExecuteAsync(
        GlobalOptions globals, ParseResult result, Terminal terminal, string name, PlanOptions options, int parallel, string? length, bool apply, CancellationToken cancellation,
        Func<JobDefinition, IBacklog, Task>? before = null)
    {
        var host = EtlHost.Open(globals, result);
        await using (host.ConfigureAwait(false))
        {
            var job = host.Job(name);
            if (LiveRun.LengthOf(job, options, length) is { } time) return await LiveRun.ExecuteAsync(host, job, time, terminal, cancellation).ConfigureAwait(false);
            var (plan, outcomes) = await AlertParts.BesideAsync(host, job, terminal, () => RunDisplay.WatchAsync(
                terminal,
                async observer =>
                {
                    var parts = await host.PartsAsync(new PacedObserver(observer, TimeProvider.System), cancellation).ConfigureAwait(false);
                    if (before is not null) await before(job, await host.LedgerAsync(cancellation).ConfigureAwait(false)).ConfigureAwait(false);
                    return await new JobRunner(parts).RunAsync(job, options, parallel, cancellation).ConfigureAwait(false);
                }), cancellation).ConfigureAwait(false);
            var exit = ExitCode.Combine(outcomes.Select(o => o.ExitCode).Append(host.ExportExitCode).Append(cancellation.IsCancellationRequested ? ExitCode.Cancelled : ExitCode.Done));
            // Actions follow from what landed: after a run that failed they wait for the next one.
            if (exit == ExitCode.Done) exit = await new JobActions(host, job, terminal).RunAsync(apply, cancellation).ConfigureAwait(false);
            RunDisplay.Summary(terminal, outcomes, exit);
            TellWaiting(terminal, plan.Skipped.Where(s => s.Parked is null));
            if (plan.Due.Count == 0 && (options.From ?? options.To) is not null && plan.UpToDate == plan.Skipped.Count)
                terminal.Note("The named windows are landed already. '--force' pulls them again.");
            else if (plan.Due.Count == 0) terminal.Note($"The next window closes at {Show.Time(plan.NextCloses)}.");
            StaleNote(terminal, plan);
            return exit;
        }
    }

    /// <summary>Names the windows that are neither due nor up to date: another run has them, or they are parked.</summary>
    public static void TellWaiting(Terminal terminal, IEnumerable<SkippedWindow> skipped)
    {
        foreach (var waiting in skipped.Where(s => !s.IsUpToDate)) terminal.Warn($"{waiting.Key}: left alone, {waiting.Why}.");
    }

    private static void StaleNote(Terminal terminal, JobPlan plan)
    {
        if (plan.StaleDefinitions.Count == 0) return;
        terminal.Warn(
            $"{Show.Number(plan.StaleDefinitions.Count, "landed window")} with a stale definition (the job's report, filter or zone changed since). "
            + $"'etl backfill {plan.Job.Name} --from {plan.StaleDefinitions[0].Label} --to {plan.StaleDefinitions[^1].Label} --force' pulls what is stale again.");
    }
}
