using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Sources;

namespace Etl.Kaltura.Lists;

/// <summary>Pulls the entries of an account (<c>action: entries</c>): the dimension that reports are enriched with.</summary>
internal sealed class EntrySource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account)
    : ListSource(connection, catalog, spec, account, spec.Search.Count > 0 ? "elasticsearch_esearch.searchEntry" : "baseEntry.list")
{
    public override PullForecast Forecast(PullRequest request) => new(1,
        $"none: one call for {ListWalk.PageSize} entries, chunked by time; more than {ListWalk.Cap} entries of one second fail");

    protected override async Task ReadAsync(ListPages pages, ListRows rows, CancellationToken cancellation)
    {
        await foreach (var slice in EntriesAsync(pages, cancellation).ConfigureAwait(false))
        {
            pages.Pull.Log.Chains.Add(slice.Proof);
            await rows.WriteAsync(slice.Rows, cancellation).ConfigureAwait(false);
        }
    }
}
