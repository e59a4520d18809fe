using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Server.Pages.Markup;
using Etl.Server.Reading;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages.Look;

/// <summary>Says how a job stands against its schedule.</summary>
internal static class FreshnessText
{
    /// <summary>A word or two with the whole sentence for whoever asks.</summary>
    public static Node Badge(JobDefinition job, Freshness freshness, DateTimeOffset now) => Span(
        Class("fresh", "f-" + freshness.State.ToString().ToLowerInvariant()), Attr("title", Sentence(job, freshness, now)), Brief(job, freshness, now));

    /// <summary>One sentence.</summary>
    public static string Sentence(JobDefinition job, Freshness freshness, DateTimeOffset now)
    {
        var published = freshness.PublishedTo is { } to ? $"Published up to {Clock.In(job.Window.TimeZone, now).Text(to)}." : "Nothing of it has landed yet.";
        return freshness.State switch
        {
            FreshnessState.Late => $"{published} What its latest alarm owed is late by {Show.Duration(freshness.LateBy)}.",
            FreshnessState.Working => $"{published} What its latest alarm owed may still come.",
            FreshnessState.Unscheduled when !job.IsLive => $"{published} It has no schedule.",
            _ => published,
        };
    }

    private static string Brief(JobDefinition job, Freshness freshness, DateTimeOffset now) => freshness.State switch
    {
        FreshnessState.OnTime => "on time",
        FreshnessState.Working => "working",
        FreshnessState.Late => $"late by {Show.Roughly(freshness.LateBy)}",
        FreshnessState.Unscheduled when job.IsLive => freshness.PublishedTo is { } to ? $"{Show.Roughly(now - to)} behind" : "nothing landed",
        FreshnessState.Unscheduled => "by hand",
        _ => "never landed",
    };
}
