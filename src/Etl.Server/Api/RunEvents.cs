using System.Security.Claims;
using System.Text.Json;
using Etl.Server.Doors;
using Etl.Server.Who;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;

namespace Etl.Server.Api;

/// <summary>
/// What happens in this process, as server-sent events: <c>planned</c>, <c>moved</c>, <c>progress</c>, <c>finished</c>, and <c>missed</c> for a
/// listener that was too slow for some of them and should look anew. Comments in between keep proxies from hanging up.
/// </summary>
internal sealed class RunEvents(ServerParts parts, StatusServerOptions options, Logins logins, IHostApplicationLifetime lifetime)
{
    /// <summary>More listeners than this are refused.</summary>
    public const int MostListeners = 100;

    /// <summary>Events that wait for one listener.</summary>
    public const int Waiting = 256;

    // A listener comes back by itself and shows again who it is.
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);
    private static readonly JsonSerializerOptions s_json = Json();

    private int _listeners;

    /// <summary>How many listen.</summary>
    public int Listeners => Volatile.Read(ref _listeners);

    public static void Map(IEndpointRouteBuilder api) => api
        .MapGet("/events", (RunEvents events, HttpContext context) => events.SendAsync(context))
        .WithSummary("What happens on this server, as server-sent events.").Produces<string>(StatusCodes.Status200OK, "text/event-stream");

    private async Task SendAsync(HttpContext context)
    {
        try
        {
            if (Interlocked.Increment(ref _listeners) > MostListeners)
            {
                await Problem.Of(StatusCodes.Status503ServiceUnavailable, $"{MostListeners} listen already. Try again later.", "busy").ExecuteAsync(context).ConfigureAwait(false);
                return;
            }
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            await SendAsync(context, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The listener went, or the server stops.
        }
        finally
        {
            Interlocked.Decrement(ref _listeners);
        }
    }

    private async Task SendAsync(HttpContext context, CancellationToken end)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would keep events until its buffer is full
        var queue = new EventQueue(Waiting);
        using var listening = parts.Feed.Listen(queue);
        await response.WriteAsync(": here\n\n", end).ConfigureAwait(false);
        await response.Body.FlushAsync(end).ConfigureAwait(false);
        var began = parts.Time.GetUtcNow();
        while (StillMay(context.User) && parts.Time.GetUtcNow() - began < s_longest)
        {
            if (!await queue.WaitAsync(options.Heartbeat, end).ConfigureAwait(false)) await response.WriteAsync(": still here\n\n", end).ConfigureAwait(false);
            foreach (var item in queue.Take()) await response.WriteAsync($"event: {item.Name}\ndata: {JsonSerializer.Serialize(item.Data, s_json)}\n\n", end).ConfigureAwait(false);
            await response.Body.FlushAsync(end).ConfigureAwait(false);
        }
    }

    private bool StillMay(ClaimsPrincipal user) => logins.StillHolds(user);

    private static JsonSerializerOptions Json()
    {
        var options = new JsonSerializerOptions();
        ApiJson.Set(options);
        return options;
    }
}
