using Etl.Core.Errors;
using Etl.Core.Ledger;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Etl.Server.Pages;

/// <summary>The addresses of the pages.</summary>
internal static class PageEndpoints
{
    /// <summary>Hangs the pages into a server.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        Assets.Map(routes);
        routes.MapGet(Links.Overview, async (HttpContext context, PageReader reader, CancellationToken cancellation) =>
            Page(OverviewPage.Render(await reader.OverviewAsync(cancellation).ConfigureAwait(false), Who(context))));
        routes.MapGet("/jobs/{job}", async (string job, string? state, int? page, HttpContext context, PageReader reader, CancellationToken cancellation) =>
        {
            var only = Enum.TryParse<WindowState>(state, ignoreCase: true, out var found) && Enum.IsDefined(found) ? found : (WindowState?)null;
            return await reader.JobAsync(job, only, page ?? 1, cancellation).ConfigureAwait(false) is { } view
                ? Page(JobPage.Render(view, Who(context)))
                : NoJob(job, context);
        });
        routes.MapGet("/jobs/{job}/{label}", async (string job, string label, string? done, HttpContext context, PageReader reader, CancellationToken cancellation) =>
            await reader.WindowAsync(job, label, cancellation).ConfigureAwait(false) is { } view
                ? Page(WindowPage.Render(view with { IsAsked = view.IsAsked || done is "asked" or "asked-before" }, Who(context), WindowAction.Tell(done)))
                : NoWindow(job, label, context));
        foreach (var action in WindowAction.All)
        {
            var address = $"/jobs/{{job}}/{{label}}/{action.Name}";
            routes.MapGet(address, async (string job, string label, HttpContext context, PageReader reader, CancellationToken cancellation) =>
                await reader.WindowAsync(job, label, cancellation).ConfigureAwait(false) is { } view
                    ? Page(NoticePages.Confirm(view, action, Who(context)))
                    : NoWindow(job, label, context));
            routes.MapPost(address, (string job, string label, HttpContext context, PageReader reader, ServerParts parts, CancellationToken cancellation) =>
                DoAsync(action, job, label, context, reader, parts, cancellation));
        }
    }

    private static async Task<IResult> DoAsync(
        WindowAction action, string job, string label, HttpContext context, PageReader reader, ServerParts parts, CancellationToken cancellation)
    {
        if (await reader.WindowAsync(job, label, cancellation).ConfigureAwait(false) is not { } view) return NoWindow(job, label, context);
        try
        {
            var by = context.User.Identity?.Name is { Length: > 0 } name ? $"page: {name}" : "page";
            var result = await action.DoAsync(parts.Desk, view, by, cancellation).ConfigureAwait(false);
            // A reload of the page that follows does not do it again.
            return Results.Redirect($"{Links.Window(job, label)}?done={result}");
        }
        catch (EtlException fault)
        {
            return Page(NoticePages.Fault($"{action.Title} {job} {label}", fault.Message, Links.Window(job, label), Who(context)), StatusCodes.Status409Conflict);
        }
    }

    private static IResult NoJob(string job, HttpContext context) =>
        Page(NoticePages.NotFound($"There is no job '{job}'. The overview lists those that there are.", Who(context)), StatusCodes.Status404NotFound);

    private static IResult NoWindow(string job, string label, HttpContext context) =>
        Page(NoticePages.NotFound($"Job '{job}' has no window '{label}' that was ever worked on.", Who(context)), StatusCodes.Status404NotFound);

    private static IResult Page(string html, int status = StatusCodes.Status200OK) => Results.Text(html, "text/html; charset=utf-8", statusCode: status);

    private static Visitor Who(HttpContext context)
    {
        var tokens = ((IAntiforgery)context.RequestServices.GetService(typeof(IAntiforgery))!).GetAndStoreTokens(context);
        return new Visitor(context.User.Identity?.Name, true, (tokens.FormFieldName, tokens.RequestToken!));
    }
}
