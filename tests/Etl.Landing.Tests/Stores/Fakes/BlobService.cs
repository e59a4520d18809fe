using System.Globalization;
using System.Net;
using System.Text;
using System.Web;
using System.Xml.Linq;
using Azure.Core.Pipeline;

namespace Etl.Landing.Tests.Stores.Fakes;

/// <summary>A container of the blob service in memory, by its REST interface, for what no emulator over plain http can show. Asks nobody who they are.</summary>
internal sealed class BlobService : HttpMessageHandler
{
    private readonly Dictionary<string, byte[]> _blocks = [];
    private readonly Dictionary<string, (byte[] Bytes, string ETag)> _blobs = [];

    /// <summary>The status and code that every request is answered with; null to carry them out.</summary>
    public (int Status, string Code)? Refusal { get; set; }

    /// <summary>Where a refusal sends the client.</summary>
    public Uri? Elsewhere { get; set; }

    /// <summary>Method and query parameter <c>comp</c>, address and <c>Authorization</c> of each request.</summary>
    public List<(string Kind, Uri Url, string? Authorization)> Requests { get; } = [];

    public HttpPipelineTransport Transport => new HttpClientTransport(this);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var query = HttpUtility.ParseQueryString(request.RequestUri!.Query);
        var kind = $"{request.Method} {query["comp"]}".Trim();
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        lock (Requests)
        {
            Requests.Add((kind, request.RequestUri, request.Headers.Authorization?.ToString()));
            return Refusal is { } refusal ? Refused(refusal.Status, refusal.Code) : Answer(kind, request, query["blockid"], body);
        }
    }

    private HttpResponseMessage Answer(string kind, HttpRequestMessage request, string? block, byte[] body)
    {
        var name = request.RequestUri!.AbsolutePath;
        var isThere = _blobs.TryGetValue(name, out var blob);
        string? Header(string header) => request.Headers.TryGetValues(header, out var values) ? values.Single() : null;

        switch (kind)
        {
            case "GET list":
                return Answered(HttpStatusCode.OK, "<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>"u8.ToArray());
            case "PUT block":
                _blocks[block!] = body;
                return Answered(HttpStatusCode.Created);
            case "PUT blocklist" when isThere ? Header("If-Match") != blob.ETag : Header("If-None-Match") != "*":
                return Refused(412, "ConditionNotMet");
            case "PUT blocklist":
                _blobs[name] = blob = (
                    [.. XDocument.Parse(Encoding.UTF8.GetString(body)).Root!.Elements().SelectMany(e => _blocks[e.Value])], $"\"{Requests.Count.ToString(CultureInfo.InvariantCulture)}\"");
                return Answered(HttpStatusCode.Created, etag: blob.ETag);
            case "HEAD" when isThere:
                var head = Answered(HttpStatusCode.OK, etag: blob.ETag);
                head.Content.Headers.ContentLength = blob.Bytes.Length;
                return head;
            case "GET" when isThere && Header("If-Match") == blob.ETag:
                var (from, to) = Header("x-ms-range")!["bytes=".Length..].Split('-') is [var first, var last] ? (int.Parse(first, CultureInfo.InvariantCulture), int.Parse(last, CultureInfo.InvariantCulture)) : default;
                return Answered(HttpStatusCode.PartialContent, blob.Bytes[from..Math.Min(to + 1, blob.Bytes.Length)], blob.ETag);
            default:
                return Refused(isThere ? 412 : 404, isThere ? "ConditionNotMet" : "BlobNotFound");
        }
    }

    private HttpResponseMessage Refused(int status, string code)
    {
        var answer = Answered((HttpStatusCode)status);
        answer.Headers.Add("x-ms-error-code", code);
        answer.Headers.Location = Elsewhere;
        return answer;
    }

    private static HttpResponseMessage Answered(HttpStatusCode status, byte[]? body = null, string? etag = null)
    {
        var answer = new HttpResponseMessage(status) { Content = new ByteArrayContent(body ?? []) };
        if (etag is not null) answer.Headers.TryAddWithoutValidation("ETag", etag);
        return answer;
    }
}
