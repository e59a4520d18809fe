using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Cli.Commands;

/// <summary><c>etl backfill</c>: a range of past windows, by the workers of the servers that live on this ledger or, where there are none, by this process.</summary>
internal static class BackfillCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var from = new Option<string>("--from") { Description = "First window label, included.", HelpName = "LABEL", Required = true };
        var to = new Option<string>("--to") { Description = "Last window label, included.", HelpName = "LABEL", Required = true };
        var force = new Option<bool>("--force") { Description = "Also windows that are landed or frozen." };
        var parallel = GlobalOptions.Number("--parallel", "Windows worked on at once, over all servers, 1 to 64.", JobRunner.DefaultParallel, 1, 64);
        var detach = new Option<bool>("--detach") { Description = "Leave the windows to the servers and do not wait. 'etl status' shows how far they are; the same command without it watches them, and Ctrl-C then withdraws." };
        var here = new Option<bool>("--here") { Description = "Run the windows in this process, also when a server lives on this ledger." };
        var withdraw = new Option<bool>("--withdraw") { Description = "Start nothing: take back what backfills asked for of the range and no server has begun." };
        var command = new Command("backfill", "Pull a range of past windows that are not landed yet: on the workers of running servers, or here. The nightly lookback is not disturbed.")
        {
            job, from, to, force, parallel, detach, here, withdraw,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(withdraw) && ((Option[])[force, parallel, detach, here]).FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } other)
                result.AddError($"'--withdraw' starts nothing, so '{other.Name}' has no meaning beside it: leave one of them out.");
            else if (result.GetValue(detach) && result.GetValue(here)) result.AddError("'--detach' leaves the windows to servers and '--here' does not: give one of them.");
        });
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var options = new PlanOptions { From = result.GetRequiredValue(from), To = result.GetRequiredValue(to), Force = result.GetValue(force) };
            var (name, most) = (result.GetRequiredValue(job), result.GetValue(parallel));
            if (result.GetValue(withdraw)) return await WithdrawAsync(globals, result, terminal, name, options, cancellation).ConfigureAwait(false);
            var servers = result.GetValue(here) ? [] : await ServersAsync(globals, result, name, cancellation).ConfigureAwait(false);
            if (servers.Count > 0) return await OnServersAsync(globals, result, terminal, name, options, most, servers, result.GetValue(detach), cancellation).ConfigureAwait(false);
            if (result.GetValue(detach))
                throw new EtlException(FaultKind.Usage, "No server lives on this ledger to leave the windows to. Start one with 'etl serve', or leave '--detach' out.") { Code = "no-server" };
            return await HereAsync(globals, result, terminal, name, options, most, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>What waits for a server of the same windows is done by this process, and so it waits no more.</summary>
    private static async Task<int> HereAsync(GlobalOptions globals, ParseResult result, Terminal terminal, string name, PlanOptions options, int parallel, CancellationToken cancellation)
    {
        var waited = 0;
        var exit = await RunCommands.ExecuteAsync(globals, result, terminal, name, options, parallel, length: null, apply: false, cancellation, async (job, backlog) =>
            waited = (await BackfillBatch.WithdrawAsync(backlog, job.Name, Named(job, options), options.Force, TimeProvider.System, cancellation).ConfigureAwait(false)).Windows).ConfigureAwait(false);
        if (waited > 0) terminal.Note($"{Show.Number(waited, "window")} of these had waited for a server, and {(waited == 1 ? "waits" : "wait")} no more.");
        return exit;
    }

    private static async Task<int> WithdrawAsync(GlobalOptions globals, ParseResult result, Terminal terminal, string name, PlanOptions options, CancellationToken cancellation)
    {
        var host = EtlHost.Open(globals, result);
        await using (host.ConfigureAwait(false))
        {
            var named = Named(host.Job(name), options);
            var withdrawal = await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false) is IBacklog backlog
                ? await BackfillBatch.WithdrawAsync(backlog, name, named, forced: null, TimeProvider.System, cancellation).ConfigureAwait(false)
                : new Withdrawal(0, 0, []);
            terminal.Note(withdrawal is { Windows: 0, Working: 0 }
                ? $"No window of a backfill of '{name}' from {options.From} to {options.To} waits.{OfOthers(withdrawal)}"
                : Words(withdrawal));
            Tell(withdrawal, terminal);
            terminal.Object(new { type = "summary", exit = ExitCode.Done, landed = 0, held = 0, failed = 0 });
            return ExitCode.Done;
        }
    }

    private static async Task<IReadOnlyList<ServerRecord>> ServersAsync(GlobalOptions globals, ParseResult result, string name, CancellationToken cancellation)
    {
        var host = EtlHost.Open(globals, result);
        await using (host.ConfigureAwait(false))
        {
            // A live job has no past; that is told by the run.
            if (host.Job(name).IsLive) return [];
            return await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false) is IBacklog backlog ? await backlog.ServersAsync(cancellation).ConfigureAwait(false) : [];
        }
    }

    private static async Task<int> OnServersAsync(
        GlobalOptions globals, ParseResult result, Terminal terminal, string name, PlanOptions options, int parallel, IReadOnlyList<ServerRecord> servers, bool detach, CancellationToken cancellation)
    {
        var host = EtlHost.Open(globals, result);
        await using (host.ConfigureAwait(false))
        {
            var job = host.Job(name);
            var ledger = await host.LedgerAsync(cancellation).ConfigureAwait(false);
            var plan = await new DuePlanner(ledger, host.PlanningSources, TimeProvider.System).PlanAsync(job, options, cancellation).ConfigureAwait(false);
            var named = Named(job, options);
            var batch = new BackfillBatch(ledger, ledger, plan, LabelsOf(plan, named), options.Force, TimeProvider.System);
            var (takenOver, ofOthers) = await AskAsync(batch, named, parallel, terminal, cancellation).ConfigureAwait(false);
            var labels = batch.Labels;
            if (labels.Count > 0)
            {
                terminal.Note($"{job.Name}: {Show.Number(labels.Count, "window")} on {Servers(servers)}."
                    + (takenOver > 0 ? $" {Show.Count(takenOver)} of them {(takenOver == 1 ? "was" : "were")} left of an earlier backfill." : "")
                    + (ofOthers > 0 ? $" {Show.Count(ofOthers)} of them others had asked for already." : "")
                    + (detach ? " 'etl status' shows how far they are." : " Ctrl-C withdraws what has not begun."));
            }
            if (detach)
            {
                terminal.Object(new { type = "summary", exit = ExitCode.Done, landed = 0, held = 0, failed = 0, asked = labels.Count });
                return ExitCode.Done;
            }
            var outcomes = await RunDisplay.WatchAsync(terminal, observer => WatchAsync(batch, plan, observer, terminal, cancellation)).ConfigureAwait(false);
            if (cancellation.IsCancellationRequested && labels.Count > 0) await WithdrawAsync(batch, terminal).ConfigureAwait(false);
            var exit = ExitCode.Combine(outcomes.Select(o => o.ExitCode).Append(cancellation.IsCancellationRequested ? ExitCode.Cancelled : ExitCode.Done));
            RunDisplay.Summary(terminal, outcomes, exit);
            RunCommands.TellWaiting(terminal, plan.Skipped.Where(s => s.Parked is null && !batch.Joined.Contains(s.Key.Label)));
            if (labels.Count == 0 && plan.UpToDate == plan.Skipped.Count) terminal.Note("The named windows are landed already. '--force' pulls them again.");
            return exit;
        }
    }

    private static async Task<(int TakenOver, int OfOthers)> AskAsync(BackfillBatch batch, IReadOnlyList<string> named, int parallel, Terminal terminal, CancellationToken cancellation)
    {
        try
        {
            return await batch.AskAsync(named, parallel, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // A part may stand there already.
            await WithdrawAsync(batch, terminal).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<IReadOnlyList<WindowOutcome>> WatchAsync(BackfillBatch batch, JobPlan plan, IRunObserver observer, Terminal terminal, CancellationToken cancellation)
    {
        observer.Planned(plan.Job.Name, plan.Due.Count + batch.Joined.Count, plan.UpToDate);
        try
        {
            return await batch.WatchAsync(observer, terminal, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return batch.Outcomes;
        }
    }

    private static async Task WithdrawAsync(BackfillBatch batch, Terminal terminal)
    {
        var withdrawal = await batch.WithdrawAsync().ConfigureAwait(false);
        terminal.Warn($"{Words(withdrawal)} The same command again goes on with what is not landed.");
        Tell(withdrawal, terminal);
    }

    private static string Words(Withdrawal withdrawal) =>
        $"Withdrew {Show.Number(withdrawal.Windows, "window")} that had not begun."
        + (withdrawal.Working > 0 ? $" {Show.Number(withdrawal.Working, "window")} {(withdrawal.Working == 1 ? "is" : "are")} in work on the servers and will end there." : "")
        + OfOthers(withdrawal);

    private static string OfOthers(Withdrawal withdrawal) => withdrawal.OfOthers.Count == 0
        ? ""
        : $" {Show.Number(withdrawal.OfOthers.Count, "window")} {(withdrawal.OfOthers.Count == 1 ? "stays" : "stay")}, since others asked ({string.Join(", ", withdrawal.OfOthers.Select(o => o.By).Distinct())}).";

    private static void Tell(Withdrawal withdrawal, Terminal terminal) =>
        terminal.Object(new { type = "withdrawn", windows = withdrawal.Windows, working = withdrawal.Working, ofOthers = withdrawal.OfOthers.Count });

    private static IReadOnlyList<string> Named(JobDefinition job, PlanOptions options) =>
        [.. DuePlanner.Named(job, options.From!, options.To!, TimeProvider.System.GetUtcNow()).Select(w => w.Label)];

    // The accounts that a report lists are known to who may ask for them: the servers. Then every label of the range is handed over.
    private static IReadOnlyList<string> LabelsOf(JobPlan plan, IReadOnlyList<string> named) => plan.Unasked.Count > 0
        ? named
        : [.. plan.Due.OrderBy(d => d.Window.From).Select(d => d.Key.Label).Distinct()];

    private static string Servers(IReadOnlyList<ServerRecord> servers) =>
        $"{Show.Number(servers.Count, "running server")} with {Show.Number(servers.Sum(s => s.Workers), "worker")}";
}
