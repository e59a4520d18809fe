using System.Globalization;
using System.Text.Json;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Live;

/// <summary>Reads a small list of objects to its end, page by page (wire facts 5.2: pages of 30, or of 500 at most).</summary>
internal static class ObjectList
{
    private const int PageSize = 500;
    private const int MostPages = 40;
    private const int MaxBytes = 16 << 20;

    /// <summary>All objects of a list.</summary>
    /// <param name="pull">The poll; gets the chain.</param>
    /// <param name="service">Service, such as <c>beacon_beacon</c>.</param>
    /// <param name="filter">Fields of the filter.</param>
    /// <param name="actAs">Account that is asked when it is not the session's own.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task<IReadOnlyList<JsonElement>> ReadAsync(
        PullContext pull, string service, IReadOnlyList<KeyValuePair<string, string>> filter, string? actAs, CancellationToken cancellation)
    {
        var objects = new List<JsonElement>();
        var pages = new List<PageProof>();
        for (var page = 1; page <= MostPages; page++)
        {
            List<KeyValuePair<string, string>> fields =
            [
                .. filter,
                new("pager[objectType]", "KalturaFilterPager"),
                new("pager[pageSize]", PageSize.ToString(CultureInfo.InvariantCulture)),
                new("pager[pageIndex]", page.ToString(CultureInfo.InvariantCulture)),
            ];
            if (actAs is not null) fields.Add(new("partnerId", actAs));
            var reply = await SmallCall.AskAsync(
                pull, new ApiRequest(service, "list", fields) { Page = page }, MaxBytes,
                static bytes => ObjectListReader.Read(bytes), static r => r.Error, cancellation).ConfigureAwait(false);
            pages.Add(new PageProof(page, PageSize, reply.Objects.Count, reply.TotalCount, reply.Bytes, reply.Sha256));
            objects.AddRange(reply.Objects);
            if (reply.Objects.Count < PageSize)
            {
                if (reply.TotalCount > objects.Count)
                    throw pull.Fault("short-list", $"{service}.list gave {objects.Count} of {reply.TotalCount} objects.", transient: true, page: page);
                pull.Log.Chains.Add(new ChainProof("", pages, "short-page"));
                return objects;
            }
        }
        throw pull.Fault("too-many-pages", $"{MostPages} pages of {service}.list did not reach the end. Watch fewer entries.");
    }
}
