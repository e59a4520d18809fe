using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Etl.Scheduling;

/// <summary>A scheduler with pages of its own.</summary>
public interface ISchedulerDashboard
{
    /// <summary>Hangs the pages into a web server, for operators of it only: the server has a policy <c>operator</c>, and nothing else is let in.</summary>
    /// <returns>What else the server wants to say of them.</returns>
    IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints);
}
