using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;

namespace Etl.Cli.Commands;

/// <summary>Commands that do something to windows of one job: shown while it goes on, summed up at the end.</summary>
internal static class WatchedWork
{
    /// <summary>Does the work and says how the windows ended; the exit code is theirs.</summary>
    public static async Task<int> RunAsync(
        GlobalOptions globals,
        ParseResult result,
        Terminal terminal,
        string job,
        Func<EtlHost, JobDefinition, IRunObserver, Task<IReadOnlyList<WindowOutcome>>> work,
        string? nothing = null)
    {
        var host = EtlHost.Open(globals, result);
        await using (host.ConfigureAwait(false))
        {
            // First: a job file with faults must be told before anything is opened.
            var definition = host.Job(job);
            var outcomes = await RunDisplay.WatchAsync(terminal, observer => work(host, definition, observer)).ConfigureAwait(false);
            var exit = ExitCode.Combine(outcomes.Select(o => o.ExitCode).Append(host.ExportExitCode));
            if (outcomes.Count == 0 && nothing is not null) terminal.Note(nothing);
            RunDisplay.Summary(terminal, outcomes, exit);
            return exit;
        }
    }
}
