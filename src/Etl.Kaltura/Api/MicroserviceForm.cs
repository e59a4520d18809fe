using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Secrets;

namespace Etl.Kaltura.Api;

/// <summary>
/// The form of calls to the services beside the API: <c>POST {root}/api/v1/{service}/{action}</c>, JSON both ways, the session as bearer
/// token. Unlike the API they fail by HTTP status, with <c>{"statusCode","error","message": text or list}</c> (wire facts 9) or <c>{"code","message"}</c>.
/// </summary>
internal static class MicroserviceForm
{
    /// <summary>Code of a refused session; it does not say why, so one renewal is tried.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>Code of an answer that the service itself gave with status 404: it does not know the id that was asked about.</summary>
    public const string NotFound = "not-found";

    private const int MaxErrorBytes = 64 << 10;

    /// <summary>Attempts at a question that the service may have taken although it answered with a fault: each may cost it another report.</summary>
    private const int MaxGenerates = 3;

    public static HttpRequestMessage Message(string root, ApiRequest request, Secret? session)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, $"{root}/api/v1/{request.Service}/{request.Action}") { Content = new ByteArrayContent(request.Json!) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (session is not null) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", session.Reveal());
        if (request.IsFile) message.Headers.Accept.ParseAdd("text/csv, application/json;q=0.5");
        return message;
    }

    /// <summary>Throws unless the status is one of success; reads the error that came instead.</summary>
    public static async Task CheckAsync(
        ApiRequest request, HttpResponseMessage response, Stream body, SecretMask mask, Func<TimeSpan?> retryAfter, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        var service = request.Side;
        if (status is >= 200 and < 300) return;
        if (status is >= 300 and < 400)
        {
            // The target is not named: it may carry a token, and it is not followed either way.
            throw new ApiException(FaultKind.Unreachable, $"{request.What}: the {service.Name} answered with a redirect (HTTP {status}), which is not followed. Set {service.Setting} to the final address.")
            { Code = "redirect" };
        }
        var error = await ReadAsync(body, cancellation).ConfigureAwait(false);
        var said = error is { Length: > 0 } ? $" and says '{mask.Clean(error)}'" : "";
        var found = string.Create(CultureInfo.InvariantCulture, $"{request.What}: the {service.Name} answered HTTP {status}{said}.");
        throw status switch
        {
            401 => new ApiException(FaultKind.Refused, $"{found} It did not accept the session. Check the credentials of the account.") { Code = Unauthorized },
            403 => new ApiException(FaultKind.Refused, $"{found} {service.OnForbidden}") { Code = "forbidden" },
            404 when error is not null => new ApiException(FaultKind.Window, $"{found} It does not know what was asked about, or {service.Setting} is not its root.") { Code = NotFound },
            400 or 422 => new ApiException(FaultKind.Window, $"{found} {service.OnBadRequest}") { Code = "bad-request" },
            _ => new ApiException(FaultKind.Unreachable, found + (IsTransient(status) ? "" : $" Check {service.Setting}."))
            {
                Code = string.Create(CultureInfo.InvariantCulture, $"http-{status}"),
                IsTransient = IsTransient(status),
                RetryAfter = IsTransient(status) ? retryAfter() : null,
                SlowDown = status == 429,
                MaxAttempts = request.Action == "generate" && status is not (429 or 503) ? MaxGenerates : int.MaxValue,
            },
        };
    }

    private static bool IsTransient(int status) => status is 408 or 425 or 429 or >= 500;

    /// <summary>The text of an error of the service; null when something else answered.</summary>
    private static async Task<string?> ReadAsync(Stream body, CancellationToken cancellation)
    {
        var bytes = new byte[MaxErrorBytes];
        try
        {
            var count = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            using var document = JsonDocument.Parse(bytes.AsMemory(0, count));
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && (root.TryGetProperty("statusCode", out _) || root.TryGetProperty("code", out _)) ? Text(root) : null;
        }
        catch (Exception e) when (e is JsonException or ApiException or InvalidOperationException)
        {
            // The status decides; an error page that cannot be read adds nothing to it.
            return null;
        }
    }

    private static string Text(JsonElement root) => !root.TryGetProperty("message", out var message) ? root.TryGetProperty("code", out var code) ? code.ToString() : ""
        : message.ValueKind == JsonValueKind.Array ? string.Join("; ", message.EnumerateArray().Select(m => m.ToString())) : message.ToString();
}
