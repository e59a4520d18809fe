using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Pipeline.Planning;

/// <summary>What a run will ask for a window, by all paths of the job; asks nobody.</summary>
public static class WindowForecast
{
    /// <summary>Calls of both paths together; the cap risk names the second where it is another.</summary>
    public static PullForecast Of(ISourceFactory sources, JobDefinition job, PlannedWindow planned)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var request = new PullRequest(
            planned.Key, planned.Window, calendar.TimeZoneOffsetMinutes(planned.Window), job.Window.TimeZone, "plan", job.Schema);
        var first = sources.Create(planned.Source, planned.Key.Account).Forecast(request);
        if (job.SecondPathOf(planned.Source.Name) is not { } kind) return first;
        var path = sources.SecondPathOf(planned.Source, kind);
        var second = sources.Create(path.Source, planned.Key.Account).Forecast(request);
        var risk = second.CapRisk == first.CapRisk ? first.CapRisk : $"{first.CapRisk}; second path ({path.Name}): {second.CapRisk}";
        return new PullForecast(first.Calls + second.Calls, risk);
    }
}
