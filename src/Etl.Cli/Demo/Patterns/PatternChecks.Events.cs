namespace Etl.Cli.Demo.Patterns;

/// <summary>The circle of the events guide: send, wait, read back, pull again.</summary>
internal static partial class PatternChecks
{
    private const string ArrivingEntry = "1_3uvurcdb";

    private const int ViewersEach = 40;

    /// <summary>One audience shortly before the day's end that the reports know of when the day is first pulled, and one that they do not.</summary>
    public static async Task PlayBeforeMidnightAsync(PatternBench bench)
    {
        var stage = bench.Stage;
        await stage.PlayAsync(ArrivingEntry, ViewersEach, seed: 1, "early", bench.Cancellation).ConfigureAwait(false);
        stage.Put(stage.Now.AddMinutes(20), $"Twenty minutes later. Reports know of an event {EventStage.Delay.TotalMinutes:0} minutes after it.");
        await stage.PlayAsync(ArrivingEntry, ViewersEach, seed: 2, "late", bench.Cancellation).ConfigureAwait(false);
        stage.Put(stage.Now.AddMinutes(11), "The day is over and is pulled.");
    }

    public static async Task ArrivalAsync(PatternBench bench)
    {
        var stage = bench.Stage;
        var (early, late) = (stage.Audiences[0], stage.Audiences[1]);
        var day = (await bench.WindowsAsync().ConfigureAwait(false))[^1];
        var plays = $"SELECT plays FROM arrivals WHERE day = '{day.Label}' AND object_id = '{ArrivingEntry}'";
        // What others played that day: it is the sandbox's own and never went through the collector.
        var others = (await bench.TruthAsync("38", day.From, day.To, "&entryIdIn=" + ArrivingEntry + Vod).ConfigureAwait(false)).Single().Number("count_plays") - early["count_plays"];
        await bench.FigureAsync("plays when the day was first pulled", others + early["count_plays"], plays).ConfigureAwait(false);
        bench.Figure("of those who came late, the reports know", 0, (await stage.ReportedAsync(late, bench.Cancellation).ConfigureAwait(false)).GetValueOrDefault("count_plays") ?? 0);

        stage.Put(stage.Now.AddMinutes(29), "Half an hour later the day is pulled once more.");
        await bench.RunAsync(day.Label).ConfigureAwait(false);
        await bench.FigureAsync("plays after the second pull", others + early["count_plays"] + late["count_plays"], plays).ConfigureAwait(false);
        await bench.FigureAsync("plays that arrived late", late["count_plays"], $"SELECT late FROM late_arrivals WHERE day = '{day.Label}'").ConfigureAwait(false);

        // As 'etl events verify' does: each metric of exactly those viewers.
        foreach (var audience in stage.Audiences)
        {
            var reported = await stage.ReportedAsync(audience, bench.Cancellation).ConfigureAwait(false);
            foreach (var (metric, value) in audience.Tally.Expected) bench.Figure($"{metric} of '{audience.Model.Label}'", Math.Round(value, 2), Math.Round(reported.GetValueOrDefault(metric) ?? double.NaN, 2));
        }
        await FunnelAsync(bench, day.Label).ConfigureAwait(false);
    }

    /// <summary>Every event by itself, as only a sandbox lists them: from the page to the end of the video.</summary>
    private static async Task FunnelAsync(PatternBench bench, string day)
    {
        var job = PatternDemo.JobOf("sandbox-funnel");
        await bench.RunAsync(job, day + "T23+0000").ConfigureAwait(false);
        double All(string metric) => bench.Stage.Audiences.Sum(a => a[metric]);
        var expected = new Dictionary<string, double>
        {
            ["pages"] = bench.Stage.Audiences.Sum(a => a.Pages), ["clicks"] = bench.Stage.Audiences.Sum(a => a.Clicks), ["plays"] = All("count_plays"),
            ["quarter"] = All("count_plays_25"), ["half"] = All("count_plays_50"), ["three_quarters"] = All("count_plays_75"), ["whole"] = All("count_plays_100"),
        };
        await bench.EachAsync("stages of the funnel", expected, string.Join(" UNION ALL ", expected.Keys.Select(k => $"SELECT '{k}', {k} FROM event_funnel WHERE day = '{day}'"))).ConfigureAwait(false);
        bench.Figure("events that landed one by one", bench.Stage.Audiences.Sum(a => a.Events), Convert.ToDouble((await bench.QueryAsync("SELECT count(*) AS n FROM sandbox_events").ConfigureAwait(false))[0]["n"], System.Globalization.CultureInfo.InvariantCulture));
    }
}
