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
        var port = GlobalOptions.Number("--port", "Port; 0 takes any free one.", 8085, 0, 65_535);
        var host = new Option<string?>("--host") { Description = "Name under which other machines reach it; then it listens on every address. Left out: on 127.0.0.1 only.", HelpName = "NAME" };
        host.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name && Uri.CheckHostName(name) == UriHostNameType.Unknown)
                result.AddError($"'--host' takes the name or address of a machine without a port, not '{name}'.");
        });
        var seed = new Option<int>("--seed") { Description = "Same seed, same data.", DefaultValueFactory = _ => (int)defaults.Seed, HelpName = "N" };
        var entries = GlobalOptions.Number("--entries", "Videos.", defaults.Entries, 1, 1_000_000);
        var users = GlobalOptions.Number("--users", "Known users.", defaults.Users, 1, 1_000_000);
        var days = GlobalOptions.Number("--days", "Days of data, up to now.", defaults.Days, 1, 4_000);
        var accounts = GlobalOptions.Number("--accounts", "Accounts; the first is the parent of the others.", 1, 1, 50);
        var data = new Option<string?>("--data") { Description = "Folder that keeps received events; the next sandbox with it has them again. Left out: in memory.", HelpName = "DIR" };
        var delay = GlobalOptions.Number("--delay", "Seconds before reports see a received event; the real service takes 600 to 1,800.", 0, 0, 86_400);
        var empty = new Option<bool>("--empty") { Description = "No playback but what is received." };
        var command = new Command("sandbox", "Run a Kaltura-compatible analytics service on this machine, until Ctrl-C.") { port, host, seed, entries, users, days, accounts, data, delay, empty };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var options = defaults with
            {
                Port = result.GetValue(port),
                Host = result.GetValue(host),
                Seed = (uint)result.GetValue(seed),
                Entries = result.GetValue(entries),
                Users = result.GetValue(users),
                Days = result.GetValue(days),
                SessionsPerDay = result.GetValue(empty) ? 0 : null,
                DataFolder = result.GetValue(data),
                EventDelay = TimeSpan.FromSeconds(result.GetValue(delay)),
                Children = [.. Enumerable.Range(defaults.PartnerId + 1, result.GetValue(accounts) - 1).Select(id => new SandboxChild { PartnerId = id })],
            };
            var server = await StartAsync(options, cancellation).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                foreach (var notice in server.Notices)
                    terminal.Warn(notice);
                var url = server.BaseUrl.ToString().TrimEnd('/');
                terminal.Object(new { type = "sandbox", url, partnerId = options.PartnerId, adminSecret = options.AdminSecret, children = options.Children.Select(c => c.PartnerId) });
                terminal.Line($"The sandbox serves {options.Entries} videos, {options.Users} users and {options.Days} days at {url}. Ctrl-C stops it.");
                if (options.Children.Count > 0)
                    terminal.Line($"Account {options.PartnerId} is the parent of {string.Join(", ", options.Children.Select(c => c.PartnerId))}.");
                terminal.Line("In another terminal:");
                terminal.Line($"  export KALTURA_SERVICE_URL={url} KALTURA_REPORTS_URL={url} KALTURA_MESSAGING_URL={url} KALTURA_ANALYTICS_URL={url} KALTURA_PARTNER_ID={options.PartnerId} KALTURA_ADMIN_SECRET={options.AdminSecret}");
                terminal.Line("  etl run nightly-content");
                if (options.DataFolder is { } folder)
                    terminal.Line($"Received events are kept in '{folder}': {server.Received} so far.");
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
        catch (Exception e) when (options.DataFolder is not null && e is IOException { InnerException: null } or UnauthorizedAccessException)
        {
            throw new EtlException(FaultKind.Usage, $"The folder '{options.DataFolder}' cannot be used: {e.Message} Choose another one with '--data', or stop the sandbox that uses it.", e) { Code = "data" };
        }
        catch (IOException e)
        {
            throw new EtlException(FaultKind.Usage, $"Port {options.Port} is taken: {e.Message} Choose another one with '--port', or '--port 0' for any free one.", e) { Code = "port" };
        }
    }
}
