namespace Etl.Cli.Demo.Patterns;

/// <summary>The patterns of the guides, in their order.</summary>
internal static class PatternBook
{
    public static IReadOnlyList<Pattern> All { get; } =
    [
        new("15.1", "event-roi", "Event ROI", PatternChecks.RoiAsync)
        {
            Shows =
            [
                ("The event", "SELECT sessions, plays, minutes, attendees, cost_per_attendee, cost_per_minute FROM event_roi"),
                ("Its best sessions", "SELECT entry_name, plays, minutes, play_rate FROM event_roi_sessions ORDER BY plays DESC LIMIT 5"),
            ],
            Meaning = "What the event cost for each attendee and for each minute that was watched, live and as a recording.",
        },
        new("15.2", "content-optimisation", "Content performance and drop-off", PatternChecks.ContentAsync)
        {
            Shows = [("What is played most, and where it loses its viewers", "SELECT place, entry_name, plays, play_rate, kept_100, loses_most_in FROM content_ranking ORDER BY place, object_id LIMIT 8")],
            Meaning = "A low play_rate asks for another title or thumbnail; a big loss in the first quarter asks for another opening.",
        },
        new("15.3", "live-desk", "Live operations", PatternChecks.LiveAsync)
        {
            Shows = [("The stream, minute by minute", "SELECT minute, peak_audience, peak_unique_audience, buffering FROM desk_minutes ORDER BY minute")],
            Meaning = "One line for each minute. A minute with missing figures was not covered by polls; an alert of the job tells of errors of the encoder.",
        },
        new("15.4", "compliance-training", "Compliance training", PatternChecks.TrainingAsync)
        {
            Shows =
            [
                ("Months", "SELECT month, people, complete, lessons FROM training_summary ORDER BY month"),
                ("The furthest", "SELECT month, user_id, email, lessons_seen, lessons, completion, status FROM training_status ORDER BY status, lessons_seen DESC, user_id LIMIT 6"),
            ],
            Meaning = "Who has completed the training, out of all lessons that there are and not only out of those that somebody opened.",
        },
        new("15.5", "event-engagement", "Per-user event engagement", PatternChecks.EngagementAsync)
        {
            Shows = [("The most engaged", "SELECT email, minutes, reactions, polls, questions, days FROM attendee_engagement ORDER BY reactions DESC, email LIMIT 6")],
            Meaning = "One row for each attendee that three services know by e-mail.",
        },
        new("15.6", "multi-account", "Multi-account analytics", PatternChecks.AccountsAsync)
        {
            Shows = [("Accounts", "SELECT account, account_name, entries_played, plays, plays_by_parent, minutes FROM account_summary ORDER BY plays DESC")],
            Meaning = "Plays added up from each account's own rows agree with what the parent's report counts for it.",
        },
        new("15.7", "bi-pipeline", "BI pipeline", PatternChecks.WarehouseAsync)
        {
            Shows = [("Days", "SELECT day, entries, plays, plays_by_content, plays_by_country, countries, minutes FROM bi_daily ORDER BY day")],
            Meaning = "Three reports of the same day agree on its plays, because each was pulled to its end.",
        },
        new("15.8", "geography", "Geographic drill-down", PatternChecks.GeographyAsync)
        {
            Shows =
            [
                ("Countries", "SELECT country, plays, share FROM geo_tree WHERE level = 'country' ORDER BY plays DESC LIMIT 4"),
                ("Regions of the United States", "SELECT region, plays, share FROM geo_tree WHERE level = 'region' AND country = 'United States' ORDER BY plays DESC"),
                ("Cities of California", "SELECT city, plays, share FROM geo_tree WHERE level = 'city' AND region = 'California' ORDER BY plays DESC"),
            ],
            Meaning = "The share is that of the level above: regions of their country, cities of their region.",
        },
        new("15.9", "devices", "Devices and technology", PatternChecks.DevicesAsync)
        {
            Shows = [("What it was watched with", "SELECT what, name, plays, share, completion FROM tech_share ORDER BY what, plays DESC")],
            Meaning = "Shares are of all plays; completion is in percent and weighs each day by its plays.",
        },
        new("15.10", "accessibility", "Accessibility coverage", PatternChecks.AccessibilityAsync)
        {
            Shows =
            [
                ("The library", "SELECT entries, captioned, share_of_entries, share_of_plays FROM caption_coverage"),
                ("Caption these first", "SELECT place, id, name, plays FROM captions_wanted ORDER BY place, id LIMIT 5"),
            ],
            Meaning = "How much of the library, and of what is really played, has captions; and what to caption next.",
        },
        new("15.11", "lecture-capture", "Lecture capture", PatternChecks.LecturesAsync)
        {
            Shows =
            [
                ("Lectures that lose their class", "SELECT entry_name, plays, kept_50, kept_100 FROM lecture_dropoff WHERE plays > 20 ORDER BY kept_100 LIMIT 4"),
                ("Students at risk", "SELECT user_id, minutes_this_week, minutes_last_week, completion, reason FROM students_at_risk ORDER BY minutes_this_week, user_id LIMIT 6"),
            ],
            Meaning = "The lowest quarter of the class this week who also watched less than half of what they did last week; absent ones are among them.",
        },
        new("15.12", "investor-webcast", "Investor webcast", PatternChecks.WebcastAsync)
        {
            Shows =
            [
                ("How long they stayed", "SELECT percent_of_call, still_watching, share FROM webcast_retention ORDER BY percent_of_call"),
                ("Where they sat", "SELECT country, plays, share FROM webcast_countries ORDER BY plays DESC LIMIT 5"),
            ],
            Meaning = "How much of the call its audience heard, and that it reached listeners everywhere at once.",
        },
        new("15.13", "thumbnail-test", "Thumbnail A/B test", PatternChecks.ThumbnailsAsync)
        {
            Shows =
            [
                ("Variants", "SELECT variant, first_day, last_day, impressions, plays, rate FROM thumbnail_variants ORDER BY variant"),
                ("The test", "SELECT difference, low, high, z, p_value, verdict FROM thumbnail_test"),
            ],
            Meaning = "Low to high is where the true difference lies in 95 of 100 such tests; the sandbox changes nothing with a thumbnail, so 'no difference shown' is right here.",
        },
        new("15.14", "weekly-report", "Webhook-triggered reporting", PatternChecks.WeeksAsync)
        {
            Shows = [("Weeks, by their Monday", "SELECT week, days, plays, minutes, most_viewers_in_a_day FROM weekly_report ORDER BY week")],
            Meaning = "A server brings this up to date when content goes live: the job takes hooks, and what is due is known from the ledger.",
        },
        new("15.15", "event-lifecycle", "Event life cycle", PatternChecks.LifecycleAsync)
        {
            Shows = [("The event by stage", "SELECT stage, what, value FROM event_lifecycle ORDER BY stage")],
            Meaning = "From those who registered over those who came to those who watched it again.",
        },
        new("15.16", "content-automation", "Content automation", PatternChecks.AutomationAsync)
        {
            Shows =
            [
                ("With captions and without", "SELECT kind, entries, plays_per_entry, minutes_per_play, kept FROM enrichment_effect ORDER BY kind"),
                ("These need attention", "SELECT id, name, kind, plays, kept FROM underperformers ORDER BY kept, id LIMIT 5"),
            ],
            Meaning = "Kept is the share of an entry that its viewers see on average.",
        },
        new("15.17", "crm-pipeline", "CRM pipeline", PatternChecks.LeadsAsync)
        {
            Shows =
            [
                ("Tiers", "SELECT tier, count(*) AS leads, min(score) AS from_score, max(score) AS to_score FROM crm_leads GROUP BY tier ORDER BY 3 DESC"),
                ("The hottest", "SELECT email, minutes, reactions, questions, downloads, score, tier FROM crm_leads ORDER BY score DESC, email LIMIT 5"),
            ],
            Meaning = "One row for each lead, with the parts of the score beside it.",
        },
        new("10.2", "event-arrival", "Verifying that events arrive (guide 002)", PatternChecks.ArrivalAsync)
        {
            Prepare = PatternChecks.PlayBeforeMidnightAsync,
            Shows =
            [
                ("Plays of the entry", "SELECT day, plays, impressions FROM arrivals ORDER BY day"),
                ("What arrived late", "SELECT day, first_seen, latest, late FROM late_arrivals ORDER BY day"),
                ("From the page to the end of the video", "SELECT pages, clicks, plays, quarter, half, three_quarters, whole FROM event_funnel ORDER BY day"),
            ],
            Meaning = "The day was pulled before the reports knew of its last viewers and once more when they did: what that added is listed. Every figure equals what the simulated viewers sent.",
        },
    ];

    /// <summary>A pattern by number or name; null when there is none.</summary>
    public static Pattern? Find(string pattern) => All.FirstOrDefault(p => p.Number == pattern || p.Name == pattern);
}
