using System.Globalization;

namespace Etl.Cli.Demo.Patterns;

/// <summary>Checks of the patterns: what the sandbox says happened against what the warehouse holds. Patterns about content.</summary>
internal static partial class PatternChecks
{
    private const string Vod = "&playbackTypeIn=vod", VodAndLive = "&playbackTypeIn=vod,live", All = "&playbackTypeIn=vod,live,dvr";

    public static async Task ContentAsync(PatternBench bench)
    {
        var truth = await bench.TruthAsync("2", Vod).ConfigureAwait(false);
        var played = truth.Where(r => r.Number("count_plays") > 0).ToList();
        await bench.EachAsync("plays of each entry", truth.By("object_id", "count_plays"), "SELECT object_id, plays FROM content_dropoff").ConfigureAwait(false);
        foreach (var quarter in (string[])["25", "50", "75", "100"])
            await bench.EachAsync(
                $"share of viewers at {quarter} %",
                played.By(r => r.Text("object_id"), r => r.Number("count_plays_" + quarter) / r.Number("count_plays")),
                $"SELECT object_id, kept_{quarter} FROM content_dropoff WHERE plays > 0").ConfigureAwait(false);
        await bench.EachAsync(
            "impressions that became plays",
            truth.Where(r => r.Number("count_loads") > 0).By(r => r.Text("object_id"), r => r.Number("count_plays") / r.Number("count_loads")),
            "SELECT object_id, play_rate FROM content_dropoff WHERE impressions > 0").ConfigureAwait(false);
        await bench.EachAsync(
            "quarter that loses most",
            played.By(r => r.Text("object_id"), r => 1 + WorstQuarter(r)),
            "SELECT object_id, CASE loses_most_in WHEN 'first quarter' THEN 1 WHEN 'second quarter' THEN 2 WHEN 'third quarter' THEN 3 ELSE 4 END FROM content_dropoff WHERE plays > 0").ConfigureAwait(false);
    }

    public static async Task WarehouseAsync(PatternBench bench)
    {
        foreach (var window in await bench.WindowsAsync().ConfigureAwait(false))
        {
            var content = await bench.TruthAsync("38", window.From, window.To, VodAndLive).ConfigureAwait(false);
            var countries = await bench.TruthAsync("36", window.From, window.To, VodAndLive).ConfigureAwait(false);
            async Task Day(string what, double expected, string column) =>
                await bench.FigureAsync($"{window.Label}: {what}", expected, $"SELECT {column} FROM bi_daily WHERE day = '{window.Label}'").ConfigureAwait(false);
            await Day("entries", content.Count, "entries").ConfigureAwait(false);
            await Day("plays", content.Sum(r => r.Number("count_plays")), "plays").ConfigureAwait(false);
            await Day("plays by content", content.Sum(r => r.Number("count_plays")), "plays_by_content").ConfigureAwait(false);
            await Day("minutes", content.Sum(r => r.Number("sum_time_viewed")), "minutes").ConfigureAwait(false);
            await Day("countries", countries.Count, "countries").ConfigureAwait(false);
            await Day("plays by country", countries.Sum(r => r.Number("count_plays")), "plays_by_country").ConfigureAwait(false);
        }
    }

    public static async Task AccessibilityAsync(PatternBench bench)
    {
        var (entries, captioned) = await LibraryAsync(bench).ConfigureAwait(false);
        var plays = (await bench.TruthAsync("38", VodAndLive).ConfigureAwait(false)).By("object_id", "count_plays");
        var needing = entries.Where(e => e.Number("mediaType") != 2).Select(e => e.Text("id")).ToList();
        var without = needing.Where(id => !captioned.Contains(id)).ToList();
        await bench.FigureAsync("entries that need captions", needing.Count, "SELECT entries FROM caption_coverage").ConfigureAwait(false);
        await bench.FigureAsync("entries with captions", needing.Count - without.Count, "SELECT captioned FROM caption_coverage").ConfigureAwait(false);
        await bench.FigureAsync(
            "share of plays with captions",
            needing.Where(captioned.Contains).Sum(id => plays.GetValueOrDefault(id)) / needing.Sum(id => plays.GetValueOrDefault(id)),
            "SELECT share_of_plays FROM caption_coverage").ConfigureAwait(false);
        await bench.EachAsync("plays of entries without captions", without.ToDictionary(id => id, id => plays.GetValueOrDefault(id)), "SELECT id, plays FROM captions_wanted").ConfigureAwait(false);
        await bench.EachAsync(
            "their places", without.ToDictionary(id => id, id => 1.0 + without.Count(o => plays.GetValueOrDefault(o) > plays.GetValueOrDefault(id))), "SELECT id, place FROM captions_wanted")
            .ConfigureAwait(false);
    }

    public static async Task AutomationAsync(PatternBench bench)
    {
        var (entries, captioned) = await LibraryAsync(bench).ConfigureAwait(false);
        var truth = (await bench.TruthAsync("38", Vod).ConfigureAwait(false)).ToDictionary(r => r.Text("object_id"));
        foreach (var (kind, ids) in (((string, List<string>)[])
            [("enriched", [.. entries.Select(e => e.Text("id")).Where(captioned.Contains)]), ("plain", [.. entries.Select(e => e.Text("id")).Where(id => !captioned.Contains(id))])]))
        {
            var rows = ids.Where(truth.ContainsKey).Select(id => truth[id]).ToList();
            var plays = rows.Sum(r => r.Number("count_plays"));
            async Task Kind(string what, double expected, string column) =>
                await bench.FigureAsync($"{kind}: {what}", expected, $"SELECT {column} FROM enrichment_effect WHERE kind = '{kind}'").ConfigureAwait(false);
            await Kind("entries", ids.Count, "entries").ConfigureAwait(false);
            await Kind("plays per entry", plays / ids.Count, "plays_per_entry").ConfigureAwait(false);
            await Kind("minutes per play", rows.Sum(r => r.Number("sum_time_viewed")) / plays, "minutes_per_play").ConfigureAwait(false);
            await Kind("share kept", rows.Sum(r => r.Number("avg_view_drop_off") * r.Number("count_plays")) / plays, "kept").ConfigureAwait(false);
        }
        var bad = entries.Select(e => e.Text("id")).Where(id => truth.TryGetValue(id, out var r) && r.Number("count_plays") >= 20 && r.Number("avg_view_drop_off") < 0.45);
        await bench.EachAsync("entries that hold viewers badly", bad.ToDictionary(id => id, id => truth[id].Number("count_plays")), "SELECT id, plays FROM underperformers").ConfigureAwait(false);
    }

    public static async Task ThumbnailsAsync(PatternBench bench)
    {
        var windows = await bench.WindowsAsync().ConfigureAwait(false);
        bench.Figure("days that landed", 14, windows.Count);
        var rates = new List<(double Plays, double Loads)>();
        foreach (var (variant, first) in (((string, int)[])[("A", 0), ("B", 7)]))
        {
            var row = (await bench.TruthAsync("2", windows[first].From, windows[first + 6].To, "&entryIdIn=1_3uvurcdb" + Vod).ConfigureAwait(false)).Single();
            rates.Add((row.Number("count_plays"), row.Number("count_loads")));
            await bench.FigureAsync($"{variant}: impressions", rates[^1].Loads, $"SELECT impressions FROM thumbnail_variants WHERE variant = '{variant}'").ConfigureAwait(false);
            await bench.FigureAsync($"{variant}: plays", rates[^1].Plays, $"SELECT plays FROM thumbnail_variants WHERE variant = '{variant}'").ConfigureAwait(false);
        }
        var ((playsA, loadsA), (playsB, loadsB)) = (rates[0], rates[1]);
        var (a, b, all) = (playsA / loadsA, playsB / loadsB, (playsA + playsB) / (loadsA + loadsB));
        var z = (b - a) / Math.Sqrt(all * (1 - all) * ((1 / loadsA) + (1 / loadsB)));
        var margin = 1.959963984540054 * Math.Sqrt((a * (1 - a) / loadsA) + (b * (1 - b) / loadsB));
        await bench.FigureAsync("difference", b - a, "SELECT difference FROM thumbnail_test").ConfigureAwait(false);
        await bench.FigureAsync("lower end of the interval", b - a - margin, "SELECT low FROM thumbnail_test").ConfigureAwait(false);
        await bench.FigureAsync("upper end of the interval", b - a + margin, "SELECT high FROM thumbnail_test").ConfigureAwait(false);
        await bench.FigureAsync("z", z, "SELECT z FROM thumbnail_test").ConfigureAwait(false);
        var p = 2 * NormalTail(Math.Abs(z));
        await bench.FigureAsync("p-value", p, "SELECT p_value FROM thumbnail_test").ConfigureAwait(false);
        var verdict = p >= 0.05 ? "no difference shown" : z > 0 ? "B is better" : "A is better";
        var told = (string?)(await bench.QueryAsync("SELECT verdict FROM thumbnail_test").ConfigureAwait(false)).Single()["verdict"];
        bench.Holds($"verdict is '{verdict}'", told == verdict, told ?? "none");
    }

    public static async Task WeeksAsync(PatternBench bench)
    {
        var (plays, minutes, viewers) = (new Dictionary<string, double>(), new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var window in await bench.WindowsAsync().ConfigureAwait(false))
        {
            var day = DateOnly.ParseExact(window.Label, "yyyy-MM-dd", CultureInfo.InvariantCulture);
            var week = day.AddDays(-(((int)day.DayOfWeek + 6) % 7)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var content = await bench.TruthAsync("38", window.From, window.To, VodAndLive).ConfigureAwait(false);
            var offset = Math.Round((TimeZoneInfo.FindSystemTimeZoneById(bench.Job.Window.TimeZone).GetUtcOffset(window.From) * -1).TotalMinutes);
            var people = await bench.TruthAsync("35", window.From, window.To, VodAndLive + string.Create(CultureInfo.InvariantCulture, $"&interval=days&timeZoneOffset={offset}")).ConfigureAwait(false);
            plays[week] = plays.GetValueOrDefault(week) + content.Sum(r => r.Number("count_plays"));
            minutes[week] = minutes.GetValueOrDefault(week) + content.Sum(r => r.Number("sum_time_viewed"));
            viewers[week] = Math.Max(viewers.GetValueOrDefault(week), people.Max(r => r.Number("unique_known_users")));
        }
        await bench.EachAsync("plays of each week", plays, "SELECT week, plays FROM weekly_report").ConfigureAwait(false);
        await bench.EachAsync("minutes of each week", minutes, "SELECT week, minutes FROM weekly_report").ConfigureAwait(false);
        await bench.EachAsync("viewers of its busiest day", viewers, "SELECT week, most_viewers_in_a_day FROM weekly_report").ConfigureAwait(false);
    }

    /// <summary>The ready entries at the end of the last window, and which of them have captions.</summary>
    private static async Task<(List<TruthRow> Entries, HashSet<string> Captioned)> LibraryAsync(PatternBench bench)
    {
        var end = (await bench.WindowsAsync().ConfigureAwait(false))[^1].To.ToUnixTimeSeconds();
        var entries = (await bench.ListAsync("entries").ConfigureAwait(false)).Where(e => e.Text("status") == "2" && e.Number("createdAt") < end).ToList();
        var captions = (await bench.ListAsync("captions").ConfigureAwait(false)).Where(c => c.Number("createdAt") < end);
        return (entries, captions.Select(c => c.Text("entryId")).ToHashSet(StringComparer.Ordinal));
    }

    private static int WorstQuarter(TruthRow row)
    {
        double[] left = [row.Number("count_plays"), row.Number("count_plays_25"), row.Number("count_plays_50"), row.Number("count_plays_75"), row.Number("count_plays_100")];
        return Enumerable.Range(0, 4).MaxBy(i => left[i] - left[i + 1]);
    }

    /// <summary>The normal density added up from x on by Simpson's rule.</summary>
    private static double NormalTail(double x)
    {
        const int Steps = 20_000;
        var width = 12.0 / Steps;
        double Density(double t) => Math.Exp(-t * t / 2) / Math.Sqrt(2 * Math.PI);
        return Enumerable.Range(0, Steps + 1).Sum(i => Density(x + (i * width)) * (i is 0 or Steps ? 1 : i % 2 == 1 ? 4 : 2)) * width / 3;
    }
}
