using System.Globalization;

namespace Etl.Cli.Demo.Patterns;

/// <summary>Patterns about people and events.</summary>
internal static partial class PatternChecks
{
    public static async Task RoiAsync(PatternBench bench)
    {
        var truth = await bench.TruthAsync("38", "&virtualEventIdIn=70003" + All).ConfigureAwait(false);
        var recordings = await bench.TruthAsync("38", "&virtualEventIdIn=70003").ConfigureAwait(false);
        var reactions = await bench.CustomAsync(4021, "virtualeventid=70003").ConfigureAwait(false);
        var attendees = Known(reactions);
        var (plays, minutes) = (truth.Sum(r => r.Number("count_plays")), truth.Sum(r => r.Number("sum_time_viewed")));
        await bench.EachAsync("plays of each session", truth.By("object_id", "count_plays"), "SELECT object_id, plays FROM event_roi_sessions").ConfigureAwait(false);
        await bench.FigureAsync("sessions", truth.Count, "SELECT sessions FROM event_roi").ConfigureAwait(false);
        await bench.FigureAsync("plays", plays, "SELECT plays FROM event_roi").ConfigureAwait(false);
        await bench.FigureAsync("minutes", minutes, "SELECT minutes FROM event_roi").ConfigureAwait(false);
        await bench.FigureAsync("attendees", attendees.Count, "SELECT attendees FROM event_roi").ConfigureAwait(false);
        await bench.FigureAsync("cost per attendee", 12_000.0 / attendees.Count, "SELECT cost_per_attendee FROM event_roi").ConfigureAwait(false);
        await bench.FigureAsync("plays in the curve by the hour", plays, "SELECT sum(count_plays) FROM event_trend").ConfigureAwait(false);
        bench.EachExported("reactions of each attendee in the export", reactions.Where(r => attendees.Contains(r.Text("email"))).By(r => r.Text("email"), r => r.Number("total_reactions_activity")), "event-attendees", "Reactions");
        bench.Holds("live sessions are among them", recordings.Sum(r => r.Number("count_plays")) < plays, "recordings only");
    }

    public static async Task TrainingAsync(PatternBench bench)
    {
        var lessons = (await bench.ListAsync("entries").ConfigureAwait(false)).Where(e => e.Text("categoriesIds") == "2003" && e.Text("status") == "2").ToList();
        foreach (var window in await bench.WindowsAsync().ConfigureAwait(false))
        {
            var people = (await bench.TruthAsync("13", window.From, window.To, "&categoriesIdsIn=2003" + Vod).ConfigureAwait(false)).Where(r => Sums.IsKnown(r.Text("name"))).ToList();
            var there = lessons.Count(e => e.Number("createdAt") < window.To.ToUnixTimeSeconds());
            var where = $"FROM training_status WHERE month = '{window.Label}'";
            await bench.EachAsync($"{window.Label}: lessons seen", people.By(r => r.Wire("name"), r => r.Number("unique_videos")), $"SELECT user_id, lessons_seen {where}").ConfigureAwait(false);
            await bench.EachAsync($"{window.Label}: completion", people.By(r => r.Wire("name"), r => r.Number("total_completion_rate")), $"SELECT user_id, completion {where}").ConfigureAwait(false);
            await bench.FigureAsync($"{window.Label}: lessons there are", there, $"SELECT max(lessons) {where}").ConfigureAwait(false);
            await bench.FigureAsync(
                $"{window.Label}: people who completed",
                people.Count(r => 2 * r.Number("unique_videos") >= there && r.Number("total_completion_rate") >= 60),
                $"SELECT complete FROM training_summary WHERE month = '{window.Label}'").ConfigureAwait(false);
        }
    }

    public static async Task EngagementAsync(PatternBench bench)
    {
        var viewing = await bench.CustomAsync(3030, "virtual_event_ids=70001").ConfigureAwait(false);
        var reactions = await bench.CustomAsync(4021, "virtualeventid=70001").ConfigureAwait(false);
        var polls = (await bench.BackgroundAsync("pollsActivity").ConfigureAwait(false)).SelectMany(r => r).ToList();
        var people = Known(viewing.Concat(reactions).Concat(polls));
        Dictionary<string, double> Each(IEnumerable<TruthRow> rows, Func<TruthRow, double> figure)
        {
            var sums = rows.By(r => r.Text("email"), figure);
            return people.ToDictionary(p => p, p => sums.GetValueOrDefault(p));
        }
        await bench.EachAsync("minutes of each attendee", Each(viewing, r => r.Number("sum_minutes_viewed")), "SELECT email, minutes FROM attendee_engagement").ConfigureAwait(false);
        await bench.EachAsync("reactions", Each(reactions, r => r.Number("total_reactions_activity")), "SELECT email, reactions FROM attendee_engagement").ConfigureAwait(false);
        await bench.EachAsync("poll answers", Each(polls, _ => 1), "SELECT email, polls FROM attendee_engagement").ConfigureAwait(false);
        await bench.EachAsync("questions", Each(reactions, r => r.Number("qna_threads")), "SELECT email, questions FROM attendee_engagement").ConfigureAwait(false);
        bench.EachExported("minutes in the export", Each(viewing, r => r.Number("sum_minutes_viewed")), "attendees", "Minutes");
        bench.EachExported("poll answers in the export", Each(polls, _ => 1), "attendees", "Polls");
    }

    public static async Task LecturesAsync(PatternBench bench)
    {
        const string Course = "&categoriesIdsIn=2003" + VodAndLive;
        var windows = await bench.WindowsAsync().ConfigureAwait(false);
        bench.Figure("days that landed", 14, windows.Count);
        var lectures = (await bench.TruthAsync("2", Course).ConfigureAwait(false)).Where(r => r.Number("count_plays") > 0);
        await bench.EachAsync(
            "viewers who reach the end of a lecture", lectures.By(r => r.Text("object_id"), r => r.Number("count_plays_100") / r.Number("count_plays")),
            "SELECT object_id, kept_100 FROM lecture_dropoff WHERE plays > 0").ConfigureAwait(false);
        // A week in one question each, where the job added days up.
        var last = await MinutesAsync(bench, windows[0].From, windows[6].To, Course).ConfigureAwait(false);
        var now = await MinutesAsync(bench, windows[7].From, windows[13].To, Course).ConfigureAwait(false);
        var students = last.Keys.Union(now.Keys).ToList();
        await bench.EachAsync("minutes this week", students.ToDictionary(s => s, s => now.GetValueOrDefault(s)), "SELECT user_id, minutes_this_week FROM student_progress").ConfigureAwait(false);
        await bench.EachAsync("minutes last week", students.ToDictionary(s => s, s => last.GetValueOrDefault(s)), "SELECT user_id, minutes_last_week FROM student_progress").ConfigureAwait(false);
        var sorted = students.Select(s => now.GetValueOrDefault(s)).Order().ToArray();
        var place = 0.25 * (sorted.Length - 1);
        var (low, high) = (sorted[(int)place], sorted[Math.Min(sorted.Length - 1, (int)place + 1)]);
        var quarter = low + ((place - Math.Floor(place)) * (high - low));
        var risk = students.Where(s => now.GetValueOrDefault(s) <= quarter && now.GetValueOrDefault(s) <= last.GetValueOrDefault(s) / 2);
        await bench.EachAsync("students at risk", risk.ToDictionary(s => s, s => now.GetValueOrDefault(s)), "SELECT user_id, minutes_this_week FROM students_at_risk").ConfigureAwait(false);
    }

    public static async Task WebcastAsync(PatternBench bench)
    {
        const string Call = "&entryIdIn=1_qofbr2zc" + All;
        var call = (await bench.TruthAsync("2", Call).ConfigureAwait(false)).Single();
        await bench.EachAsync(
            "audience at each quarter",
            new Dictionary<string, double>
            {
                ["0"] = call.Number("count_plays"), ["25"] = call.Number("count_plays_25"), ["50"] = call.Number("count_plays_50"),
                ["75"] = call.Number("count_plays_75"), ["100"] = call.Number("count_plays_100"),
            },
            "SELECT percent_of_call, still_watching FROM webcast_retention").ConfigureAwait(false);
        var countries = await bench.TruthAsync("36", Call).ConfigureAwait(false);
        await bench.EachAsync("plays of each country", countries.By("object_id", "count_plays"), "SELECT code, plays FROM webcast_countries").ConfigureAwait(false);
        await bench.FigureAsync("shares of all countries", 1, "SELECT sum(share) FROM webcast_countries").ConfigureAwait(false);
        var people = (await bench.TruthAsync("13", Call).ConfigureAwait(false)).Where(r => Sums.IsKnown(r.Text("name"))).By(r => r.Wire("name"), r => r.Number("sum_time_viewed"));
        await bench.EachAsync("minutes of each investor", people, "SELECT user_id, minutes FROM webcast_investors").ConfigureAwait(false);
    }

    public static async Task LifecycleAsync(PatternBench bench)
    {
        var registered = Known((await bench.BackgroundAsync("registration").ConfigureAwait(false))[^1]);
        var reactions = await bench.CustomAsync(4021, "virtualeventid=70003").ConfigureAwait(false);
        var attended = Known(reactions);
        var live = await bench.TruthAsync("38", "&virtualEventIdIn=70003&playbackTypeIn=live,dvr").ConfigureAwait(false);
        var replay = await bench.TruthAsync("38", "&virtualEventIdIn=70003" + Vod).ConfigureAwait(false);
        await bench.EachAsync(
            "stages of the event",
            new Dictionary<string, double>
            {
                ["registered"] = registered.Count,
                ["registered and attended"] = registered.Count(attended.Contains),
                ["attended"] = attended.Count,
                ["live plays"] = live.Sum(r => r.Number("count_plays")),
                ["reactions"] = reactions.Sum(r => r.Number("total_reactions_activity")),
                ["replay plays"] = replay.Sum(r => r.Number("count_plays")),
            },
            "SELECT what, value FROM event_lifecycle").ConfigureAwait(false);
    }

    public static async Task LeadsAsync(PatternBench bench)
    {
        var registered = Known((await bench.BackgroundAsync("registration").ConfigureAwait(false))[^1]);
        var reactions = (await bench.CustomAsync(4021, "virtualeventid=70001").ConfigureAwait(false)).Where(r => Sums.IsKnown(r.Text("email"))).ToList();
        var viewing = (await bench.CustomAsync(3030, "virtual_event_ids=70001").ConfigureAwait(false)).Where(r => Sums.IsKnown(r.Text("email"))).ToList();
        var score = registered.ToDictionary(e => e, _ => 0.0);
        foreach (var row in viewing) score[row.Text("email")] = score.GetValueOrDefault(row.Text("email")) + row.Number("sum_minutes_viewed");
        foreach (var row in reactions)
            score[row.Text("email")] = score.GetValueOrDefault(row.Text("email"))
                + (2 * row.Number("total_reactions_activity")) + (5 * row.Number("qna_threads")) + (10 * row.Number("download_attachment"));
        await bench.EachAsync("score of each lead", score, "SELECT email, score FROM crm_leads").ConfigureAwait(false);
        // A file says scores to six digits behind the point.
        bench.EachExported("score of each lead in the export", score.ToDictionary(s => s.Key, s => Math.Round(s.Value, 6)), "leads", "Lead score");
        var exported = bench.Exported("leads");
        // Nobody colder stands above anybody warmer, and the borders are where they were promised.
        var tiers = await bench.QueryAsync("SELECT tier, count(*) AS leads, min(score) AS low, max(score) AS high FROM crm_leads GROUP BY tier").ConfigureAwait(false);
        double Of(string tier, string what) => Convert.ToDouble(tiers.Single(t => (string)t["tier"]! == tier)[what], CultureInfo.InvariantCulture);
        double Within(double share) => score.Values.Count(s => score.Values.Count(o => o >= s) <= share * score.Count);
        bench.Figure("Hot leads", Within(0.1), Of("Hot", "leads"));
        bench.Figure("Hot and Warm leads", Within(0.4), Of("Hot", "leads") + Of("Warm", "leads"));
        bench.Figure("Hot leads in the export", Within(0.1), exported.Count(l => l["Tier"] == "Hot"));
        bench.Figure("Hot and Warm leads in the export", Within(0.4), exported.Count(l => l["Tier"] is "Hot" or "Warm"));
        bench.Holds("tiers follow the score", Of("Hot", "low") > Of("Warm", "high") && Of("Warm", "low") > Of("Cold", "high"), "they overlap");
    }

    private static async Task<Dictionary<string, double>> MinutesAsync(PatternBench bench, DateTimeOffset from, DateTimeOffset to, string more) =>
        (await bench.TruthAsync("13", from, to, more).ConfigureAwait(false)).Where(r => Sums.IsKnown(r.Text("name"))).By(r => r.Wire("name"), r => r.Number("sum_time_viewed"));

    private static HashSet<string> Known(IEnumerable<TruthRow> rows) => rows.Select(r => r.Text("email")).Where(Sums.IsKnown).ToHashSet(StringComparer.Ordinal);
}
