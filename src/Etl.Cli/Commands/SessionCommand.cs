using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Kaltura.Sessions;

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
                var settings = host.Kaltura.Settings;
                var madeBy = settings switch
                {
                    { AdminSecret: not null, SessionMode: SessionMode.Start } => "session.start",
                    { AdminSecret: not null } => "this program, from the admin secret",
                    { AppToken: not null } => "appToken.startSession",
                    _ => "given in KALTURA_KS",
                };
                terminal.Object(new
                {
                    type = "session", service = settings.ServiceUrl, account = session.Account, user = session.UserId, admin = session.IsAdmin,
                    madeBy, expiresAt = session.ExpiresAt, privileges = session.Privileges,
                });
                terminal.Line($"service     {settings.ServiceUrl}");
                terminal.Line($"account     {session.Account}");
                terminal.Line($"user        {(session.UserId.Length == 0 ? "(none)" : session.UserId)}");
                terminal.Line($"kind        {(session.IsAdmin ? "admin" : "user: reports need an admin session")}");
                terminal.Line($"made by     {madeBy}");
                terminal.Line($"expires     {(session.ExpiresAt is null ? "never" : Show.Time(session.ExpiresAt))}");
                terminal.Line($"privileges  {(session.Privileges.Count == 0 ? "(none)" : string.Join(", ", session.Privileges))}");
                return ExitCode.Done;
            }
        });
        return new Command("session", "Look at the session with the service.") { show };
    }
}
