using System.Globalization;
using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Live;

/// <summary>
/// Tables and totals of the realtime reports 10001 to 10008 and 10011 (wire facts, family 1): computed from ten-second heartbeats of the
/// live and DVR sessions, the ones that the timeline counts. Both ends of the range are rounded up to ten seconds. Date rows follow
/// <c>interval</c> and are in unix seconds; 10007 chooses its own buckets. Graphs are not computed.
/// </summary>
internal sealed class RealtimeReports
{
    private const int Bucket = 10;
    private const int MostBuckets = 1_000;

    private static readonly int[] Types = [10001, 10002, 10003, 10004, 10005, 10006, 10007, 10008, 10011];

    private readonly EventStore _store;
    private readonly CatalogueData _catalogue;
    private readonly Timeline _timeline;
    private readonly Dictionary<int, ReportDefinition> _reports;

    public RealtimeReports(EventStore store, CatalogueData catalogue, Timeline timeline)
    {
        (_store, _catalogue, _timeline) = (store, catalogue, timeline);
        _reports = Types.ToDictionary(type => type, type => new ReportDefinition { Declared = catalogue.Require(type), FixedPlayback = [PlaybackKind.Live, PlaybackKind.Dvr] });
    }

    public bool Computes(int type) => _reports.ContainsKey(type);

    /// <summary>One page of the table, as getTable gives it.</summary>
    public TableReply Table(ReportRequest request, int shift = 0)
    {
        var (header, rows) = Rows(request);
        var size = request.PageSize;
        if (size > TableAction.RowWall / request.PageIndex)
            size = request.PageIndex > 1 ? throw ApiException.Internal() : TableAction.RowWall;
        var first = (request.PageIndex - 1) * size + (request.PageIndex % 2 == 0 ? shift : 0);
        var page = rows.Skip((int)Math.Min(first, int.MaxValue)).Take((int)size).Select(r => Array.ConvertAll(r, TableReply.Print)).ToList();
        // Tables of labels have nothing at all to say when they are empty; those of dates keep their header.
        return page.Count == 0 && !IsDated(request.Type)
            ? new TableReply { IsAbsent = true }
            : new TableReply { Header = header, Rows = page, TotalCount = rows.Count };
    }

    /// <summary>The total, as getTotal gives it.</summary>
    public ApiObject Total(ReportRequest request)
    {
        var names = _reports[request.Type].Declared.Totals;
        var beats = Beats(request);
        var cells = names.Select(n => beats.Count == 0 ? request.SkipEmptyDates ? "" : "0" : TableReply.Print(Metric(n, beats)));
        return new ApiObject("KalturaReportTotal", ("header", string.Join(request.Delimiter, names)), ("data", string.Join(request.Delimiter, cells)));
    }

    /// <summary>Every row, for comparing.</summary>
    public (List<string> Header, List<Cell[]> Rows) Rows(ReportRequest request)
    {
        var report = _reports[request.Type].Declared;
        var dated = IsDated(request.Type);
        var labels = dated ? [new TimeBuckets(request.Filter.Interval, 0).Column] : report.Dimensions;
        var (from, to) = RangeOf(request);
        var groups = Beats(request).GroupBy(beat => dated ? DateOf(request, beat.Time, to - from) : string.Join('\n', report.Dimensions.Select(d => KeyOf(request.Type, d, beat.Session))));
        var rows = groups.Where(g => g.Key.Length > 0).Select(g =>
        {
            var beats = g.ToList();
            return labels.Select(l => dated ? Cell.Of(g.Key) : Label(request.Type, l, beats[0].Session)).Concat(report.Metrics.Select(m => Metric(m, beats))).ToArray();
        });
        return ([.. labels, .. report.Metrics], dated
            ? [.. rows.OrderBy(r => r[0].Text, StringComparer.Ordinal)]
            : [.. rows.OrderByDescending(r => r[labels.Count].Number).ThenBy(r => string.Join('\n', r.Take(labels.Count).Select(TableReply.Print)), StringComparer.Ordinal)]);
    }

    private static bool IsDated(int type) => type is 10005 or 10006 or 10007;

    private static (long From, long To) RangeOf(ReportRequest request) => (Timeline.RoundUp(request.Filter.FromDate), Timeline.RoundUp(request.Filter.ToDate));

    private List<Beat> Beats(ReportRequest request)
    {
        var (from, to) = RangeOf(request);
        var scope = ScopeCompiler.Compile(_store, _catalogue, _reports[request.Type], request.Filter, new DateRange(0, long.MaxValue), request.ObjectIds, request.Delimiter);
        if (scope.Nothing)
            return [];
        // Only viewers who are known have a row of their own.
        return [.. _timeline.Beats(from, to).Where(b => scope.Matches(b.Session) && (request.Type != 10008 || b.Session.User >= 0)).Select(b => new Beat(b.Time, b.Session))];
    }

    private static string DateOf(ReportRequest request, long time, long length)
    {
        var step = Math.Max(Bucket, (length + MostBuckets * Bucket - 1) / (MostBuckets * Bucket) * Bucket);
        var width = request.Type == 10007 ? step : request.Filter.Interval switch
        {
            Interval.Days => 86_400, Interval.Hours => 3_600, Interval.Minutes => 60, Interval.TenSeconds => Bucket, _ => 0,
        };
        if (width > 0)
            return (time / width * width).ToString(CultureInfo.InvariantCulture);
        var at = DateTime.UnixEpoch.AddSeconds(time);
        return request.Filter.Interval switch
        {
            Interval.Months => at.ToString("yyyyMM", CultureInfo.InvariantCulture),
            Interval.Years => at.ToString("yyyy-01-01'T'00:00:00.000'Z'", CultureInfo.InvariantCulture),
            _ => DateTime.UnixEpoch.AddSeconds(time / 600 * 600).ToString("yyyy-MM-dd'T'HH:mm:ss.000'Z'", CultureInfo.InvariantCulture),
        };
    }

    // Groups are by what the engine stores: two users without a record are two rows that look alike.
    private static string KeyOf(int type, string dimension, in PlaybackEvent session) =>
        dimension is "user_id" or "user_name" ? session.User.ToString(CultureInfo.InvariantCulture) : TableReply.Print(LabelOf(type, dimension, session));

    private Cell Label(int type, string dimension, in PlaybackEvent session) => dimension switch
    {
        "user_id" => _store.Users.IsResolvable(session.User) ? Cell.Of(_store.Users.Id(session.User)) : Cell.Missing,
        "user_name" => _store.Users.IsResolvable(session.User) ? Cell.Of(_store.Users.FullName(session.User)) : Cell.Missing,
        _ => LabelOf(type, dimension, session),
    };

    private static Cell LabelOf(int type, string dimension, in PlaybackEvent session)
    {
        var place = Vocabulary.Places[session.Place];
        return dimension switch
        {
            "object_id" => Cell.Of(place.Code),
            "country" => Cell.Of(place.Country),
            "region" => Cell.Of(place.Region),
            "city" => Cell.Of(place.City),
            "coordinates" => Cell.Of(type switch { 10001 => place.CountryCoordinates, 10002 => place.RegionCoordinates, _ => place.Coordinates }),
            "device" => Cell.Of(Vocabulary.Agents[session.Agent].Device),
            "playback_type" => Cell.Of(Vocabulary.PlaybackTypes[(int)session.Kind]),
            _ => throw ApiException.Internal(),
        };
    }

    private static Cell Metric(string name, IReadOnlyList<Beat> beats) => Cell.Of(name switch
    {
        "view_unique_audience" => Viewers(beats, _ => true),
        "view_unique_audience_dvr" => Viewers(beats, b => b.IsDvr),
        "view_unique_buffering_users" => Viewers(beats, b => b.IsBuffering),
        "view_unique_engaged_users" => Viewers(beats, b => b.IsEngaged),
        "views" => beats.Count,
        "error" => beats.Count(b => !b.Session.IsReceived && b.Chance(5) < 10),
        "sum_view_time" => beats.Count * Bucket,
        "sum_view_time_live" => beats.Count(b => !b.IsDvr) * Bucket,
        "sum_view_time_dvr" => beats.Count(b => b.IsDvr) * Bucket,
        "avg_view_buffering" or "view_buffer_time_ratio" => beats.Average(b => b.IsBuffering ? 1.0 : 0),
        "avg_view_engagement" => beats.Average(b => b.IsEngaged ? 1.0 : 0),
        "avg_view_dvr" => beats.Average(b => b.IsDvr ? 1.0 : 0),
        "avg_view_downstream_bandwidth" => beats.Average(b => 2_000.0 + b.Chance(6) * 5),
        "avg_view_bitrate" => beats.Average(b => 800.0 + b.Chance(7) * 3),
        "avg_view_live_latency" => beats.Average(b => 2 + b.Chance(8) / 100.0),
        "avg_view_dropped_frames_ratio" => beats.Average(b => b.Chance(9) / 50_000.0),
        "avg_view_segment_download_time_sec" => beats.Average(b => b.Chance(10) / 1_000.0),
        "avg_view_manifest_download_time_sec" => beats.Average(b => b.Chance(11) / 4_000.0),
        _ => throw ApiException.Internal(),
    });

    private static double Viewers(IEnumerable<Beat> beats, Func<Beat, bool> which) => beats.Where(which).Select(b => b.Session.Viewer).Distinct().Count();

    /// <summary>One session in one bucket.</summary>
    private sealed record Beat(long Time, PlaybackEvent Session)
    {
        public bool IsDvr => Session.Kind == PlaybackKind.Dvr;

        /// <summary>What was received says how long it waited: that many of its first beats.</summary>
        public bool IsBuffering => Session.IsReceived ? (Time - Session.Time / Bucket * Bucket) * 10 < Session.Buffering : Chance(1) < 80;

        /// <summary>A player that is not looked at is not told apart in events.</summary>
        public bool IsEngaged => Session.IsReceived || Chance(2) < 650;

        /// <summary>0 to 999, the same for the same session, bucket and purpose.</summary>
        public int Chance(int purpose) => (int)(Prng.Hash(Session.Cookie, (uint)(90 + purpose), Time + Session.Time) % 1_000);
    }
}
