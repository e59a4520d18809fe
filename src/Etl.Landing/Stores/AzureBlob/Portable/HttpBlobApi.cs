using System.Globalization;
using System.Net.Http;
using System.Xml;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;

namespace Etl.Landing.Stores.AzureBlob.Portable;

/// <summary>The blob service's REST interface over Azure.Core's pipeline.</summary>
internal sealed class HttpBlobApi : IBlobApi
{
    /// <summary>Version of the service's interface: the one under which everything used here is documented.</summary>
    private const string Version = "2021-12-02";

    private const string MetadataPrefix = "x-ms-meta-";
    private static readonly string[] s_scope = ["https://storage.azure.com/.default"];
    private readonly BlobAddress _address;
    private readonly HttpPipeline _pipeline;

    /// <summary>Makes the client; nothing is sent yet.</summary>
    /// <param name="address">The container and how to get in.</param>
    /// <param name="time">Dates requests that are signed with a key.</param>
    /// <param name="login">How an identity logs in; null as Azure's tools do.</param>
    /// <param name="transport">What carries requests; null for the network.</param>
    public HttpBlobApi(BlobAddress address, TimeProvider time, TokenCredential? login = null, HttpPipelineTransport? transport = null)
    {
        _address = address;
        var options = new BlobClientOptions(address.Container);
        if (transport is not null) options.Transport = transport;
        _pipeline = HttpPipelineBuilder.Build(options, address.Credential switch
        {
            SharedKeyCredential key => new SharedKeyPolicy(key, time),
            SasCredential sas => new SasPolicy(sas),
            _ => new BearerTokenAuthenticationPolicy(login ?? new DefaultAzureCredential(new DefaultAzureCredentialOptions { Transport = BlobTransport.To(address.Container) }), s_scope),
        });
    }

    /// <inheritdoc/>
    public async Task CreateContainerAsync(CancellationToken cancellation)
    {
        using var message = Message(RequestMethod.Put, _address.Container, ("restype", "container"));
        await SendAsync(message, cancellation);
    }

    /// <inheritdoc/>
    public async Task PutBlockAsync(string blob, string blockId, ReadOnlyMemory<byte> bytes, byte[] md5, CancellationToken cancellation)
    {
        using var message = Message(RequestMethod.Put, _address.UrlOf(blob), ("comp", "block"), ("blockid", blockId));
        message.Request.Headers.Add("Content-MD5", Convert.ToBase64String(md5));
        message.Request.Content = RequestContent.Create(bytes);
        await SendAsync(message, cancellation);
    }

    /// <inheritdoc/>
    public async Task PutBlockListAsync(string blob, IReadOnlyList<string> blockIds, BlobHeader header, string? ifMatch, CancellationToken cancellation)
    {
        using var message = Message(RequestMethod.Put, _address.UrlOf(blob), ("comp", "blocklist"));
        var headers = message.Request.Headers;
        headers.Add("x-ms-blob-content-type", header.ContentType);
        headers.Add("x-ms-blob-content-md5", Convert.ToBase64String(header.Md5));
        foreach (var (name, value) in header.Metadata) headers.Add(MetadataPrefix + name, value);
        if (ifMatch is null) headers.Add("If-None-Match", "*");
        else headers.Add("If-Match", ifMatch);
        headers.Add("Content-Type", "application/xml");
        message.Request.Content = RequestContent.Create(BlobXml.BlockList(blockIds));
        await SendAsync(message, cancellation);
    }

    /// <inheritdoc/>
    public async Task<BlobState> HeadAsync(string blob, CancellationToken cancellation)
    {
        using var message = Message(RequestMethod.Head, _address.UrlOf(blob));
        var answer = await SendAsync(message, cancellation);
        var headers = answer.Headers;
        return new BlobState(
            headers.TryGetValue("ETag", out var etag) ? etag : throw new BlobException(answer.Status, "no ETag"),
            long.Parse(headers.TryGetValue("Content-Length", out var length) ? length : "0", CultureInfo.InvariantCulture),
            headers.Where(h => h.Name.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase)).ToDictionary(h => h.Name[MetadataPrefix.Length..], h => h.Value),
            headers.TryGetValue("x-ms-lease-duration", out var duration) ? duration : null);
    }

    /// <inheritdoc/>
    public async Task<int> GetRangeAsync(string blob, long offset, Memory<byte> into, string ifMatch, CancellationToken cancellation)
    {
        using var message = Message(RequestMethod.Get, _address.UrlOf(blob));
        message.Request.Headers.Add("x-ms-range", string.Create(CultureInfo.InvariantCulture, $"bytes={offset}-{offset + into.Length - 1}"));
        message.Request.Headers.Add("If-Match", ifMatch);
        // Straight into the caller's memory: the pipeline would copy the answer into a buffer that grows.
        message.BufferResponse = false;
        return await SendAsync(message, answer => answer.ContentStream!.ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public async Task<BlobPage> ListAsync(string prefix, string? marker, int max, CancellationToken cancellation)
    {
        using var message = Message(
            RequestMethod.Get, _address.Container,
            ("restype", "container"), ("comp", "list"), ("include", "metadata"), ("prefix", prefix), ("marker", marker ?? ""), ("maxresults", max.ToString(CultureInfo.InvariantCulture)));
        var answer = await SendAsync(message, cancellation);
        try
        {
            return BlobXml.Page(answer.ContentStream!);
        }
        catch (XmlException fault)
        {
            throw new BlobException(answer.Status, "list cannot be read", fault);
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string blob, CancellationToken cancellation)
    {
        using var message = Message(RequestMethod.Delete, _address.UrlOf(blob));
        await SendAsync(message, cancellation);
    }

    private HttpMessage Message(RequestMethod method, Uri url, params (string Name, string Value)[] query)
    {
        var message = _pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(url);
        foreach (var (name, value) in query)
            if (value.Length > 0) message.Request.Uri.AppendQuery(name, Uri.EscapeDataString(value), escapeValue: false);
        message.Request.Headers.Add("x-ms-version", Version);
        return message;
    }

    private Task<Response> SendAsync(HttpMessage message, CancellationToken cancellation) => SendAsync(message, ValueTask.FromResult, cancellation);

    /// <summary>Sends a request and reads what is answered; a connection that breaks in the middle of it is no answer.</summary>
    private async Task<T> SendAsync<T>(HttpMessage message, Func<Response, ValueTask<T>> read, CancellationToken cancellation)
    {
        try
        {
            await _pipeline.SendAsync(message, cancellation);
            var answer = message.Response;
            return answer.Status is >= 200 and < 300 ? await read(answer) : throw Refusal(answer);
        }
        catch (AuthenticationFailedException fault)
        {
            throw new BlobException(0, BlobCode.Login, fault);
        }
        catch (OperationCanceledException fault) when (!cancellation.IsCancellationRequested)
        {
            throw new BlobException(0, BlobCode.TimedOut, fault);
        }
        catch (Exception fault) when (fault is RequestFailedException or HttpRequestException or IOException)
        {
            throw new BlobException(0, BlobCode.OfNetwork(fault), fault);
        }
    }

    private static BlobException Refusal(Response answer) => new(answer.Status, BlobXml.CodeOf(answer))
    {
        RetryAfter = answer.Headers.TryGetValue("Retry-After", out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null,
        RequestId = answer.Headers.TryGetValue("x-ms-request-id", out var id) ? id : null,
    };
}
