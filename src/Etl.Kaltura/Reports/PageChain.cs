using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
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
}

/// <summary>
/// One run through the pages of one question, with the rule of design section 5: a chain ends on an absent or empty page
/// after rows, or on a short page whose running total equals totalCount; any other short page costs one more request.
/// totalCount never ends or fails a chain otherwise, and the cap is never an end.
/// </summary>
internal sealed class PageChain(PullContext pull, PageReader pages, ReportQuery query, IRowTarget target, string part)
{
    /// <summary>Most pages of one chain: a server that ignores the page number would go on for ever.</summary>
    internal const int MaxPages = 500;

    private readonly ChainRows _kept = new(pull, target, part);
    private readonly List<PageProof> _proofs = [];
    private BoundTable? _table;

    /// <summary>Runs through the pages.</summary>
    /// <exception cref="RestartException">The chain must be begun again, with a new object.</exception>
    public async Task<ChainResult> RunAsync(int size, CancellationToken cancellation)
    {
        for (var number = 1; ; number++)
        {
            if (number > MaxPages)
                throw Restart(RestartKind.OnePage, "too-many-pages", $"{MaxPages} pages of {size} rows did not reach the end.", number);
            var reply = await PageAsync(number, size, Keep, cancellation).ConfigureAwait(false);
            if (reply.Rows == 0)
            {
                if (number > 1) return await EndAsync(ChainEnd.Whole, "empty-page", cancellation).ConfigureAwait(false);
                return await EmptyAsync(reply, cancellation).ConfigureAwait(false);
            }
            if (_kept.Count >= pull.Cap) return await EndAsync(ChainEnd.Capped, "cap", cancellation).ConfigureAwait(false);
            if (reply.Rows < size)
            {
                if (reply.TotalCount == _kept.Count) return await EndAsync(ChainEnd.Whole, "short-page-matches-total", cancellation).ConfigureAwait(false);
                await AskBehindAsync(number, size, (int)reply.Rows, cancellation).ConfigureAwait(false);
                return await EndAsync(ChainEnd.Whole, "empty-page", cancellation).ConfigureAwait(false);
            }
            if ((long)(number + 1) * size > pull.Cap)
            {
                if (pull.LargePagesFail) return await EndAsync(ChainEnd.Capped, "cap", cancellation).ConfigureAwait(false);
                throw Restart(RestartKind.OnePage, "cap", $"page {number + 1} of {size} rows would lie beyond the cap of {pull.Cap} rows.", number);
            }
        }
    }

    /// <summary>One more request behind a short page. It must be empty; rows show a clamp or a table that moved.</summary>
    private async Task AskBehindAsync(int number, int size, int lastRows, CancellationToken cancellation)
    {
        var (page, rows) = Behind(number, size);
        var reply = await PageAsync(page, rows, (_, _, _, _) => ValueTask.CompletedTask, cancellation).ConfigureAwait(false);
        if (reply.Rows == 0) return;
        throw number == 1
            ? Restart(RestartKind.Clamp, "clamped", $"page 1 had {lastRows} rows of {size} asked, and page {page} of {rows} has more: the server gives no larger pages.", number, lastRows)
            : Restart(RestartKind.Unsound, "short-page", $"page {number} had {lastRows} rows of {size} asked, and page {page} of {rows} has more.", number);
    }

    /// <summary>
    /// The page that begins right behind the rows so far. The next one of the same size, or, where that lies beyond the cap, a
    /// smaller one: size s, with s a divisor of the rows so far, has its page number rows/s + 1 begin there.
    /// </summary>
    private (int Page, int Rows) Behind(int number, int size)
    {
        if ((long)(number + 1) * size <= pull.Cap) return (number + 1, size);
        var rows = (int)_kept.Count;
        for (var s = Math.Min(rows, pull.Cap - rows); s > 1; s--)
            if (rows % s == 0) return (rows / s + 1, s);
        return (rows + 1, 1);
    }

    private async Task<TableReply> PageAsync(int number, int size, PageReader.Take take, CancellationToken cancellation)
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
        if (reply.Rows > size)
            throw pull.Fault("page-too-large", $"page {number} has {reply.Rows} rows, but {size} were asked; the answer belongs to another request.", page: number);
        if (reply.DataIsNull)
            throw Restart(RestartKind.Unsound, "no-data", $"page {number} has a header or a count but no data, as when one byte of it is not valid text.", number, transient: true);
        if (reply is { Rows: 0, TotalCount: > 0 } && number == 1)
            throw Restart(RestartKind.Unsound, "no-data", $"page 1 is empty, but totalCount is {reply.TotalCount}.", number, transient: true);
        if (reply.Header is { } header)
        {
            var table = pull.Bind(header);
            _table ??= table;
            if (!_table.Header.SequenceEqual(header, StringComparer.Ordinal))
                throw Restart(RestartKind.Header, "header-changed", $"page {number} has other columns ({Shorten(header)}) than page 1 ({Shorten(_table.Header)}).", number);
        }
        return reply;
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
        if (!await _kept.TryKeepAsync(table, batch, page, cancellation).ConfigureAwait(false))
        {
            throw Restart(RestartKind.Duplicate, "duplicate-key",
                "a key stands on two pages: each page is its own query, so another row may be missing. Ask for the table in one page, or narrow the filter.", page);
        }
    }

    /// <summary>Page 1 has no rows: nothing is there only if the totals of the same question say so too.</summary>
    private async Task<ChainResult> EmptyAsync(TableReply first, CancellationToken cancellation)
    {
        if (!pull.Report.SupportsTotal)
        {
            var again = await PageAsync(1, pull.PageSize, (_, _, _, _) => ValueTask.CompletedTask, cancellation).ConfigureAwait(false);
            if (again.Rows > 0) throw Restart(RestartKind.Unsound, "empty-unproven", "page 1 was empty, and had rows when it was asked again.", 1, transient: true);
            pull.Note($"Report {pull.Report.Id} has no totals; its empty table was asked twice.");
            return await EndAsync(ChainEnd.Empty, "known-empty", cancellation).ConfigureAwait(false);
        }
        var totals = await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false);
        // Found nothing, the service still names the columns of its totals (wire facts 3.2): totals without a header failed too.
        if (totals.Header is null || !totals.IsEmptyOrZero)
        {
            throw Restart(RestartKind.Unsound, "empty-unproven",
                $"page 1 is empty{(first.IsAllAbsent ? " (header, data and count absent)" : "")}, but the totals {(totals.Header is null ? "have no header" : "are not")}: the query failed inside the service.", 1, transient: true);
        }
        return await EndAsync(ChainEnd.Empty, "known-empty", cancellation, totals).ConfigureAwait(false);
    }

    private async Task<ChainResult> EndAsync(ChainEnd end, string stop, CancellationToken cancellation, TotalReply? totals = null)
    {
        await _kept.StartAsync(_table ?? pull.Binder.ExpectedTable(), cancellation).ConfigureAwait(false);
        return new ChainResult(end, new ChainProof(part, [.. _proofs], stop), _kept.Count, _kept.Keys, _kept.Sums)
        {
            Table = _table,
            Unresolved = _kept.Unresolved,
            Totals = totals,
        };
    }

    private RestartException Restart(RestartKind kind, string code, string found, int page, int? size = null, bool transient = false) =>
        new(kind, pull.Fault(code, $"{(part.Length == 0 ? "" : $"part {part}: ")}{found}", transient, page), size);

    private static string Shorten(IReadOnlyList<string> header)
    {
        var text = string.Join(", ", header);
        return text.Length <= 200 ? text : string.Concat(text.AsSpan(0, 200), "…");
    }
}
