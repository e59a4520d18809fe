using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Pipeline.Running;

namespace Etl.Cli.Commands;

/// <summary><c>etl release</c>: publishes a held pull on a person's word.</summary>
internal static class ReleaseCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var window = new Option<string>("--window") { Description = "Label of the held window.", Required = true, HelpName = "LABEL" };
        var command = new Command("release", "Publish a held pull as it is. Refused if a newer one landed.") { job, window };
        command.SetAction(globals, (result, terminal, cancellation) => WatchedWork.RunAsync(
            globals,
            result,
            terminal,
            result.GetRequiredValue(job),
            async (host, definition, observer) => await new Releaser(await host.PartsAsync(observer, cancellation, planningOnly: true).ConfigureAwait(false))
                .ReleaseAsync(definition, result.GetRequiredValue(window), cancellation).ConfigureAwait(false)));
        return command;
    }
}
