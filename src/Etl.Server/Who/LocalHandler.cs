using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Etl.Server.Who;

/// <summary>Takes whoever sits at this machine for an operator, as long as a server for this machine only has no users.</summary>
internal sealed class LocalHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private static readonly string[] s_forwarding = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // A proxy on this machine speaks from loopback as well, for anybody.
        var local = Context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) && !s_forwarding.Any(Request.Headers.ContainsKey);
        return Task.FromResult(local
            ? AuthenticateResult.Success(new AuthenticationTicket(User.Principal(Scheme.Name, "local", Role.Operator), Scheme.Name))
            : AuthenticateResult.NoResult());
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
