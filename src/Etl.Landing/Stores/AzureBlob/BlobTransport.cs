using System.Net.Http;
using Azure.Core.Pipeline;
using Etl.Core.Outbound;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>Carries the requests of Azure's libraries, those for logins too. One client for the process, as they have it by default.</summary>
internal static class BlobTransport
{
    /// <summary>Largest answer: the libraries read them whole, and pages of lists and ranges of blobs have a few megabytes at most.</summary>
    private const long MaxAnswerBytes = 64 << 20;

    private static readonly Lazy<HttpPipelineTransport> s_far = new(() => Make(useProxy: true)), s_here = new(() => Make(useProxy: false));

    /// <summary>The transport to a host.</summary>
    public static HttpPipelineTransport To(Uri host) => (host.IsLoopback ? s_here : s_far).Value;

    private static HttpClientTransport Make(bool useProxy) => new(OutboundHttp.NewClient(new OutboundOptions { UseProxy = useProxy, MaxBodyBytes = MaxAnswerBytes }));
}
