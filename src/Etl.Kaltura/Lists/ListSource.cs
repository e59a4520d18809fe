using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Lists;

/// <summary>What the sources of lists share: a pull into rows, read again when columns showed late or nothing came.</summary>
internal abstract class ListSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account, string listName) : ISource
{
    // Each round is begun by a column that the one before had not seen.
    private const int MaxRounds = 4;

    protected SourceSpec Spec => spec;

    /// <summary>Account that is asked when it is not the session's own.</summary>
    protected string? ActAs => connection.ActAs(account);

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var report = new ReportType { Id = spec.Action, Name = listName };
        var pull = PullContext.Of(connection, catalog, spec, report, request, sink, account);
        var rows = new ListRows(pull, ListFacts.Of(spec.Action), sink);
        var wasEmpty = false;
        for (var round = 1; ; round++)
        {
            rows.Begin();
            pull.Log.Chains.Clear();
            await ReadAsync(new ListPages(pull), rows, cancellation).ConfigureAwait(false);
            if (rows.MustBeginAgain)
            {
                if (round >= MaxRounds) throw pull.Fault("bad-header", "the objects of the list showed new members in every round.");
                pull.Log.Restarts.Add("Members that are not known showed after rows were kept.");
            }
            else if (rows.Count > 0 || wasEmpty)
            {
                if (rows.Count > 0 && wasEmpty) pull.Log.Restarts.Add("The list was empty, and had objects when it was asked for again.");
                break;
            }
            else
            {
                // There are no totals to ask: a second reading has to be empty too.
                wasEmpty = true;
            }
        }
        await rows.StartAsync(cancellation).ConfigureAwait(false);
        return new PullOutcome(rows.Schema, rows.Count, null, pull.Proof(rows.Count == 0));
    }

    public abstract PullForecast Forecast(PullRequest request);

    /// <summary>Reads the list once.</summary>
    protected abstract Task ReadAsync(ListPages pages, ListRows rows, CancellationToken cancellation);

    /// <summary>
    /// The entries of a window, slice by slice: all that were created before it ended, as they are now; or those created or updated in it.
    /// </summary>
    protected IAsyncEnumerable<ListSlice> EntriesAsync(ListPages pages, CancellationToken cancellation)
    {
        var window = pages.Pull.Request.Window;
        if (window.From.ToUnixTimeSeconds() < ListForm.FirstTime)
            throw new EtlException(FaultKind.Usage, $"The window {window.Label} lies before 1980: the service takes such times as relative to now. Choose a later window.") { Code = "bad-window" };
        var time = spec.Take == SourceSpec.TakeUpdated ? "updatedAt" : "createdAt";
        IListQuery query = spec.Search.Count > 0 ? new SearchQuery(spec, time, ActAs)
            // The filter of captions speaks of captions.
            : new EntryQuery(spec.Action == ListRules.Captions ? spec with { Filter = new Dictionary<string, FilterValue>() } : spec, time, ActAs);
        var from = spec.Take == SourceSpec.TakeAll ? ListForm.FirstTime : window.From.ToUnixTimeSeconds();
        return new ListWalk(pages, query, "").SlicesAsync(from, window.To.ToUnixTimeSeconds() - 1, cancellation);
    }
}
