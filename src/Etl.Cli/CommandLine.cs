using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Cli.Demo;
using Etl.Core.Errors;

namespace Etl.Cli;

/// <summary>The whole command line.</summary>
internal static class CommandLine
{
    // Long enough for a landing to finish its transaction after Ctrl-C.
    private static readonly TimeSpan s_graceAfterCtrlC = TimeSpan.FromSeconds(30);

    public static RootCommand Create()
    {
        var globals = new GlobalOptions();
        var root = new RootCommand("Pull Kaltura analytics in rolling windows, prove that each pull is complete, and land it as Parquet and SQL tables.");
        globals.AddTo(root);
        if (root.Options.OfType<VersionOption>().SingleOrDefault() is { } version) version.Action = new PrintVersion();
        root.Add(DemoCommand.Create(globals));
        root.Add(RunCommands.Run(globals));
        root.Add(PlanCommand.Create(globals));
        root.Add(RunCommands.Backfill(globals));
        root.Add(StatusCommands.Status(globals));
        root.Add(StatusCommands.History(globals));
        root.Add(ReleaseCommand.Create(globals));
        root.Add(ValidateCommand.Create(globals));
        root.Add(ReportsCommand.Create(globals));
        root.Add(PeekCommand.Create(globals));
        root.Add(SandboxCommand.Create(globals));
        root.Add(SessionCommand.Create(globals));
        return root;
    }

    public static async Task<int> InvokeAsync(ParseResult result, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        if (result.Errors.Count > 0)
        {
            foreach (var fault in result.Errors) await error.WriteLineAsync(fault.Message).ConfigureAwait(false);
            await error.WriteLineAsync($"See 'etl {result.CommandResult.Command.Name} --help'.".Replace("etl etl", "etl", StringComparison.Ordinal)).ConfigureAwait(false);
            return ExitCode.Usage;
        }
        return await result.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_graceAfterCtrlC },
            cancellation).ConfigureAwait(false);
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
#if FULL
            const string set = "full";
#else
            const string set = "portable";
#endif
            var version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
            parseResult.InvocationConfiguration.Output.WriteLine($"etl {version} (packages: {set})");
            return ExitCode.Done;
        }
    }
}
