using Microsoft.AspNetCore.Routing;

namespace Etl.Scheduling;

/// <summary>A scheduler with pages of its own.</summary>
public interface ISchedulerDashboard
{
    /// <summary>Hangs the pages into a web server, for operators of it only: the server has a policy <c>operator</c>, and nothing else is let in.</summary>
    void Map(IEndpointRouteBuilder endpoints);
}
