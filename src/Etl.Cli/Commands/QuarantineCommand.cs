using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Pipeline.Running;

namespace Etl.Cli.Commands;

/// <summary><c>etl quarantine</c>: rows that could not be typed, for people and for another try.</summary>
internal static class QuarantineCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var command = new Command("quarantine", "Look at rows that could not be typed, and type them again.");
        command.Add(List(globals));
        command.Add(Replay(globals));
        return command;
    }

    private static Command List(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var window = new Option<string?>("--window") { Description = "Only this window, with its replaced pulls too.", HelpName = "LABEL" };
        var rows = GlobalOptions.Number("--rows", "Rows shown of each pull, 0 to 100000.", 0, 0, 100_000);
        var command = new Command("list", "Show which windows have rows in quarantine, and why.") { job, window, rows };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var ledger = await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false);
                await new QuarantineList(host.Quarantine, ledger, terminal)
                    .PrintAsync(result.GetRequiredValue(job), result.GetValue(window), result.GetValue(rows), cancellation).ConfigureAwait(false);
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static Command Replay(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var window = new Option<string?>("--window") { Description = "Only this window.", HelpName = "LABEL" };
        var command = new Command("replay", "Type rows in quarantine again, from raw capture with this build's parser and catalogue. A window changes only when fewer rows stay in quarantine.") { job, window };
        command.SetAction(globals, (result, terminal, cancellation) => WatchedWork.RunAsync(
            globals,
            result,
            terminal,
            result.GetRequiredValue(job),
            async (host, definition, observer) => await new QuarantineReplayer(await host.PartsAsync(observer, cancellation, planningOnly: true).ConfigureAwait(false), host.SourcesOver)
                .ReplayAsync(definition, result.GetValue(window), cancellation).ConfigureAwait(false),
            "No rows of this job are in quarantine."));
        return command;
    }
}
