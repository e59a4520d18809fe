using System.Diagnostics;
using Etl.Core.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Etl.Server.Doors;

/// <summary>Turns what endpoints throw, and answers without a body, into words. What is unexpected is told to the log by kind and place, never by its own text, which may quote what was sent.</summary>
internal static class Faults
{
    public static void Use(IApplicationBuilder application, Action<string> say) => application.Use(async (context, next) =>
    {
        try
        {
            await next(context).ConfigureAwait(false);
            var response = context.Response;
            if (response.StatusCode >= 400 && !response.HasStarted && response.ContentLength is null && response.ContentType is null)
                await WriteAsync(context, response.StatusCode, Sentence(response.StatusCode), null).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away.
        }
        catch (EtlException fault) when (!context.Response.HasStarted)
        {
            await AnewAsync(context, Problem.StatusOf(fault), fault.Message, fault.Code).ConfigureAwait(false);
        }
        catch (BadHttpRequestException fault) when (!context.Response.HasStarted)
        {
            await AnewAsync(context, fault.StatusCode, Sentence(fault.StatusCode), null).ConfigureAwait(false);
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            var id = Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;
            say($"A request failed unexpectedly (id {id}, {context.GetEndpoint()?.DisplayName}): {fault.GetType()} {new StackTrace(fault)}");
            await AnewAsync(context, StatusCodes.Status500InternalServerError, $"Something went wrong inside etl. Its log says more under the id {id}.", "internal").ConfigureAwait(false);
        }
    });

    private static Task AnewAsync(HttpContext context, int status, string sentence, string? code)
    {
        context.Response.Clear();
        return WriteAsync(context, status, sentence, code);
    }

    private static Task WriteAsync(HttpContext context, int status, string sentence, string? code)
    {
        context.Response.StatusCode = status;
        return Paths.IsForPeople(context.Request) && context.RequestServices.GetService<IErrorPage>() is { } page
            ? page.WriteAsync(context, sentence)
            : Problem.Of(status, sentence, code).ExecuteAsync(context);
    }

    private static string Sentence(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "Log in, or send an API key as 'Authorization: Bearer etl_…'.",
        StatusCodes.Status403Forbidden => "This needs the role operator.",
        StatusCodes.Status404NotFound => "There is nothing here.",
        StatusCodes.Status405MethodNotAllowed => "This address takes other methods.",
        StatusCodes.Status413PayloadTooLarge => "The request is larger than this server takes.",
        StatusCodes.Status415UnsupportedMediaType => "Send the body as application/json.",
        _ => "The request could not be understood.",
    };
}
