using System.Diagnostics;
using System.Globalization;
using System.Text;
using Etl.Sandbox.Collect;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Wire;
using Microsoft.AspNetCore.Http;

namespace Etl.Sandbox.Dispatch;

/// <summary>One API call over HTTP: format, headers, compression, and the faults of the answer itself.</summary>
internal sealed class ApiEndpoint(Dispatcher dispatcher, SandboxOptions options)
{
    private int _requests;

    public async Task HandleAsync(HttpContext context)
    {
        var clock = Stopwatch.GetTimestamp();
        var response = context.Response;
        var number = Interlocked.Increment(ref _requests);
        response.Headers["X-Kaltura-Session"] = string.Create(CultureInfo.InvariantCulture, $"{number}, {options.Clock.GetUtcNow().ToUnixTimeSeconds()}");
        response.Headers["X-Me"] = "sandbox";
        response.Headers["Access-Control-Allow-Origin"] = "*";
        response.Headers.CacheControl = "no-store, no-cache, must-revalidate, post-check=0, pre-check=0";
        response.Headers.Pragma = "no-cache";
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            response.Headers["Access-Control-Allow-Methods"] = "POST, GET, HEAD, OPTIONS";
            return;
        }

        var call = await RequestReader.ReadAsync(context).ConfigureAwait(false);
        var httpFaults = new List<SandboxFault>();
        var caller = new Caller(context);
        var result = dispatcher.Run(call, caller, httpFaults);
        try
        {
            await caller.Kept.ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Not kept (a full disk): the caller has to send it again.
            result = result is TrackAnswer ? new TrackAnswer(StatusCodes.Status500InternalServerError, "text/plain", "") : ApiException.Internal().ToReply();
        }
        if (result is TrackAnswer track)
        {
            (response.StatusCode, response.ContentType) = (track.Status, track.ContentType);
            await AnswerWriter.WriteAsync(context, Encoding.UTF8.GetBytes(track.Body), httpFaults).ConfigureAwait(false);
            return;
        }
        if (result is FileAnswer file)
        {
            var content = FileHeaders.Add(context, file);
            await AnswerWriter.WriteAsync(context, content, httpFaults, mayCompress: !file.HasRanges).ConfigureAwait(false);
            return;
        }
        AddErrorHeaders(response, result);
        var body = Format(call, result, response, Stopwatch.GetElapsedTime(clock).TotalSeconds);
        await AnswerWriter.WriteAsync(context, body, httpFaults).ConfigureAwait(false);
    }

    /// <summary>SERVICE_FORBIDDEN also sets the two error headers.</summary>
    private static void AddErrorHeaders(HttpResponse response, object? result)
    {
        if (result is ApiObject { ObjectType: "KalturaAPIException" } error && error["code"] is "SERVICE_FORBIDDEN")
        {
            response.Headers["X-Kaltura"] = "error-SERVICE_FORBIDDEN";
            response.Headers["X-Kaltura-App"] = "exiting on error SERVICE_FORBIDDEN - " + error["message"];
        }
    }

    /// <summary>1 JSON, 2 XML (default), 9 JSONP; another format is an empty body with an error header.</summary>
    private static byte[] Format(ParamNode call, object? result, HttpResponse response, double seconds)
    {
        var format = call.TextOf("format") is { Length: > 0 } text ? PhpCast.ToInt(text) : 2;
        switch (format)
        {
            case 1:
                response.ContentType = "application/json";
                return Encoding.UTF8.GetBytes(JsonSerializer.Serialize(result));
            case 2:
                response.ContentType = "text/xml";
                return Encoding.UTF8.GetBytes(XmlSerializer.Serialize(result, seconds));
            case 9 when call.TextOf("callback") is { Length: > 0 } callback:
                response.ContentType = "application/javascript";
                return Encoding.UTF8.GetBytes($"{callback}({JsonSerializer.Serialize(result)});");
            default:
                response.Headers["X-Kaltura"] = "error-UNSUPPORTED_FORMAT";
                return [];
        }
    }
}
