using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
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
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var definition = host.Job(result.GetRequiredValue(job));
                var outcomes = await RunDisplay.WatchAsync(
                    terminal,
                    async observer => await new Replayer(await host.PartsAsync(observer, cancellation, planningOnly: true).ConfigureAwait(false), host.SourcesOver)
                        .ReplayAsync(definition, result.GetRequiredValue(window), cancellation).ConfigureAwait(false)).ConfigureAwait(false);
                var exit = ExitCode.Combine(outcomes.Select(o => o.ExitCode));
                RunDisplay.Summary(terminal, outcomes, exit);
                return exit;
            }
        });
        return command;
    }
}
