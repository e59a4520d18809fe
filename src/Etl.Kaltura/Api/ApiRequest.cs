using Etl.Core.Secrets;

namespace Etl.Kaltura.Api;

/// <summary>One API call before it gets a session.</summary>
/// <param name="Service">Service, such as <c>report</c>.</param>
/// <param name="Action">Action, such as <c>getTable</c>.</param>
/// <param name="Fields">Form fields in order.</param>
internal sealed record ApiRequest(string Service, string Action, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    /// <summary>True when the answer is a CSV file, which takes longer to begin; errors still come as JSON, or in headers only.</summary>
    public bool IsFile { get; init; }

    /// <summary>True when the fields are those of several calls; the answer is an array (<see cref="Multirequest"/>).</summary>
    public bool IsMultirequest { get; init; }

    /// <summary>For a call to a service beside the API: its JSON body. Null for API calls, which are forms.</summary>
    public byte[]? Json { get; init; }

    /// <summary>The service that takes the <see cref="Json"/>.</summary>
    public SideService Side { get; init; } = SideService.Reports;

    /// <summary>Members of the answer that hold credentials: they are never captured.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Page that is asked (from one), or null where there are none.</summary>
    public int? Page { get; init; }

    /// <summary>Action and fields in one text: equal for equal questions.</summary>
    public string Signature => $"{Service}.{Action}\n{string.Join('\n', Fields.Select(f => $"{f.Key}={f.Value}"))}";

    /// <summary>Where it is sent, behind the service's address.</summary>
    public string Path => IsMultirequest ? "api_v3/service/multirequest" : $"api_v3/service/{Service}/action/{Action}";

    /// <summary>Name for messages: <c>report.getTable, page 2</c>.</summary>
    public string What => Page is { } page ? $"{Service}.{Action}, page {page}" : $"{Service}.{Action}";
}

/// <summary>Carries one call to the service and brings the answer's body, checked as far as its first bytes.</summary>
internal interface IKalturaTransport
{
    /// <summary>Sends the call with a session or none. Throws <see cref="ApiException"/>; never repeats.</summary>
    Task<ApiReply> SendAsync(ApiRequest request, Secret? session, CancellationToken cancellation);
}

/// <summary>An answer that looks like JSON; dispose when its body was read.</summary>
internal sealed class ApiReply(Stream body, IDisposable? owner = null) : IAsyncDisposable
{
    /// <summary>Decoded bytes, still on their way.</summary>
    public Stream Body => body;

    public async ValueTask DisposeAsync()
    {
        await body.DisposeAsync().ConfigureAwait(false);
        owner?.Dispose();
    }
}
