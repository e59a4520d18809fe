using System.Globalization;

namespace Etl.Cli.Demo.Patterns;

/// <summary>Patterns about accounts, places and devices, and about events on their way.</summary>
internal static partial class PatternChecks
{
    public static async Task AccountsAsync(PatternBench bench)
    {
        var listed = await bench.QueryAsync("SELECT account FROM account_summary").ConfigureAwait(false);
        bench.Figure("accounts", 1 + PatternDemo.Children.Count, listed.Count);
        var (plays, entries) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var account in listed.Select(r => (string)r["account"]!))
        {
            var truth = await bench.TruthAsync("38", Vod + "&account=" + account).ConfigureAwait(false);
            plays[account] = truth.Sum(r => r.Number("count_plays"));
            entries[account] = truth.Count;
        }
        await bench.EachAsync("plays of each account", plays, "SELECT account, plays FROM account_summary").ConfigureAwait(false);
        await bench.EachAsync("plays as the parent counts them", plays, "SELECT account, plays_by_parent FROM account_summary").ConfigureAwait(false);
        await bench.EachAsync("entries of each account", entries, "SELECT account, entries_played FROM account_summary").ConfigureAwait(false);
    }

    /// <summary>Countries and regions are added up from the sandbox's cities, which the job does not do.</summary>
    public static async Task GeographyAsync(PatternBench bench)
    {
        var cities = await bench.TruthAsync("30", VodAndLive).ConfigureAwait(false);
        static double Plays(TruthRow r) => r.Number("count_plays");
        await bench.EachAsync("plays of each country", cities.By(r => r.Wire("country"), Plays), "SELECT country, plays FROM geo_tree WHERE level = 'country'").ConfigureAwait(false);
        await bench.EachAsync("plays of each region", cities.By(r => r.Wire("country") + "/" + r.Wire("region"), Plays), "SELECT country || '/' || region, plays FROM geo_tree WHERE level = 'region'").ConfigureAwait(false);
        await bench.EachAsync(
            "plays of each city", cities.By(r => string.Join('/', r.Wire("country"), r.Wire("region"), r.Wire("city")), Plays),
            "SELECT country || '/' || region || '/' || city, plays FROM geo_tree WHERE level = 'city'").ConfigureAwait(false);
        await bench.FigureAsync("shares of all countries", 1, "SELECT sum(share) FROM geo_tree WHERE level = 'country'").ConfigureAwait(false);
    }

    /// <summary>Completion over the whole range at once: what the job's weighing of days has to come to.</summary>
    public static async Task DevicesAsync(PatternBench bench)
    {
        foreach (var (what, report, label) in (((string, string, string)[])[("device", "21", "device"), ("system", "32", "os_family"), ("browser", "33", "browser_family")]))
        {
            var truth = await bench.TruthAsync(report, VodAndLive).ConfigureAwait(false);
            var all = truth.Sum(r => r.Number("count_plays"));
            await bench.EachAsync($"share of each {what}", truth.By(r => r.Text(label), r => r.Number("count_plays") / all), $"SELECT name, share FROM tech_share WHERE what = '{what}'").ConfigureAwait(false);
            await bench.EachAsync($"completion of each {what}", truth.By(label, "avg_completion_rate"), $"SELECT name, completion FROM tech_share WHERE what = '{what}'").ConfigureAwait(false);
        }
    }

    /// <summary>The realtime report of each minute that landed whole, asked of the sandbox afterwards.</summary>
    public static async Task LiveAsync(PatternBench bench)
    {
        var minutes = await bench.QueryAsync("SELECT minute FROM desk_minutes WHERE peak_unique_audience IS NOT NULL ORDER BY minute").ConfigureAwait(false);
        bench.Holds("minutes landed", minutes.Count >= 2, $"{minutes.Count}");
        // A busy machine may miss a poll, and the minute says so ('coverage'): what landed of it is compared, moment by moment.
        var moments = (await bench.QueryAsync("SELECT _window AS minute, strftime('%s', date_id) AS at FROM desk_quality").ConfigureAwait(false))
            .Select(m => ((string)m["minute"]!, (string)m["at"]!)).ToHashSet();
        var expected = new Dictionary<string, double>();
        foreach (var window in (await bench.WindowsAsync().ConfigureAwait(false)).Where(w => minutes.Any(m => (string)m["minute"]! == w.Label)))
        {
            var rows = await bench.LinesAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"truth-realtime?report=10006&from={window.From.ToUnixTimeSeconds()}&to={window.To.ToUnixTimeSeconds()}&interval=ten_seconds&entryIdIn=1_qofbr2zc")).ConfigureAwait(false);
            var landed = rows.Where(r => moments.Contains((window.Label, r.Text("date_id")))).ToList();
            if (landed.Count > 0) expected[window.Label] = landed.Max(r => r.Number("view_unique_audience"));
        }
        await bench.EachAsync("peak audience of each minute", expected, "SELECT minute, peak_unique_audience FROM desk_minutes WHERE peak_unique_audience IS NOT NULL").ConfigureAwait(false);
    }
}
