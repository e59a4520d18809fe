namespace Etl.Sandbox.Engine;

/// <summary>Distinct counts that cost memory: only those that a query asks for are kept.</summary>
[Flags]
internal enum Distinct
{
    None = 0,
    KnownUsers = 1,
    Viewers = 2,
    Videos = 4,
    PlayedVideos = 8,
    Owners = 16,
    Union = 32,
    Contributors = 64,
}

/// <summary>One metric: its value from a tally, whether it can be added up, and which distinct counts it needs.</summary>
internal sealed record Metric(string Name, bool Additive, Distinct Needs, Func<Tally, Maxima, double> Value);

/// <summary>Definitions per column name (wire facts 3.3 and 3.8; catalogue <c>columns.json</c>).</summary>
internal static class Metrics
{
    private const double MsecsPerMinute = 60_000;
    private const double BytesPerMebibyte = 1 << 20;

    private static readonly Dictionary<string, Metric> ByName = All().ToDictionary(m => m.Name, StringComparer.Ordinal);

    /// <summary>The metric of a column; in 30, 34, 36 and 37 the header <c>unique_known_users</c> is bound to viewers (3.3).</summary>
    public static Metric? Find(string column, bool knownUsersAreViewers) =>
        ByName.GetValueOrDefault(knownUsersAreViewers && column == "unique_known_users" ? "unique_viewers" : column);

    public static double CompletionRate(in Tally t) => t.Plays == 0 ? 0 : Math.Min(100, (double)t.Percentiles / t.Plays);

    private static double Ratio(double part, double whole) => whole == 0 ? 0 : part / whole;

    private static double TimeViewed(Tally t) => t.QuartileMsecs / MsecsPerMinute;

    private static double ViewPeriod(Tally t) => t.Heartbeats * 10 / 60.0;

    private static IEnumerable<Metric> All()
    {
        // Counts.
        yield return Count("count_plays", t => t.Plays);
        yield return Count("count_plays_25", t => t.Plays25);
        yield return Count("count_plays_50", t => t.Plays50);
        yield return Count("count_plays_75", t => t.Plays75);
        yield return Count("count_plays_100", t => t.Plays100);
        yield return Count("count_loads", t => t.Loads);
        yield return Count("count_edit", t => t.Edits);
        yield return Count("count_viral", t => t.Shares);
        yield return Count("count_download", t => t.Downloads);
        yield return Count("count_report", t => t.Reports);
        yield return Count("count_report_submitted", t => t.ReportsSubmitted);
        yield return Count("count_captions", t => t.Captions);
        yield return Count("count_info", t => t.Infos);
        yield return Count("count_related_selected", t => t.Related);
        // Minutes: quartile marks are worth a quarter of the duration each, heartbeats ten seconds.
        yield return Count("sum_time_viewed", TimeViewed);
        yield return Count("sum_view_period", ViewPeriod);
        // Averages and ratios; a zero denominator gives 0.
        yield return Rate("avg_time_viewed", t => Ratio(TimeViewed(t), t.Plays));
        yield return Rate("avg_view_period_time", t => Ratio(ViewPeriod(t), t.Plays));
        yield return Rate("load_play_ratio", t => Ratio(t.Plays, t.Loads));
        yield return Rate("play_through_ratio", t => Ratio(t.Plays100, t.Plays));
        yield return Rate("avg_view_drop_off", t => Ratio((t.Plays25 + t.Plays50 + t.Plays75 + t.Plays100) * 0.25, t.Plays));
        yield return Rate("avg_completion_rate", t => CompletionRate(t));
        yield return Rate("total_completion_rate", t => Math.Min(100, Math.Floor(Ratio(t.UnionPercentiles, t.UnionVideos))), Distinct.Union);
        // Distinct counts: estimates in the real engine, exact here.
        yield return Rate("unique_known_users", t => t.KnownUsers, Distinct.KnownUsers);
        yield return Rate("unique_viewers", t => t.Viewers, Distinct.Viewers);
        yield return Rate("unique_videos", t => t.Videos, Distinct.Videos);
        yield return Rate("unique_played_videos", t => t.PlayedVideos, Distinct.PlayedVideos);
        yield return Rate("unique_owners", t => t.Owners, Distinct.Owners);
        yield return Rate("unique_contributors", t => t.Contributors, Distinct.Contributors);
        // Scores 0 to 10 against the best row of this very query.
        yield return new("engagement_ranking", false, Distinct.KnownUsers,
            (t, m) => 5 * Ratio(t.Plays, m.Plays) + 2.5 * Ratio(t.KnownUsers, m.KnownUsers) + 2.5 * Ratio(CompletionRate(t), m.CompletionRate));
        yield return new("contributor_ranking", false, Distinct.None,
            (t, m) => 5 * Ratio(t.Plays, m.Plays) + 2.5 * Ratio(t.AddedEntries, m.AddedEntries) + 2.5 * Ratio(t.AddedMsecs, m.AddedMsecs));
        // Entry lifecycle.
        yield return Count("added_entries", t => t.AddedEntries);
        yield return Count("added_msecs", t => t.AddedMsecs);
        yield return Count("count_total", t => t.AddedEntries);
        yield return Count("count_video", t => t.AddedVideo);
        yield return Count("count_audio", t => t.AddedAudio);
        yield return Count("count_image", t => t.AddedImage);
        yield return Count("count_mix", _ => 0);
        yield return Count("count_admin", t => t.AddedByAdmin);
        yield return Count("count_ugc", t => t.AddedEntries - t.AddedByAdmin);
        // Usage; storage in MiB.
        yield return Count("added_storage_mb", t => t.AddedBytes / BytesPerMebibyte);
        yield return Count("deleted_entries", t => t.DeletedEntries);
        yield return Count("deleted_msecs", t => t.DeletedMsecs);
        yield return Count("deleted_storage_mb", t => t.DeletedBytes / BytesPerMebibyte);
        yield return Count("total_entries", t => t.TotalEntries);
        yield return Count("total_msecs", t => t.TotalMsecs);
        yield return Count("total_storage_mb", t => t.TotalBytes / BytesPerMebibyte);
    }

    private static Metric Count(string name, Func<Tally, double> value) => new(name, true, Distinct.None, (t, _) => value(t));

    private static Metric Rate(string name, Func<Tally, double> value, Distinct needs = Distinct.None) => new(name, false, needs, (t, _) => value(t));
}
