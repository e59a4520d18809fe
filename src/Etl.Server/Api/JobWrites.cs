using System.Security.Claims;
using Etl.Core.Scheduling;
using Etl.Server.Reading;
using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Api;

/// <summary>What an operator asks of a server.</summary>
internal static class JobWrites
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/jobs/{job}/run", (ServerParts parts, ClaimsPrincipal user, string job, CancellationToken cancellation) =>
                AskAsync(parts, user, new WorkItem(job), cancellation))
            .WithSummary("Look now what is due.").Produces<AskedAnswer>(StatusCodes.Status202Accepted);
        api.MapPost("/jobs/{job}/windows/{label}/run", (ServerParts parts, ClaimsPrincipal user, string job, string label, RunQuestion? question, CancellationToken cancellation) =>
                AskAsync(parts, user, new WorkItem(job, label, question?.Force ?? false), cancellation))
            .WithSummary("Run one window; with force also when it is landed or frozen.").Produces<AskedAnswer>(StatusCodes.Status202Accepted);
        api.MapPost("/jobs/{job}/windows/{label}/cancel", CancelAsync).WithSummary("Take a window back that waits, and stop it where it runs.");
        api.MapPost("/jobs/{job}/windows/{label}/release", ReleaseAsync).WithSummary("Publish the held pulls of one window.");
    }

    private static async Task<IResult> AskAsync(ServerParts parts, ClaimsPrincipal user, WorkItem item, CancellationToken cancellation) =>
        Results.Json(new AskedAnswer(await parts.Desk.AskAsync(item, $"api: {user.Identity!.Name}", cancellation).ConfigureAwait(false)), statusCode: StatusCodes.Status202Accepted);

    private static async Task<CancelledAnswer> CancelAsync(ServerParts parts, string job, string label, CancellationToken cancellation)
    {
        WindowDetail.FindJob(parts, job);
        return new CancelledAnswer(await parts.Desk.CancelAsync(job, label, cancellation).ConfigureAwait(false));
    }

    private static async Task<IReadOnlyList<OutcomeAnswer>> ReleaseAsync(ServerParts parts, Overviews overviews, string job, string label)
    {
        // Not given up when the caller goes: a landing that has begun is brought to its end.
        var outcomes = await parts.Desk.ReleaseAsync(job, label, CancellationToken.None).ConfigureAwait(false);
        overviews.Forget();
        return [.. outcomes.Select(OutcomeAnswer.Of)];
    }
}
