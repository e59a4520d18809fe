using Etl.Core.Errors;
using Etl.Core.Hooks;
using Etl.Pipeline.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Etl.Server.Hooks;

/// <summary>
/// <c>POST /hooks/{job}</c>: what other systems tell a job. Asks for no login, since each post carries its own proof. Answers exactly 200 for what
/// it took, now or before, because the service sends everything else again (wire facts 7); says no more than the number to those who have no proof.
/// <code>
/// 200  taken, or taken before     401  no proof or a wrong one      404  no such job, or it takes no hooks
/// 403  proven, but a recording    413  too long                     415  proven, but no notification
/// 429  refused too often          503  the ledger is not to be had now
/// </code>
/// </summary>
/// <param name="desk">Takes what is accepted.</param>
/// <param name="verifier">Checks proofs.</param>
/// <param name="time">The clock.</param>
public sealed class HookEndpoint(HookDesk desk, IHookVerifier verifier, TimeProvider time)
{
    /// <summary>Where hooks are posted to, before the job's name.</summary>
    public const string Path = "/hooks";

    private readonly RefusalLimit _refusals = new(time);

    /// <summary>Hangs it into a server.</summary>
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(Path + "/{job}", (string job, HttpContext context) => AnswerAsync(job, context)).AllowAnonymous().DisableAntiforgery();

    private async Task<IResult> AnswerAsync(string job, HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        var result = await ReceiveAsync(job, context).ConfigureAwait(false);
        if (result == StatusCodes.Status200OK) return Results.Text("ok");
        if (result is not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound or StatusCodes.Status413PayloadTooLarge)) return Bare(context, result);
        // Only now: strangers may share the service's address, and must not be able to silence it.
        if (_refusals.IsReached(address)) return Bare(context, StatusCodes.Status429TooManyRequests);
        _refusals.Count(address);
        return Bare(context, result);
    }

    /// <summary>The number alone: who has no proof learns no more, not even in the words that the server has for its own people.</summary>
    private static IResult Bare(HttpContext context, int status)
    {
        context.Response.ContentLength = 0;
        return Results.StatusCode(status);
    }

    private async Task<int> ReceiveAsync(string job, HttpContext context)
    {
        if (desk.Find(job) is not { } definition) return StatusCodes.Status404NotFound;
        if (await ReadAsync(context.Request).ConfigureAwait(false) is not { } body) return StatusCodes.Status413PayloadTooLarge;
        var headers = context.Request.Headers;
        var reading = verifier.Read(new HookPost(job, desk.Jobs, body, name => headers.TryGetValue(name, out var values) && values.Count == 1 ? values[0] : null));
        if (reading.Verdict == HookVerdict.Unproven) return StatusCodes.Status401Unauthorized;
        if (reading.Verdict == HookVerdict.Replayed) return StatusCodes.Status403Forbidden;
        if (reading.Verdict == HookVerdict.Unreadable) return StatusCodes.Status415UnsupportedMediaType;
        try
        {
            await desk.TakeAsync(definition, reading.Id, reading.EventAt, context.RequestAborted).ConfigureAwait(false);
            return StatusCodes.Status200OK;
        }
        catch (EtlException)
        {
            // Not kept, so not taken: the sender tries again.
            return StatusCodes.Status503ServiceUnavailable;
        }
    }

    // Read to one byte past the limit and no further: a limit of the server's own would break the connection before the answer.
    private static async Task<byte[]?> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > IHookVerifier.MaxBodyBytes) return null;
        var buffer = new byte[(request.ContentLength ?? IHookVerifier.MaxBodyBytes) + 1];
        var count = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, request.HttpContext.RequestAborted).ConfigureAwait(false);
        return count > IHookVerifier.MaxBodyBytes ? null : buffer[..count];
    }
}
