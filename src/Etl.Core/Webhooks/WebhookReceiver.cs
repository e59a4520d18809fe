using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Core.Secrets;

namespace Etl.Core.Webhooks;

/// <summary>Posts to an address, signed (see <see cref="WebhookSignature"/>). Any answer of the 200s is a delivery; redirects are not followed, and proxies not used. Thread safe.</summary>
public sealed class WebhookReceiver
{
    /// <summary>Fewer characters can be guessed.</summary>
    public const int LeastSecret = 16;

    /// <summary>Code of its faults.</summary>
    public const string Code = "webhook";

    private readonly string _name;
    private readonly Uri _address;
    private readonly Secret _secret;
    private readonly HttpClient _client;
    private readonly TimeProvider _time;

    private WebhookReceiver(string name, Uri address, Secret secret, HttpClient client, TimeProvider time) =>
        (_name, _address, _secret, _client, _time) = (name, address, secret, client, time);

    /// <summary>A client for all webhooks; it waits as long as its caller does.</summary>
    public static HttpClient NewClient() => OutboundHttp.NewClient(new OutboundOptions { Admit = WebhookGuard.Admit }, inner => new HiddenPath(inner));

    /// <summary>Makes the receiver that settings describe.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="variable">The setting with its address; the one with its secret has the same name and <c>_SECRET</c>.</param>
    /// <param name="value">The address.</param>
    /// <param name="form">How the setting is written, for messages.</param>
    /// <param name="secret">The secret; null when there is none.</param>
    /// <param name="client">See <see cref="NewClient"/>.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="EtlException">They describe none that may be used.</exception>
    public static WebhookReceiver Make(string name, string variable, string value, string form, Secret? secret, HttpClient client, TimeProvider time)
    {
        if (!WebAddress.TryRead(value, out var address) || address.UserInfo.Length > 0)
            throw Fault($"{variable} names no address for a webhook. Write '{form}', without user and password. Its value is not shown, it may hold a token.");
        if (address.Scheme == "http" && !WebhookGuard.IsLoopback(address.Host))
            throw Fault($"{variable} sends a webhook to '{address.Host}' in the clear. Use https; http is for this machine only.");
        if (secret is null || secret.Reveal().Length < LeastSecret)
            throw Fault(string.Create(CultureInfo.InvariantCulture, $"Webhooks are signed: set {variable}_SECRET to a secret of at least {LeastSecret} characters that the receiver knows, such as the output of 'openssl rand -hex 32'."));
        return new WebhookReceiver(name, address, secret, client, time);
    }

    /// <summary>Posts JSON.</summary>
    /// <param name="id">The same in every try of the same post: a receiver that sees it twice has seen one.</param>
    /// <param name="body">The text in UTF-8.</param>
    /// <param name="cancellation">Ends the try.</param>
    /// <exception cref="EtlException">It could not be delivered; the message names no address beyond its host and no secret.</exception>
    public async Task PostAsync(string id, byte[] body, CancellationToken cancellation)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        using var request = HiddenPath.Request(HttpMethod.Post, _address);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.UserAgent.ParseAdd("etl");
        request.Headers.Add(WebhookSignature.IdHeader, id);
        request.Headers.Add(WebhookSignature.TimestampHeader, timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Of(_secret, timestamp, body));
        try
        {
            // What it answers with is nobody's concern, so it is not read.
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode) throw Refused(response.StatusCode);
        }
        catch (HttpRequestException fault)
        {
            // The guard's words come wrapped; those of others may hold the address.
            throw fault.InnerException as EtlException ?? new EtlException(FaultKind.Unreachable, $"Webhook '{_name}' at '{_address.Host}' could not be reached: {Words(fault)}", fault)
            { Code = Code, IsTransient = true };
        }
    }

    internal static EtlException Fault(string message) => new(FaultKind.Usage, message) { Code = Code };

    private EtlException Refused(HttpStatusCode status) => new(
        FaultKind.Unreachable,
        string.Create(CultureInfo.InvariantCulture, $"Webhook '{_name}' at '{_address.Host}' answered {(int)status}{((int)status is >= 300 and < 400 ? ", a redirect, which is not followed: set the address that it leads to" : "")}."))
    { Code = Code, IsTransient = true };

    private static string Words(HttpRequestException fault) => fault.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name has no address.",
        HttpRequestError.ConnectionError => "it does not take connections.",
        HttpRequestError.SecureConnectionError => "no secure connection came about. Is its certificate valid?",
        HttpRequestError.ResponseEnded => "it broke the connection off.",
        _ => "what it answers is not HTTP.",
    };
}
