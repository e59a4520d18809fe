using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Live;

/// <summary>
/// Polls the viewers of live entries (<c>liveReports.getEvents</c>, ENTRY_TIME_LINE; wire facts 5.1): one graph of points with three
/// values, one per ten seconds. One call per entry: an answer for several is their sum and names none.
/// </summary>
internal sealed class LiveEvents(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account) : ILiveSource
{
    private const int MaxBytes = 1 << 20;

    private static readonly ReportType s_report = Poll.Named(LiveRules.Events, "liveReports.getEvents");

    private static readonly TableSchema s_schema = new(
        [
            new Column("entry_id", ColumnType.Text),
            new Column("time", ColumnType.Timestamp),
            new Column("audience", ColumnType.Int64, ColumnRole.Metric, Additivity.Level, "viewers"),
            new Column("dvr_audience", ColumnType.Int64, ColumnRole.Metric, Additivity.Level, "viewers"),
        ],
        ["entry_id", "time"]);

    public TimeSpan Every => TimeSpan.FromSeconds(30);
    public TimeSpan Reach => LiveWindow.Reach;
    public TimeSpan Delay => LiveWindow.Delay;
    public int CallsPerMinute => 2 * spec.Entries.Count;
    public TableSchema Schema => s_schema;

    public async Task<LivePoll> PollAsync(LiveRequest request, CancellationToken cancellation)
    {
        var slice = LiveWindow.At(request.At);
        var sink = new PollSink();
        var pull = Poll.Context(connection, catalog, spec, s_report, request, slice, sink);
        var rows = new RowBatch(s_schema);
        var times = new List<DateTimeOffset>();
        foreach (var entry in spec.Entries)
        {
            var reply = await SmallCall.AskAsync(
                pull, Ask(entry, slice), MaxBytes, static bytes => ReportGraphReader.Read(bytes, ","), static r => r.Error, cancellation).ConfigureAwait(false);
            if (reply.Graphs is not ["audience"])
                throw pull.Fault("bad-graph", $"the answer for entry '{entry}' has the graphs '{string.Join(", ", reply.Graphs)}'; expected one, 'audience'.");
            foreach (var point in reply.Points) Add(rows, times, entry, point, pull);
            pull.Log.Chains.Add(new ChainProof($"entry {entry}", [], "whole-answer"));
        }
        return Poll.Of(pull, sink, rows, times, [slice], request);
    }

    private ApiRequest Ask(string entry, TimeSlice slice)
    {
        List<KeyValuePair<string, string>> fields =
        [
            new("reportType", "ENTRY_TIME_LINE"),
            new("filter[objectType]", "KalturaLiveReportInputFilter"),
            new("filter[entryIds]", entry),
            new("filter[fromTime]", slice.From.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
            new("filter[toTime]", slice.To.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ];
        if (spec.LiveOnly) fields.Add(new("filter[live]", "1"));
        if (connection.ActAs(account) is { } other) fields.Add(new("partnerId", other));
        return new ApiRequest("liveReports", "getEvents", fields);
    }

    private static void Add(RowBatch rows, List<DateTimeOffset> times, string entry, GraphPoint point, PullContext pull)
    {
        if (!long.TryParse(point.X, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799)
            throw pull.Fault("bad-date", $"a point of entry '{entry}' is at '{point.X}', which is not a time in unix seconds.");
        if (point.Y.Split(',') is not [var audience, var dvr])
            throw pull.Fault("bad-row", $"a point of entry '{entry}' has the values '{point.Y}'; expected two, viewers and viewers in DVR.");
        var time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        rows.Text(0).Append(System.Text.Encoding.UTF8.GetBytes(entry));
        rows.Fixed<long>(1).Append(LiveWindow.Micros(time));
        RefusedCell?[] refused = [Count(rows, 2, audience), Count(rows, 3, dvr)];
        times.Add(time);
        if (refused is [null, null]) return;
        var raw = RawRow.Of([("entry_id", entry), ("time", point.X), ("audience", audience), ("dvr_audience", dvr)]);
        rows.Refuse(new RefusedRow(rows.RowCount - 1, rows.RowCount, raw, [.. refused.OfType<RefusedCell>()]));
    }

    private static RefusedCell? Count(RowBatch rows, int column, string cell) =>
        TextCell.TryAppend(rows[column], CellFormat.Integer, cell, 0) ? null : TextCell.Refused(s_schema.Columns[column].Name, CellFormat.Integer, cell);
}
