using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;

namespace Etl.Pipeline.Tests.Live;

/// <summary>A live source over a list of true points; a test bends single polls. Polls see points from 110 s to 20 s ago.</summary>
internal sealed class ScriptedLive : ILiveSource, ILiveSourceFactory
{
    private static readonly TableSchema s_schema = new(
        [new Column("id", ColumnType.Text), new Column("at", ColumnType.Timestamp), new Column("plays", ColumnType.Int64, ColumnRole.Metric)], ["id"]);

    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan Reach { get; init; } = TimeSpan.FromSeconds(110);
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(20);
    public int CallsPerMinute => 2;
    public TableSchema Schema => s_schema;

    /// <summary>What happened: time and value.</summary>
    public List<(DateTimeOffset At, long Plays)> Truth { get; } = [];

    /// <summary>Changes what a poll (counted from zero) sees of a point: null leaves it out.</summary>
    public Func<int, DateTimeOffset, long, long?> See { get; set; } = (_, _, plays) => plays;

    /// <summary>Points that polls bring beside those in their reach, by poll.</summary>
    public Func<int, IEnumerable<(DateTimeOffset At, long Plays)>> Beside { get; set; } = _ => [];

    /// <summary>Says of which points a poll (counted from zero) sends what cannot be typed.</summary>
    public Func<int, DateTimeOffset, bool> Refuses { get; set; } = (_, _) => false;

    /// <summary>Fails a poll.</summary>
    public Func<int, EtlException?> Fault { get; set; } = _ => null;

    /// <summary>Called before each poll is answered.</summary>
    public Action<int> Before { get; set; } = _ => { };

    public List<DateTimeOffset> Polls { get; } = [];

    public ILiveSource CreateLive(SourceSpec spec, string account) => this;

    public Task<LivePoll> PollAsync(LiveRequest request, CancellationToken cancellation)
    {
        var number = Polls.Count;
        Polls.Add(request.At);
        Before(number);
        cancellation.ThrowIfCancellationRequested();
        if (Fault(number) is { } fault) throw fault;
        var cover = new TimeSlice(request.At - Reach, Reach == TimeSpan.Zero ? request.At + Every : request.At - Delay);
        var seen = Truth.Where(p => p.At >= cover.From && p.At < cover.To)
            .Select(p => (p.At, Plays: See(number, p.At, p.Plays))).Where(p => p.Plays is not null)
            .Select(p => (p.At, p.Plays!.Value)).Concat(Beside(number)).ToList();
        var batch = new RowBatch(s_schema);
        foreach (var (at, plays) in seen)
        {
            batch.Text(0).Append(System.Text.Encoding.UTF8.GetBytes(Id(at)));
            batch.Fixed<long>(1).Append((at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / 10);
            if (!Refuses(number, at))
            {
                batch.Fixed<long>(2).Append(plays);
                continue;
            }
            batch[2].AppendNull();
            batch.Refuse(new RefusedRow(batch.RowCount - 1, batch.RowCount, $$"""{"id":"{{Id(at)}}","plays":"many"}""", [new RefusedCell("plays", "many", "is bad")]));
        }
        return Task.FromResult(new LivePoll
        {
            Schema = s_schema,
            Rows = batch,
            Times = [.. seen.Select(p => p.At)],
            Covers = [cover],
            Bodies = [new LiveBody(new Etl.Core.Raw.RawRequest("live", "poll", [KeyValuePair.Create("number", $"{number}")]), System.Text.Encoding.UTF8.GetBytes($"{{\"poll\":{number}}}"))],
            Calls = 1,
        });
    }

    public static string Id(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
}
