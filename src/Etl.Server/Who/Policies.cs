using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;

namespace Etl.Server.Who;

/// <summary>
/// Names of what an endpoint may ask of its caller. An endpoint that asks for nothing asks for <see cref="Viewer"/>; one for anybody says so
/// with <c>AllowAnonymous</c>.
/// </summary>
public static class Policies
{
    /// <summary>Anybody who is known.</summary>
    public const string Viewer = "viewer";

    /// <summary>Users with the role operator.</summary>
    public const string Operator = "operator";

    /// <summary>True when a page may show its caller what only an operator can do.</summary>
    public static bool IsOperator(ClaimsPrincipal user) => user.IsInRole(Operator);

    internal static void Add(AuthorizationOptions options)
    {
        var viewer = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().RequireRole(Viewer, Operator).Build();
        options.FallbackPolicy = options.DefaultPolicy = viewer;
        options.AddPolicy(Viewer, viewer);
        options.AddPolicy(Operator, p => p.RequireAuthenticatedUser().RequireRole(Operator));
    }

    /// <summary>The word for a role in claims, files and answers.</summary>
    internal static string Word(Role role) => role == Role.Operator ? Operator : Viewer;

    /// <summary>The role that a word means; null for another word.</summary>
    public static Role? Find(string word) => word switch { Viewer => Role.Viewer, Operator => Role.Operator, _ => null };
}
