using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Doors;

/// <summary>What every answer says to a browser: run and load nothing from elsewhere and nothing inline, show it in no frame, keep no copy.</summary>
internal static class SecurityHeaders
{
    private const string Policy = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'";

    public static void Use(IApplicationBuilder application) => application.Use((context, next) =>
    {
        context.Response.OnStarting(static state =>
        {
            var answer = (HttpContext)state;
            var headers = answer.Response.Headers;
            headers.ContentSecurityPolicy = answer.GetEndpoint()?.Metadata.GetMetadata<ContentPolicy>()?.Policy ?? Policy;
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            if (headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
            return Task.CompletedTask;
        }, context);
        return next(context);
    });
}

/// <summary>Metadata of an endpoint that needs another Content-Security-Policy, such as somebody else's dashboard.</summary>
/// <param name="Policy">The whole policy.</param>
public sealed record ContentPolicy(string Policy)
{
    /// <summary>For pages of somebody else, which have their scripts and styles inline; they still load nothing from elsewhere and stand in no frame.</summary>
    public static ContentPolicy OfOthers { get; } = new(
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'");
}
