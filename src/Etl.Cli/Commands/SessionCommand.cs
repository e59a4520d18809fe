using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;

namespace Etl.Cli.Commands;

/// <summary><c>etl session show</c>: can we log in, as whom, for how long. Never prints the token.</summary>
internal static class SessionCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var show = new Command("show", "Start a session and show what the service says of it, without the token.");
        show.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var session = await host.Kaltura.DescribeSessionAsync(cancellation).ConfigureAwait(false);
                terminal.Object(new { type = "session", session.Service, session.PartnerId, session.UserId, session.Kind, session.Expiry, session.Privileges, session.MadeBy });
                terminal.Line($"service     {session.Service}");
                terminal.Line($"account     {session.PartnerId}");
                terminal.Line($"user        {(session.UserId.Length == 0 ? "(none)" : session.UserId)}");
                terminal.Line($"kind        {session.Kind}");
                terminal.Line($"made by     {session.MadeBy}");
                terminal.Line($"expires     {Show.Time(session.Expiry)}");
                terminal.Line($"privileges  {session.Privileges}");
                return ExitCode.Done;
            }
        });
        return new Command("session", "Look at the session with the service.") { show };
    }
}
