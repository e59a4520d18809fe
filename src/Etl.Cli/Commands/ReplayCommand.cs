using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Pipeline.Running;

namespace Etl.Cli.Commands;

/// <summary><c>etl replay</c>: lands a window again from raw capture, without the network.</summary>
internal static class ReplayCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var window = new Option<string>("--window") { Description = "Label of the window.", Required = true, HelpName = "LABEL" };
        var command = new Command("replay", "Land a window again from its newest recorded pull, without the network. Refused if a newer one landed.") { job, window };
        command.SetAction(globals, (result, terminal, cancellation) => WatchedWork.RunAsync(
            globals,
            result,
            terminal,
            result.GetRequiredValue(job),
            async (host, definition, observer) => await new Replayer(await host.PartsAsync(observer, cancellation, planningOnly: true).ConfigureAwait(false), host.SourcesOver)
                .ReplayAsync(definition, result.GetRequiredValue(window), cancellation).ConfigureAwait(false)));
        return command;
    }
}
