using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Cli.Converting;
using Etl.Cli.Demo;
using Etl.Cli.Events;
using Etl.Core.Errors;

namespace Etl.Cli;

/// <summary>The whole command line.</summary>
internal static class CommandLine
{
    /// <summary>Parses and runs. Ends with an exit code, never with an exception.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        try
        {
            var globals = new GlobalOptions();
            return await InvokeAsync(Create(globals).Parse(arguments), globals, output, error, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await error.WriteLineAsync(CommandGuard.Defect(e, verbose: false)).ConfigureAwait(false);
            if (arguments.Contains("-v")) await error.WriteLineAsync(e.ToString()).ConfigureAwait(false);
            return ExitCode.WindowFailed;
        }
    }

    /// <summary>The tree of commands.</summary>
    internal static RootCommand Create(GlobalOptions globals)
    {
        var root = new RootCommand("Pull Kaltura analytics in rolling windows, prove that each pull is complete, and land it as Parquet and SQL tables.");
        globals.AddTo(root);
        if (root.Options.OfType<VersionOption>().SingleOrDefault() is { } version) version.Action = new PrintVersion();
        root.Add(DemoCommand.Create(globals));
        root.Add(RunCommands.Run(globals));
        root.Add(PlanCommand.Create(globals));
        root.Add(BackfillCommand.Create(globals));
        root.Add(StatusCommands.Status(globals));
        root.Add(StatusCommands.History(globals));
        root.Add(ReleaseCommand.Create(globals));
        root.Add(ReplayCommand.Create(globals));
        root.Add(QuarantineCommand.Create(globals));
        root.Add(ExportCommand.Create(globals));
        root.Add(ValidateCommand.Create(globals));
        root.Add(ReportsCommand.Create(globals));
        root.Add(PeekCommand.Create(globals));
        root.Add(ConvertCommand.Create(globals));
        root.Add(ServeCommand.Create(globals));
        root.Add(AlertsCommand.Create(globals));
        root.Add(HooksCommand.Create(globals));
        root.Add(AuditCommand.Create(globals));
        root.Add(EventsCommand.Create(globals));
        root.Add(SandboxCommand.Create(globals));
        root.Add(SessionCommand.Create(globals));
        return root;
    }

    private static async Task<int> InvokeAsync(ParseResult result, GlobalOptions globals, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        if (result.Errors.Count > 0)
        {
            var terminal = globals.Terminal(result, output, error);
            var message = string.Join('\n', UsageFaults.Of(result));
            terminal.Warn(message);
            terminal.Warn($"See '{UsageFaults.Path(result.CommandResult)} --help'.");
            terminal.Object(new { type = "error", code = "usage", message });
            terminal.Object(new { type = "summary", exit = ExitCode.Usage, landed = 0, held = 0, failed = 0 });
            return ExitCode.Usage;
        }
        using var stop = new StopSignals(cancellation);
        return await result.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
            stop.Token).ConfigureAwait(false);
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
            parseResult.InvocationConfiguration.Output.WriteLine($"etl {version} (packages: {AuditParts.Packages})");
            return ExitCode.Done;
        }
    }
}
