using System.Net;
using Microsoft.AspNetCore.Http;

namespace Etl.Sandbox.Collect;

/// <summary>Who makes a call, as far as collected events tell of it, and what the answer has to wait for.</summary>
internal sealed class Caller(HttpContext context)
{
    public string UserAgent => context.Request.Headers.UserAgent.ToString();

    /// <summary>The viewer's address: the first of <c>X-Forwarded-For</c>, else the caller's.</summary>
    public string Address
    {
        get
        {
            var forwarded = context.Request.Headers["X-Forwarded-For"].ToString();
            var first = forwarded.Split(',', 2)[0].Trim();
            var address = IPAddress.TryParse(first, out var told) ? told : context.Connection.RemoteIpAddress;
            return address is null ? "" : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        }
    }

    public bool IsGet => HttpMethods.IsGet(context.Request.Method);

    /// <summary>Done when everything that the call brought is kept.</summary>
    public Task Kept { get; private set; } = Task.CompletedTask;

    /// <summary>Adds to what is waited for.</summary>
    public void Await(Task kept) => Kept = Kept.IsCompletedSuccessfully ? kept : Task.WhenAll(Kept, kept);
}
