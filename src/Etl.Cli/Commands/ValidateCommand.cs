using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;

namespace Etl.Cli.Commands;

/// <summary><c>etl validate</c>: all faults of all job files at once. Touches nothing, asks nobody.</summary>
internal static class ValidateCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var path = new Argument<string?>("PATH") { Description = "A job file or a folder of them; the jobs folder by default.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("validate", "Check job files and list every fault with file, line and column.") { path };
        command.SetAction(globals, (result, terminal, _) =>
        {
            var set = EtlHost.Open(globals, result).ReadJobs(result.GetValue(path));
            foreach (var fault in set.Faults)
            {
                terminal.Warn(fault.ToString());
                terminal.Object(new { type = "fault", file = fault.File, line = fault.Line, column = fault.Column, message = fault.Message });
            }
            foreach (var job in set.Jobs) terminal.Object(new { type = "job", job = job.Name, file = job.File });
            var exit = set.Faults.Count == 0 ? ExitCode.Done : ExitCode.Usage;
            terminal.Line(exit == ExitCode.Done
                ? set.Jobs.Count == 0
                    ? $"There is no job file in '{result.GetValue(path) ?? result.GetValue(globals.Jobs)}'. A job is one YAML file, such as 'nightly-content.yaml'."
                    : $"{Show.Number(set.Jobs.Count, "job")} {(set.Jobs.Count == 1 ? "is" : "are")} valid: {string.Join(", ", set.Jobs.Select(j => j.Name))}."
                : $"{Show.Number(set.Faults.Count, "fault")}. Nothing was touched.");
            terminal.Object(new { type = "summary", exit, jobs = set.Jobs.Count, faults = set.Faults.Count });
            return Task.FromResult(exit);
        });
        return command;
    }
}
