using Etl.Server.Doors;

namespace Etl.Server.Pages;

/// <summary>Shows a person what the doors say.</summary>
internal sealed class ErrorPage : IErrorPage
{
    public const string Html = "text/html; charset=utf-8";

    public Task WriteAsync(HttpContext context, string sentence)
    {
        var title = context.Response.StatusCode switch
        {
            StatusCodes.Status401Unauthorized => "Log in first",
            StatusCodes.Status403Forbidden => "Not allowed",
            StatusCodes.Status404NotFound => "Not found",
            >= 500 => "Something went wrong",
            _ => "That did not work",
        };
        context.Response.ContentType = Html;
        return context.Response.WriteAsync(NoticePages.Fault(title, sentence, Links.Overview, Visitor.Of(context)), context.RequestAborted);
    }
}
