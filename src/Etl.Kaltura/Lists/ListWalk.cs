using System.Globalization;
using System.Runtime.CompilerServices;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Completeness;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Lists;

/// <summary>A run of neighbouring objects that is proven whole.</summary>
/// <param name="Rows">By time, then id.</param>
/// <param name="End">Last second that it covers.</param>
/// <param name="Proof">Its pages.</param>
internal sealed record ListSlice(IReadOnlyList<ListRow> Rows, long End, ChainProof Proof);

/// <summary>
/// Lists all objects of a range of time, slice by slice, oldest first. Never by page number alone: objects that come or go
/// would shift the pages behind them. Instead the lower bound moves:
/// 1 ask for one page from a second on; 2 go on from the second of its last object, which is read again, since more objects may
/// share it; 3 only inside one full second ask for further pages; 4 close a slice when it has enough rows, and compare it with the service's
/// own count of exactly that range. Where the two differ, the slice is read again, until its count is right or two readings have the same ids;
/// with pages inside a second two readings have to have the same ids.
/// </summary>
internal sealed class ListWalk(ListPages pages, IListQuery query, string part)
{
    /// <summary>Most objects of a page (wire facts 8).</summary>
    internal const int PageSize = 500;

    /// <summary>Most objects that pages of one query reach; some deployments refuse larger queries altogether.</summary>
    internal const int Cap = 10_000;

    /// <summary>Rows at which a slice is closed. They are held in memory, about 4 KB each, so that a slice can be read again.</summary>
    internal const int SliceRows = 5_000;

    /// <summary>The service's word for a query that matches, or reaches, too much.</summary>
    internal const string Exceeded = "QUERY_EXCEEDED_MAX_MATCHES_ALLOWED";

    private readonly PullContext _pull = pages.Pull;

    // How many seconds the service let us ask for at once, when it refused more.
    private long? _width;

    /// <summary>Lists the range, both ends included.</summary>
    public async IAsyncEnumerable<ListSlice> SlicesAsync(long from, long to, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var start = from; start <= to;)
        {
            var width = _width;
            var slice = await SliceAsync(start, width is { } seconds ? Math.Min(to, start + seconds) : to, cancellation).ConfigureAwait(false);
            // Objects may be sparser from here on.
            if (width is { } before && _width == before) _width = Math.Min(2 * Math.Max(1, before), to);
            yield return slice;
            start = slice.End + 1;
        }
    }

    private async Task<ListSlice> SliceAsync(long from, long to, CancellationToken cancellation)
    {
        var reading = await ReadAsync(from, to, SliceRows, cancellation).ConfigureAwait(false);
        HashSet<string>? before = null;
        for (var again = 0; ; again++)
        {
            var facts = new SliceFacts(reading.Rows.Count) { IsOneAnswer = reading.IsOneAnswer, IsPaged = reading.IsPaged, EqualsBefore = before?.SetEquals(reading.Rows.Keys) == true };
            var end = CompletenessRule.Judge(facts);
            long? total = null;
            if (end.Step == Step.Totals)
            {
                (total, _, var page) = await pages.AskAsync(query, from, reading.End, 1, 1, cancellation).ConfigureAwait(false);
                reading.Pages.Add(page);
                end = CompletenessRule.Judge(facts with { IsCounted = true, Count = total });
            }
            if (end.Step == Step.Whole)
            {
                if (end.Note is { } note) _pull.Note(string.Create(CultureInfo.InvariantCulture, $"{query.TimeName} {from} to {reading.End}: {note}"));
                return Whole(reading, from, end.Word);
            }
            if (again >= _pull.Connection.Settings.Retry.MaxRestarts)
                throw _pull.Fault(end.Word, $"the list changed while it was read: {again + 1} readings of {Range(from, reading.End)} brought {reading.Rows.Count} objects in the end, the service counts {total}. Run again later.", transient: true);
            before = [.. reading.Rows.Keys];
            if (total != reading.Rows.Count) _pull.Log.Restarts.Add($"{Range(from, reading.End)} has {reading.Rows.Count} objects, the service counts {total}.");
            await Task.Delay(_pull.Connection.Retry.Wait(again, null), _pull.Connection.Clock, cancellation).ConfigureAwait(false);
            reading = await ReadAsync(from, reading.End, int.MaxValue, cancellation).ConfigureAwait(false);
        }
    }

    private ListSlice Whole(Reading reading, long from, string stop) => new(
        [.. reading.Rows.Values.OrderBy(r => r.Time).ThenBy(r => r.Id, StringComparer.Ordinal)],
        reading.End,
        new ChainProof(part.Length > 0 ? part : Range(from, reading.End), reading.Pages, stop));

    private async Task<Reading> ReadAsync(long from, long to, int enough, CancellationToken cancellation)
    {
        var reading = new Reading { End = to };
        var (bound, page, got) = (from, 1, 0L);
        while (true)
        {
            (long? Total, IReadOnlyList<ListRow> Rows, PageProof Proof) answer;
            try
            {
                answer = await pages.AskAsync(query, bound, reading.End, page, PageSize, cancellation).ConfigureAwait(false);
            }
            catch (EtlException e) when (e.Code == Exceeded)
            {
                if (page > 1 || bound == reading.End) throw Truncated(bound, e);
                reading.End = bound + (reading.End - bound) / 2;
                _width = reading.End - bound;
                continue;
            }
            reading.Pages.Add(answer.Proof);
            got += answer.Rows.Count;
            foreach (var row in answer.Rows) reading.Rows[row.Id] = row;
            if (page > 1 && answer.Rows.Count > 0) reading.IsPaged = true;

            // A short page that completes the count, or an empty one with nothing announced behind it, is the end.
            var isShort = answer.Rows.Count < PageSize;
            if (isShort && got == answer.Total || answer.Rows.Count == 0 && (long)page * PageSize >= (answer.Total ?? 0))
            {
                reading.IsOneAnswer = isShort && reading.Pages.Count == 1 && got == answer.Total;
                return reading;
            }
            var last = answer.Rows.Count > 0 ? answer.Rows[^1].Time : bound;
            if (last > bound)
            {
                (bound, page, got) = (last, 1, 0);
                if (reading.Rows.Count <= enough) continue;
                reading.CloseBefore(last);
                return reading;
            }
            if (got >= Cap || page >= Cap / 100) throw Truncated(bound, null);
            page++;
        }
    }

    private EtlException Truncated(long second, EtlException? inner) => new(
        FaultKind.Window,
        $"{_pull.Report.Name}, window {_pull.Request.Window.Label}: more than {Cap} objects share {query.TimeName} {second} (unix seconds), and no request reaches further. Narrow the filter and pull the rest with another job.",
        inner)
    { Code = "truncated" };

    private string Range(long from, long to) => string.Create(CultureInfo.InvariantCulture, $"{query.TimeName} {from} to {to}");

    private sealed class Reading
    {
        public Dictionary<string, ListRow> Rows { get; } = new(StringComparer.Ordinal);
        public List<PageProof> Pages { get; } = [];
        public long End { get; set; }

        /// <summary>
        /// True when pages were told apart by their number: then an object that goes while another comes can hide a third one, and the
        /// count alone proves nothing.
        /// </summary>
        public bool IsPaged { get; set; }

        /// <summary>True when one reply holds all and says so: nothing can have changed in between.</summary>
        public bool IsOneAnswer { get; set; }

        /// <summary>Leaves the rows of a second to the next slice, since it may have more.</summary>
        public void CloseBefore(long second)
        {
            End = second - 1;
            foreach (var row in Rows.Values.Where(r => r.Time >= second).ToList()) Rows.Remove(row.Id);
        }
    }
}
