
namespace Etl.Server.Doors;

/// <summary>Answers a form: go there with a GET (303), so that reloading does nothing twice.</summary>
public sealed class SeeOther(string to) : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = to;
        return Task.CompletedTask;
    }
}
