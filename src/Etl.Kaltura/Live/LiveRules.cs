using Etl.Core.Jobs;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Live;

/// <summary>What can be wrong with a live source, and with a source that its job polls or does not poll.</summary>
internal static class LiveRules
{
    public const string Events = "live-events", Beacons = "beacons", StreamStatus = "stream-status", Health = "health", Diagnostics = "diagnostics";

    /// <summary>The interval of the realtime tables: the width of the service's own buckets (wire facts 3.4).</summary>
    public const string TenSeconds = "ten_seconds";

    /// <summary>Most entries of one source: each is a call of its own for <c>live-events</c>, twice a minute.</summary>
    public const int MostEntries = 100;

    /// <summary>Reports whose tables are polled: the dashboards' types (guide 11.4).</summary>
    public static IReadOnlyList<string> Realtime { get; } = ["10001", "10002", "10003", "10004", "10005", "10006", "10007", "10008", "10011"];

    /// <summary>Actions that exist in live jobs only.</summary>
    public static IReadOnlyList<string> Actions { get; } = [Events, Beacons, StreamStatus];

    /// <summary>Checks a source of a live action.</summary>
    public static void Check(SourceSpec spec, Action<string, string> add)
    {
        if (spec.Entries.Count == 0) add("entries", "The id of a live entry is needed, such as 'entries: [1_abc]'.");
        if (spec.Entries.Count > MostEntries) add("entries", $"{spec.Entries.Count} entries are more than the {MostEntries} that one source watches. Use several sources or jobs.");
        for (var i = 0; i < spec.Entries.Count; i++)
        {
            if (spec.Entries[i].Length == 0 || spec.Entries[i].Any(c => c is ',' or '|' or ';' || char.IsWhiteSpace(c) || char.IsControl(c)))
                add($"entries[{i}]", $"'{spec.Entries[i]}' is not the id of an entry. Write several as a list: [1_abc, 1_def].");
        }
        if (spec.Action == Beacons && spec.Kind is not (Health or Diagnostics)) add("kind", $"'{spec.Kind}' is not a kind of beacons; expected {Health} or {Diagnostics}.");
    }

    /// <summary>Checks whether a source fits its job.</summary>
    public static IEnumerable<(string Path, string Message)> CheckLive(SourceSpec spec, bool live)
    {
        if (Actions.Contains(spec.Action))
        {
            if (!live) yield return ("action", $"Action '{spec.Action}' is polled while time passes. Write 'window: {{ every: minute }}' and run the job with '--for 10m'.");
            yield break;
        }
        var realtime = spec.Action == SourceSpecRules.Table && Realtime.Contains(spec.Report);
        if (!live)
        {
            if (realtime && spec.Interval == TenSeconds)
                yield return ("interval", $"Buckets of ten seconds are told for about two minutes only. Write 'window: {{ every: minute }}' and run the job with '--for 10m'.");
            yield break;
        }
        if (!realtime)
        {
            yield return (spec.Action == SourceSpecRules.Table ? "report" : "action",
                $"A live job ('window: {{ every: minute }}') polls {string.Join(", ", Actions)}, or the table of a realtime report: {string.Join(", ", Realtime)}. Use hours, days or months for everything else.");
            yield break;
        }
        if (spec.Interval is not (null or TenSeconds))
            yield return ("interval", $"A live job takes realtime tables in buckets of ten seconds. Write 'interval: {TenSeconds}', or leave it out.");
        if (spec.PageSize != SourceSpec.DefaultPageSize) yield return ("pageSize", "A live job asks for each table in one page. Leave 'pageSize' out.");
    }
}
