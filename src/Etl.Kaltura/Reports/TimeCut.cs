namespace Etl.Kaltura.Reports;

/// <summary>Finds where a date range can be cut so that no bucket of its interval falls into both halves.</summary>
internal static class TimeCut
{
    /// <summary>The bucket boundary nearest to the middle, strictly inside; null when the range is one bucket.</summary>
    public static DateTimeOffset? Middle(ReportQuery query)
    {
        var middle = query.From + (query.To - query.From) / 2;
        var offset = TimeSpan.FromMinutes(query.OffsetMinutes);
        // The service's buckets are cut in local time at the request's fixed offset: local = UTC - offset.
        var local = (middle - offset).UtcDateTime;
        DateTime cut;
        switch (query.Interval)
        {
            case "years":
                cut = new DateTime(local.Year, 1, 1, 0, 0, 0, DateTimeKind.Utc);
                return Inside(cut) ?? Inside(cut.AddYears(1));
            case "months":
                cut = new DateTime(local.Year, local.Month, 1, 0, 0, 0, DateTimeKind.Utc);
                return Inside(cut) ?? Inside(cut.AddMonths(1));
            default:
                var bucket = query.Interval switch
                {
                    "hours" => TimeSpan.FromHours(1),
                    "minutes" => TimeSpan.FromMinutes(1),
                    "ten_minutes" => TimeSpan.FromMinutes(10),
                    "ten_seconds" => TimeSpan.FromSeconds(10),
                    _ => TimeSpan.FromDays(1),
                };
                cut = new DateTime(local.Ticks - local.Ticks % bucket.Ticks, DateTimeKind.Utc);
                return Inside(cut) ?? Inside(cut + bucket);
        }

        DateTimeOffset? Inside(DateTime localCut)
        {
            var instant = new DateTimeOffset(localCut) + offset;
            return instant > query.From && instant < query.To ? instant : null;
        }
    }
}
