using System.Globalization;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Exports;

/// <summary>One question to a custom report: whole local days, first and last included.</summary>
internal sealed record CustomQuery(SourceSpec Spec, string Zone, int OffsetMinutes, bool DatesAsIds, DateTimeOffset From, DateTimeOffset To, string? ActAs)
{
    /// <summary>First local day.</summary>
    public DateOnly FirstDay => Day(From);

    /// <summary>Last local day.</summary>
    public DateOnly LastDay => Day(To.AddTicks(-1));

    /// <summary>The question of a window.</summary>
    public static CustomQuery Of(SourceSpec spec, bool datesAsIds, PullRequest request, string? actAs) =>
        new(spec, request.TimeZone, request.TimeZoneOffsetMinutes, datesAsIds, request.Window.From, request.Window.To, actAs);

    /// <summary>The request; always a POST, since the answer is marked as public for a hundred days (wire facts 4.3).</summary>
    public ApiRequest Request()
    {
        List<KeyValuePair<string, string>> given = DatesAsIds
            ? [new("from_date_id", Id(FirstDay)), new("to_date_id", Id(LastDay)), new("timezone_offset", Text(OffsetMinutes))]
            : [new("from_date", Text(From.ToUnixTimeSeconds())), new("to_date", Text(To.ToUnixTimeSeconds()))];
        given.AddRange(Spec.Params.OrderBy(p => p.Key, StringComparer.Ordinal));
        List<KeyValuePair<string, string>> fields = [new("id", Spec.Custom!), new("params", string.Join(';', given.Select(p => $"{p.Key}={p.Value}")))];
        if (Spec.Exclude.Count > 0) fields.Add(new("excludedFields", string.Join(',', Spec.Exclude)));
        if (ActAs is { } account) fields.Add(new("partnerId", account));
        return new ApiRequest("report", "getCsvFromStringParams", fields) { IsFile = true };
    }

    /// <summary>The same for the two halves of its days; null when it is one day.</summary>
    public (CustomQuery First, CustomQuery Second)? Halve()
    {
        var days = LastDay.DayNumber - FirstDay.DayNumber + 1;
        if (days < 2) return null;
        var calendar = new WindowCalendar(Zone, WindowUnit.Day);
        var cut = calendar.Parse(FirstDay.AddDays(days / 2).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).From;
        return (this with { To = cut }, this with { From = cut });
    }

    /// <summary>Its days, for proofs.</summary>
    public string Days => string.Create(CultureInfo.InvariantCulture, $"{FirstDay:yyyy-MM-dd} to {LastDay:yyyy-MM-dd}");

    private DateOnly Day(DateTimeOffset instant) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, WindowCalendar.FindZone(Zone) ?? TimeZoneInfo.Utc).DateTime);

    private static string Id(DateOnly day) => day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
