using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Live;

/// <summary>Polls a live source against a scripted server.</summary>
internal static class LivePolls
{
    /// <summary>Not on a bucket: 14:05:33.</summary>
    public static readonly DateTimeOffset At = new(2026, 11, 19, 14, 5, 33, TimeSpan.Zero);

    public static SourceSpec Spec(string action, string? kind = null, params string[] entries) =>
        new() { Action = action, Kind = kind, Entries = entries.Length == 0 ? ["1_abc"] : entries };

    public static ILiveSource Source(this Rig rig, SourceSpec spec) => new KalturaSourceFactory(rig.Connection, KalturaCatalog.Shared).CreateLive(spec, "1234567");

    public static Task<LivePoll> PollAsync(this Rig rig, SourceSpec spec, DateTimeOffset? at = null, SchemaPolicy policy = SchemaPolicy.Evolve) =>
        rig.Source(spec).PollAsync(new LiveRequest("ops", "1234567", at ?? At, policy), default);

    public static async Task<EtlException> FailPollAsync(this Rig rig, SourceSpec spec)
    {
        var fault = await Assert.ThrowsAnyAsync<EtlException>(() => rig.PollAsync(spec));
        Rig.AssertNoCanary(fault.ToString());
        return fault;
    }

    /// <summary>Cells of the columns as text, row by row.</summary>
    public static string[] Rows(this LivePoll poll, params string[] columns) =>
        [.. Enumerable.Range(0, poll.Rows.RowCount).Select(r => string.Join(' ', columns.Select(c => Cell(poll.Rows[poll.Schema.IndexOf(c)], r))))];

    public static string[] Minutes(this LivePoll poll) => [.. poll.Times.Select(t => t.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture))];

    public static string Covered(this LivePoll poll) => string.Join(", ", poll.Covers);

    public static long Unix(int hour, int minute, int second) => new DateTimeOffset(2026, 11, 19, hour, minute, second, TimeSpan.Zero).ToUnixTimeSeconds();

    private static string Cell(ColumnBuffer cells, int row) => cells.IsNull(row) ? "null" : cells switch
    {
        TextBuffer text => Encoding.UTF8.GetString(text[row]),
        FixedBuffer<long> whole => whole.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<double> real => real.Values[row].ToString("R", CultureInfo.InvariantCulture),
        _ => "?",
    };
}
