using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;

namespace Etl.Cli.Commands;

/// <summary>Runs a command's work and turns every way it can end into an exit code and one message.</summary>
internal static class CommandGuard
{
    public static void SetAction(this Command command, GlobalOptions globals, Func<ParseResult, Terminal, CancellationToken, Task<int>> work) =>
        command.SetAction(async (result, cancellation) =>
        {
            var terminal = globals.Terminal(result);
            try
            {
                return await work(result, terminal, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return Fail(terminal, ExitCode.Cancelled, "cancelled", "Cancelled. Nothing is half landed; run the same command again to go on.");
            }
            catch (EtlException e)
            {
                return Fail(terminal, ExitCode.Of(e.Kind), e.Code, e.Message);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (terminal.Verbose) terminal.Warn(e.ToString());
                return Fail(terminal, ExitCode.WindowFailed, "io", e.Message);
            }
            catch (Exception e)
            {
                if (terminal.Verbose) terminal.Warn(e.ToString());
                return Fail(terminal, ExitCode.WindowFailed, "defect", Defect(e, terminal.Verbose));
            }
        });

    /// <summary>What a person is told when a fault was not foreseen: one line, and where more is found.</summary>
    internal static string Defect(Exception e, bool verbose) =>
        $"This is a defect of etl, please report it: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}"
        + (verbose ? "" : " ('-v' prints the details.) What was published before is untouched or whole; the next run goes on from there.");

    private static int Fail(Terminal terminal, int exit, string code, string message)
    {
        terminal.Warn(message);
        terminal.Object(new { type = "error", code, message });
        terminal.Object(new { type = "summary", exit, landed = 0, held = 0, failed = 0 });
        return exit;
    }
}
