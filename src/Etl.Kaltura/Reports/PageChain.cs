using Etl.Core.Columns;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Completeness;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>How a chain of pages ended.</summary>
internal enum ChainEnd
{
    /// <summary>All rows came.</summary>
    Whole,
    /// <summary>There are none, and the totals agree.</summary>
    Empty,
    /// <summary>As many rows came as one request can reach: there may be more.</summary>
    Capped,
}

/// <summary>A finished chain.</summary>
internal sealed record ChainResult(ChainEnd End, ChainProof Proof, long Rows, RowKeys Keys, ColumnSums Sums)
{
    /// <summary>The table, or null when no header came.</summary>
    public BoundTable? Table { get; init; }

    /// <summary>Rows whose key the service could not resolve; null when there are none.</summary>
    public RowBatch? Unresolved { get; init; }

    /// <summary>Totals, when the chain had to ask for them.</summary>
    public TotalReply? Totals { get; init; }

    /// <summary>How a chain ended that was judged to be at its end.</summary>
    public static ChainEnd EndOf(Judgement end) => end.Step switch { Step.Capped => ChainEnd.Capped, Step.Empty => ChainEnd.Empty, _ => ChainEnd.Whole };
}

/// <summary>One run through the pages of one question: asks and hands rows on; what the answers prove is the rule's to say (<see cref="CompletenessRule"/>).</summary>
internal sealed class PageChain(PullContext pull, PageReader pages, ReportQuery query, IRowTarget target, string part)
{
    private readonly ChainRows _kept = new(pull, target, part);
    private readonly List<PageProof> _proofs = [];
    private readonly List<PageFacts> _pages = [];
    private ChainFacts _facts = null!;
    private BoundTable? _table;

    /// <summary>Runs through the pages.</summary>
    /// <exception cref="RestartException">The chain must be begun again, with a new object.</exception>
    public async Task<ChainResult> RunAsync(int size, CancellationToken cancellation)
    {
        _facts = new ChainFacts(Route.Pages, pull.Cap) { Size = size, LargePagesFail = pull.LargePagesFail, HasTotals = pull.Report.SupportsTotal, Pages = _pages };
        TotalReply? totals = null;
        while (true)
        {
            var next = CompletenessRule.Judge(_facts);
            switch (next.Step)
            {
                case Step.Page:
                    _pages.Add(await PageAsync(next.Page, next.Size, Keep, cancellation).ConfigureAwait(false));
                    break;
                case Step.Again:
                    _facts = _facts with { Again = await PageAsync(next.Page, next.Size, (_, _, _, _) => ValueTask.CompletedTask, cancellation).ConfigureAwait(false) };
                    break;
                case Step.Totals:
                    totals = await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false);
                    _facts = _facts with { Totals = TotalsFacts.Of(totals) };
                    break;
                case Step.Whole or Step.Empty or Step.Capped:
                    if (next.Note is { } note) pull.Note(note);
                    return await EndAsync(next, totals, cancellation).ConfigureAwait(false);
                default:
                    throw next.Fault(pull, part);
            }
        }
    }

    private async Task<PageFacts> PageAsync(int number, int size, PageReader.Take take, CancellationToken cancellation)
    {
        TableReply reply;
        try
        {
            reply = await pages.ReadAsync(query, number, size, Along(number), take, cancellation).ConfigureAwait(false);
        }
        catch (ApiException e) when (e.Code == ErrorRules.QueryTimedOut)
        {
            throw new RestartException(RestartKind.TimedOut, e);
        }
        _proofs.Add(new PageProof(number, size, reply.Rows, reply.TotalCount, reply.Bytes, reply.Sha256));
        if (reply.Header is { } header) _table ??= pull.Bind(header);
        return new PageFacts(number, size, reply.Rows)
        {
            Header = reply.Header,
            TotalCount = reply.TotalCount,
            DataIsNull = reply.DataIsNull,
            IsAllAbsent = reply.IsAllAbsent,
            Bytes = reply.Bytes,
            Sha256 = reply.Sha256,
        };
    }

    /// <summary>
    /// What is asked in the same round trip: the totals of the same question and what other sources want of this window. Only with the first page of the
    /// whole, and not where the service has trouble with large answers. Totals that came with page 1 say nothing of the pages behind it.
    /// </summary>
    private IReadOnlyList<ApiRequest> Along(int number)
    {
        if (number > 1) pull.Connection.Shelf.Drop(pull.Request, query.Total());
        if (number > 1 || part.Length > 0 || pull.LargePagesFail || !ReferenceEquals(query.Report, pull.Report)) return [];
        return [.. pull.Siblings.Prepend(query.Total()).Skip(pull.Report.SupportsTotal ? 0 : 1).DistinctBy(r => r.Signature).Take(Multirequest.MaxParts - 1)];
    }

    private async ValueTask Keep(BoundTable table, RowBatch batch, int page, CancellationToken cancellation)
    {
        _table ??= table;
        // A page with another header is refused when it is whole; its rows never mix with others.
        if (!ReferenceEquals(_table, table)) return;
        if (await _kept.TryKeepAsync(table, batch, page, cancellation).ConfigureAwait(false)) return;
        _pages.Add(new PageFacts(_pages.Count + 1, _facts.Size, 0) { RepeatsKey = true });
        throw CompletenessRule.Judge(_facts).Fault(pull, part);
    }

    private async Task<ChainResult> EndAsync(Judgement end, TotalReply? totals, CancellationToken cancellation)
    {
        await _kept.StartAsync(_table ?? pull.Binder.ExpectedTable(), cancellation).ConfigureAwait(false);
        return new ChainResult(ChainResult.EndOf(end), new ChainProof(part, [.. _proofs], end.Word), _kept.Count, _kept.Keys, _kept.Sums)
        {
            Table = _table,
            Unresolved = _kept.Unresolved,
            Totals = totals,
        };
    }
}
