using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Core.Errors;
using Etl.Sandbox;

namespace Etl.Cli.Commands;

/// <summary><c>etl sandbox</c>: the analytics service on this machine, until Ctrl-C.</summary>
internal static class SandboxCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var defaults = new SandboxOptions();
        var port = GlobalOptions.Number("--port", "Port on 127.0.0.1; 0 takes any free one.", 8085, 0, 65_535);
        var seed = new Option<int>("--seed") { Description = "Same seed, same data.", DefaultValueFactory = _ => (int)defaults.Seed, HelpName = "N" };
        var entries = GlobalOptions.Number("--entries", "Videos.", defaults.Entries, 1, 1_000_000);
        var users = GlobalOptions.Number("--users", "Known users.", defaults.Users, 1, 1_000_000);
        var days = GlobalOptions.Number("--days", "Days of data, up to now.", defaults.Days, 1, 4_000);
        var command = new Command("sandbox", "Run a Kaltura-compatible analytics service on this machine, until Ctrl-C.") { port, seed, entries, users, days };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var options = defaults with
            {
                Port = result.GetValue(port),
                Seed = (uint)result.GetValue(seed),
                Entries = result.GetValue(entries),
                Users = result.GetValue(users),
                Days = result.GetValue(days),
            };
            var server = await StartAsync(options, cancellation).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                var url = server.BaseUrl.ToString().TrimEnd('/');
                terminal.Object(new { type = "sandbox", url, partnerId = options.PartnerId, adminSecret = options.AdminSecret });
                terminal.Line($"The sandbox serves {options.Entries} videos, {options.Users} users and {options.Days} days at {url}. Ctrl-C stops it.");
                terminal.Line("In another terminal:");
                terminal.Line($"  export KALTURA_SERVICE_URL={url} KALTURA_REPORTS_URL={url} KALTURA_PARTNER_ID={options.PartnerId} KALTURA_ADMIN_SECRET={options.AdminSecret}");
                terminal.Line("  etl run nightly-content");
                terminal.Line($"Unmangled truth: {url}/sandbox/truth?report=38&from=UNIX&to=UNIX");
                try
                {
                    await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    terminal.Note("Stopped.");
                }
            }
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<SandboxServer> StartAsync(SandboxOptions options, CancellationToken cancellation)
    {
        try
        {
            return await SandboxServer.StartAsync(options, cancellation).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new EtlException(FaultKind.Usage, $"Port {options.Port} is taken: {e.Message} Choose another one with '--port', or '--port 0' for any free one.", e) { Code = "port" };
        }
    }
}
