using Etl.Scheduling;
using Etl.Server.Doors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Etl.Server.Tests.Support;

/// <summary>The pages of a scheduler: Hangfire's own in the package set <c>full</c>, elsewhere one that hangs in the same way.</summary>
internal static class Dashboard
{
    /// <summary>Hangs them into a server as <c>etl serve</c> does.</summary>
    public static void Map(IEndpointRouteBuilder routes) => Make().Map(routes).WithMetadata(ContentPolicy.OfOthers);

#if FULL
    private static ISchedulerDashboard Make() =>
        (ISchedulerDashboard)Schedulers.Create(Schedulers.Hangfire, new SchedulerSettings(SchedulerStore.Memory, 1), _ => { });
#else
    private static StandIn Make() => new();

    private sealed class StandIn : ISchedulerDashboard
    {
        public IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints) =>
            endpoints.Map("/hangfire/{**path}", (HttpContext context) => context.Response.WriteAsync("pages")).RequireAuthorization("operator");
    }
#endif
}
