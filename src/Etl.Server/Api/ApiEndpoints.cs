using System.Security.Claims;
using Etl.Server.Doors;
using Etl.Server.Who;
using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Api;

/// <summary>The API of version 1, at <c>/api/v1</c>. A change that breaks a client gets a new version beside it.</summary>
internal static class ApiEndpoints
{
    public const string Root = "/api/v1";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup(Root);
        api.MapGet("/antiforgery", (HttpContext context) => new AntiforgeryToken(AntiforgeryGuard.Token(context))).AllowAnonymous();
        api.MapGet("/me", (ClaimsPrincipal user) => new Caller(user.Identity!.Name!, user.FindFirstValue(ClaimTypes.Role)!)).RequireAuthorization(Policies.Viewer);
    }

    private sealed record AntiforgeryToken(string Token);

    private sealed record Caller(string Name, string Role);
}
