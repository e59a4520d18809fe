using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Live;

/// <summary>One poll as a pull of the stretch of time that it asks for: the same calls, captures and faults as any pull.</summary>
internal static class Poll
{
    private static readonly WindowCalendar s_minutes = new("UTC", WindowUnit.Minute);

    /// <summary>The makings of a poll.</summary>
    /// <param name="connection">Where to ask.</param>
    /// <param name="catalog">What is known of reports.</param>
    /// <param name="spec">The source.</param>
    /// <param name="report">The report, or what stands for one in messages.</param>
    /// <param name="request">The poll.</param>
    /// <param name="slice">What is asked for.</param>
    /// <param name="sink">Takes the rows.</param>
    /// <param name="log">What the same poll has done before; null for a new one.</param>
    public static PullContext Context(
        KalturaConnection connection, ICatalog catalog, SourceSpec spec, ReportType report, LiveRequest request, TimeSlice slice, PollSink sink, PullLog? log = null)
    {
        var window = new Window(slice.From, slice.To, s_minutes.Containing(request.At).Label, WindowUnit.Minute);
        var key = new WindowKey(request.Job, spec.Name, request.Account, window.Label);
        return new PullContext
        {
            Connection = connection,
            Spec = spec,
            Report = report,
            // Each poll is a pull of its own: answers kept for an earlier one must not do for this.
            Request = new PullRequest(key, window, 0, "UTC", string.Create(CultureInfo.InvariantCulture, $"poll-{request.At.UtcTicks}"), request.SchemaPolicy),
            Sink = sink,
            Binder = new TableBinder(catalog, report, LiveRules.TenSeconds, request.SchemaPolicy, 0) { IsVariant = report.HasVariant(spec, LiveRules.TenSeconds) },
            Reader = new ReportTableReader(new ReportTableOptions { Delimiter = spec.Delimiter, MaxBodyBytes = connection.Settings.Limits.MaxBodyBytes }),
            Account = request.Account,
            Log = log ?? new PullLog(),
        };
    }

    /// <summary>The chains of a poll, named after its time.</summary>
    public static IReadOnlyList<ChainProof> Chains(LiveRequest request, IEnumerable<ChainProof> chains) =>
        [.. chains.Select(c => c with { Part = PartOf(request, c.Part) })];

    /// <summary>What stands for a report in the messages of an action that has none.</summary>
    public static ReportType Named(string action, string call) => new() { Id = action, Name = call };

    /// <summary>What a poll brought, without rows outside of what it asked for: the service adds a bucket that is not whole yet.</summary>
    public static LivePoll Of(PullContext pull, PollSink sink, RowBatch rows, IReadOnlyList<DateTimeOffset> times, IReadOnlyList<TimeSlice> covers, LiveRequest request, bool keepOutside = false)
    {
        var keep = Enumerable.Range(0, rows.RowCount).Where(r => keepOutside || covers.Any(c => times[r] >= c.From && times[r] < c.To)).ToList();
        var kept = new RowBatch(rows.Schema);
        foreach (var row in keep) kept.AppendRow(rows, row);
        kept.Review(r => r with { Part = PartOf(request, r.Part) });
        return new LivePoll
        {
            Schema = rows.Schema,
            Rows = kept,
            Times = [.. keep.Select(r => times[r])],
            Covers = covers,
            Chains = Chains(request, pull.Log.Chains),
            Notes = pull.Proof(false).Notes,
            Bodies = sink.Bodies,
            Calls = pull.Log.Meter.Calls,
            Bytes = pull.Log.Bytes,
        };
    }

    private static string PartOf(LiveRequest request, string part) =>
        string.Create(CultureInfo.InvariantCulture, $"poll {request.At.UtcDateTime:HH:mm:ss}{(part.Length == 0 ? "" : ", ")}{part}");
}
