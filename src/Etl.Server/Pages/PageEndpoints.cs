using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Server.Doors;
using Etl.Server.Reading;
using Etl.Server.Who;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Etl.Server.Pages;

/// <summary>The addresses of the pages.</summary>
internal static class PageEndpoints
{
    /// <summary>What the pages need.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<PageReader>();
        services.AddSingleton<IErrorPage, ErrorPage>();
    }

    /// <summary>Hangs the pages into a server.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        Assets.Map(routes);
        routes.MapGet(Links.Login, LoginAsync).AllowAnonymous().ExcludeFromDescription();
        var pages = routes.MapGroup("").RequireAuthorization(Policies.Viewer).ExcludeFromDescription();
        pages.MapGet(Links.Overview, async (HttpContext context, PageReader reader, CancellationToken cancellation) =>
            Page(OverviewPage.Render(await reader.OverviewAsync(cancellation).ConfigureAwait(false), Visitor.Of(context))));
        pages.MapGet("/jobs/{job}", async (string job, string? state, string? page, HttpContext context, PageReader reader, CancellationToken cancellation) =>
            await reader.JobAsync(job, StateOf(state), PageOf(page), cancellation).ConfigureAwait(false) is { } view
                ? Page(JobPage.Render(view, Visitor.Of(context)))
                : NotFound($"There is no job '{job}'. The overview lists those that there are.", context));
        pages.MapGet("/jobs/{job}/{label}", async (string job, string label, string? done, HttpContext context, PageReader reader, CancellationToken cancellation) =>
            await reader.WindowAsync(job, label, cancellation).ConfigureAwait(false) is { } view
                ? Page(WindowPage.Render(view with { MayWait = WindowAction.IsAsked(done) }, Visitor.Of(context), WindowAction.Tell(done)))
                : NoWindow(job, label, context));
        foreach (var action in WindowAction.All) Map(routes.MapGroup("").RequireAuthorization(Policies.Operator).ExcludeFromDescription(), action);
    }

    private static void Map(RouteGroupBuilder operators, WindowAction action)
    {
        var address = $"/jobs/{{job}}/{{label}}/{action.Name}";
        operators.MapGet(address, async (string job, string label, HttpContext context, PageReader reader, CancellationToken cancellation) =>
            await reader.WindowAsync(job, label, cancellation).ConfigureAwait(false) is { } view
                ? Page(NoticePages.Confirm(view, action, Visitor.Of(context)))
                : NoWindow(job, label, context));
        operators.MapPost(address, async (string job, string label, HttpContext context, PageReader reader, ServerParts parts, Overviews overviews, CancellationToken cancellation) =>
        {
            if (await reader.WindowAsync(job, label, cancellation).ConfigureAwait(false) is not { } view) return NoWindow(job, label, context);
            try
            {
                var result = await action.DoAsync(parts.Desk, view, $"page: {context.User.Identity!.Name}", cancellation).ConfigureAwait(false);
                // A reload of the page that follows does not do it again.
                return new SeeOther($"{Links.Window(job, label)}?done={result}");
            }
            catch (EtlException fault)
            {
                return Page(NoticePages.Fault($"{action.Title} {job} {label}", fault.Message, Links.Window(job, label), Visitor.Of(context)), StatusCodes.Status409Conflict);
            }
            finally
            {
                overviews.Forget();
            }
        });
    }

    private static IResult LoginAsync(string? to, string? failed, string? wait, HttpContext context)
    {
        var page = to is not null && Paths.IsOfThisServer(to) ? to : Links.Overview;
        var fault = int.TryParse(wait, System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? $"Too many logins went wrong. Try again in {Look.Show.Number(seconds, "second")}."
            : failed is null ? null : "There is no such name with this password.";
        return Page(LoginPage.Render((AntiforgeryGuard.Field, AntiforgeryGuard.Token(context)), page, fault));
    }

    private static WindowState? StateOf(string? word) =>
        Enum.TryParse<WindowState>(word, ignoreCase: true, out var state) && Enum.IsDefined(state) ? state : null;

    private static int PageOf(string? number) => int.TryParse(number, System.Globalization.CultureInfo.InvariantCulture, out var page) ? page : 1;

    private static IResult NoWindow(string job, string label, HttpContext context) =>
        NotFound($"Job '{job}' has no window '{label}' that has closed.", context);

    private static IResult NotFound(string what, HttpContext context) => Page(NoticePages.NotFound(what, Visitor.Of(context)), StatusCodes.Status404NotFound);

    private static IResult Page(string html, int status = StatusCodes.Status200OK) => Results.Text(html, ErrorPage.Html, statusCode: status);
}
