using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Live;

/// <summary>
/// Polls a realtime report's table (guide 11.4). Tables of dates have a row per ten seconds: each poll asks for the stretch from 110 to
/// 20 seconds ago. Tables of labels have no time in their rows: each poll asks for the whole minutes that ended in that stretch, and a
/// later answer replaces an earlier one.
/// </summary>
internal sealed class RealtimeTable : ILiveSource
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly KalturaConnection _connection;
    private readonly ICatalog _catalog;
    private readonly SourceSpec _spec;
    private readonly ReportType _report;
    private readonly string _account;
    private readonly bool _dated;

    public RealtimeTable(KalturaConnection connection, ICatalog catalog, SourceSpec spec, ReportType report, string account)
    {
        (_connection, _catalog, _report, _account) = (connection, catalog, report, account);
        _spec = spec with { Interval = LiveRules.TenSeconds };
        _dated = report.HasDateRows();
        Schema = new TableBinder(catalog, report, LiveRules.TenSeconds, SchemaPolicy.Evolve, 0).ExpectedTable().Schema;
    }

    public TimeSpan Every => TimeSpan.FromSeconds(30);
    public TimeSpan Reach => _dated ? LiveWindow.Reach : LiveWindow.Reach + s_minute;
    public TimeSpan Delay => LiveWindow.Delay;

    // Of two polls in a row of a table of labels, one finds two minutes that ended in its stretch.
    public int CallsPerMinute => _dated ? 2 : 3;

    public TableSchema Schema { get; }

    public async Task<LivePoll> PollAsync(LiveRequest request, CancellationToken cancellation)
    {
        var slices = _dated ? [LiveWindow.At(request.At)] : Minutes(request.At);
        var all = new PollSink();
        PullContext? pull = null;
        var times = new List<DateTimeOffset>();
        foreach (var slice in slices)
        {
            var sink = new PollSink();
            pull = Poll.Context(_connection, _catalog, _spec, _report, request, slice, sink, pull?.Log);
            await AskAsync(pull, cancellation).ConfigureAwait(false);
            if (all.Rows is { } before && !before.Schema.SameShape(sink.Rows!.Schema))
                throw pull.Fault("header-changed", "two minutes of one poll came with different columns.", transient: true);
            all.Absorb(sink);
            while (times.Count < all.Rows!.RowCount) times.Add(_dated ? TimeOf(all.Rows, times.Count, slice) : slice.From);
        }
        return Poll.Of(pull!, all, all.Rows!, times, slices, request) with { ReplacesMinutes = !_dated };
    }

    private async Task AskAsync(PullContext pull, CancellationToken cancellation)
    {
        pull.PageSize = pull.Cap;
        var query = ReportQuery.Of(_spec, _report, _catalog, pull.Request, _connection.ActAs(_account));
        var runner = new ChainRunner(pull);
        var days = new DateSpill(pull.Request, query.Interval);
        var whole = await runner.RunAsync(query, new SinkTarget(pull.Sink), "", cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(whole.Proof);
        if (whole.End == ChainEnd.Capped) await new SplitPull(pull, _catalog, runner, days).RunAsync(query, whole, cancellation).ConfigureAwait(false);
    }

    /// <summary>The whole minutes that ended between 110 and 20 seconds ago.</summary>
    private static List<TimeSlice> Minutes(DateTimeOffset now)
    {
        var slices = new List<TimeSlice>();
        for (var to = LiveWindow.Floor(now - LiveWindow.Delay, s_minute); to >= now - LiveWindow.Reach; to -= s_minute) slices.Insert(0, new TimeSlice(to - s_minute, to));
        return slices;
    }

    private static DateTimeOffset TimeOf(RowBatch rows, int row, TimeSlice slice)
    {
        for (var c = 0; c < rows.Schema.Columns.Count; c++)
        {
            if (rows.Schema.Columns[c].Type != ColumnType.Timestamp || !ReportFacts.IsDateColumn(rows.Schema.Columns[c].Name)) continue;
            var cells = rows.Fixed<long>(c);
            if (!cells.IsNull(row)) return DateTimeOffset.UnixEpoch.AddMicroseconds(cells.Values[row]);
        }
        // Its time could not be read: it goes to quarantine with what was asked for last.
        return slice.To - TimeSpan.FromTicks(1);
    }
}
