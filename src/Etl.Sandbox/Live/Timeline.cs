using System.Globalization;
using System.Text;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Live;

/// <summary>
/// liveReports.getEvents, ENTRY_TIME_LINE (wire facts 5.1): one graph <c>audience</c> of <c>unixSeconds,audience,dvrAudience;</c> points,
/// always commas, ten-second buckets, empty ones left out. A session is counted in one bucket per heartbeat.
/// </summary>
internal sealed class Timeline(EventStore store)
{
    private const int Bucket = 10;

    /// <summary>Longest session: an hour of heartbeats and one bucket.</summary>
    private const int MaxSession = 3_610;

    private static readonly string[] Types = ["ENTRY_GEO_TIME_LINE", "ENTRY_SYNDICATION_TOTAL", "ENTRY_TIME_LINE", "ENTRY_TOTAL", "PARTNER_TOTAL"];

    public List<object?> Run(ParamNode call, long now)
    {
        var type = call.TextOf("reportType") ?? throw ApiException.Missing("reportType");
        if (!Types.Contains(type))
            throw ApiException.Enum(type, "reportType", "KalturaLiveReportType");
        if (type != "ENTRY_TIME_LINE")
            throw new ApiException("ANALYTICS_UNSUPPORTED_QUERY", "Unsupported query filter");
        var filter = call["filter"];
        var from = RoundUp(PhpCast.ToTime(filter?.TextOf("fromTime"), now));
        // The end is cut to now and gets one more bucket.
        var to = RoundUp(Math.Min(PhpCast.ToTime(filter?.TextOf("toTime"), now), now)) + Bucket;
        var data = new StringBuilder();
        foreach (var (time, (live, dvr)) in Points(from, to, EntriesOf(filter)))
            data.Append(CultureInfo.InvariantCulture, $"{time},{live},{dvr};");
        return [new ApiObject("KalturaReportGraph", ("id", "audience"), ("data", data.ToString()))];
    }

    /// <summary>The live and DVR sessions that touch a range, for comparing.</summary>
    public IEnumerable<Cell[]> Sessions(long from, long to) =>
        Find(from, to).Select(s => new[] { Cell.Of(store.Entries.Id(s.Entry)), Cell.Of(Vocabulary.PlaybackTypes[(int)s.Kind]), Cell.Of(s.Time), Cell.Of(s.Heartbeats) });

    /// <summary>The live and DVR sessions that were watching, bucket by bucket; <paramref name="from"/> and <paramref name="to"/> are multiples of ten.</summary>
    public IEnumerable<(long Time, PlaybackEvent Session)> Beats(long from, long to)
    {
        foreach (var session in Find(from, to))
        {
            var first = session.Time / Bucket * Bucket;
            for (var beat = Math.Max(0, (from - first) / Bucket); beat < session.Heartbeats && first + beat * Bucket < to; beat++)
                yield return (first + beat * Bucket, session);
        }
    }

    private SortedDictionary<long, (int Live, int Dvr)> Points(long from, long to, HashSet<int>? entries)
    {
        var points = new SortedDictionary<long, (int Live, int Dvr)>();
        foreach (var (time, session) in Beats(from, to))
        {
            if (entries is not null && !entries.Contains(session.Entry))
                continue;
            var (live, dvr) = points.GetValueOrDefault(time);
            points[time] = session.Kind == PlaybackKind.Live ? (live + 1, dvr) : (live, dvr + 1);
        }
        return points;
    }

    private IEnumerable<PlaybackEvent> Find(long from, long to) => from >= to || from <= 0
        ? []
        : store.DaysIn(from - MaxSession, to).SelectMany(day => day)
            .Where(s => s.Kind != PlaybackKind.Vod && s.Heartbeats > 0 && s.Time < to && s.Time + s.Heartbeats * Bucket > from);

    /// <summary>
    /// Null: all. <c>live</c> asks for entries that are live right now (here all streams are), not for viewers outside DVR; ids of other
    /// entries find nothing.
    /// </summary>
    private HashSet<int>? EntriesOf(ParamNode? filter)
    {
        var ids = filter?.TextOf("entryIds") is { Length: > 0 } text ? text.Split(',') : null;
        var live = filter?.TextOf("live");
        if (ids is null && live is null)
            return null;
        if (live is not null && !PhpCast.ToBool(live))
            return [];
        var entries = ids is null ? Enumerable.Range(0, store.Entries.Count) : ids.Select(store.Entries.Find).Where(entry => entry >= 0);
        return [.. entries.Where(store.Entries.IsLive)];
    }

    public static long RoundUp(long seconds) => (seconds + Bucket - 1) / Bucket * Bucket;
}
