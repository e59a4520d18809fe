using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
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
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var definition = host.Job(result.GetRequiredValue(job));
                var outcomes = await RunDisplay.WatchAsync(
                    terminal,
                    async observer => await new Releaser(await host.PartsAsync(observer, cancellation, planningOnly: true).ConfigureAwait(false))
                        .ReleaseAsync(definition, result.GetRequiredValue(window), cancellation).ConfigureAwait(false)).ConfigureAwait(false);
                var exit = ExitCode.Combine(outcomes.Select(o => o.ExitCode));
                RunDisplay.Summary(terminal, outcomes, exit);
                return exit;
            }
        });
        return command;
    }
}
