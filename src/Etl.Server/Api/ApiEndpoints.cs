using System.Security.Claims;
using Etl.Server.Doors;
using Etl.Server.Who;
using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Api;

/// <summary>The API of version 1, at <c>/api/v1</c>. A change that breaks a client gets a new version beside it.</summary>
internal static class ApiEndpoints
{
    public const string Root = "/api/v1", OpenApi = "/openapi/{documentName}.json";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup(Root).WithTags("etl");
        api.MapGet("/antiforgery", (HttpContext context) => new AntiforgeryAnswer(AntiforgeryGuard.Token(context)))
            .AllowAnonymous().WithSummary("A token for forms and scripts that are known by a cookie; sets a cookie that belongs to it.");

        var viewers = api.MapGroup("").RequireAuthorization(Policies.Viewer);
        viewers.MapGet("/me", (ClaimsPrincipal user) => new CallerAnswer(user.Identity!.Name!, user.FindFirstValue(ClaimTypes.Role)!))
            .WithSummary("Who you are for this server.");
        JobReads.Map(viewers);
        RunEvents.Map(viewers);
        JobWrites.Map(api.MapGroup("").RequireAuthorization(Policies.Operator));
    }
}
