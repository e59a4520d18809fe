using Etl.Core.Jobs;
using Etl.Core.Windows;

namespace Etl.Cli.Demo;

/// <summary>The jobs of the demo: one table keyed by entry, one by user, one by date, one by country, and totals.</summary>
internal static class DemoJobs
{
    /// <summary>A zone with daylight saving time, so that days are cut the hard way.</summary>
    public const string TimeZone = "America/New_York";

    public static IReadOnlyList<JobDefinition> Make(int days) =>
    [
        Job("demo-content", "Plays and minutes per entry.", days,
            [Table("38") with { Name = "entries" }, new SourceSpec { Name = "totals", Action = "total", Report = "38" }],
            [
                .. Land("content_daily", "object_id", "entries"),
                .. Land("content_totals_daily", null, "totals"),
            ]),
        Job("demo-users", "Viewing per user.", days, [Table("13")], Land("users_daily", "name")),
        Job("demo-engagement", "Engagement per day.", days, [Table("34")], Land("engagement_daily", "date_id")),
        Job("demo-countries", "Plays per country.", days, [Table("36")], Land("countries_daily", "object_id")),
    ];

    private static SourceSpec Table(string report) => new() { Action = "table", Report = report };

    private static IReadOnlyList<LandSpec> Land(string name, string? key, string from = SourceSpec.MainName) =>
    [
        new ParquetLandSpec { Dataset = name, From = from },
        new TableLandSpec { Table = name, Key = key is null ? [] : [key], From = from },
    ];

    private static JobDefinition Job(string name, string about, int days, IReadOnlyList<SourceSpec> sources, IReadOnlyList<LandSpec> land) => new()
    {
        Name = name,
        About = about,
        Sources = sources,
        Window = new WindowSpec { Every = WindowUnit.Day, TimeZone = TimeZone, Lookback = days },
        Land = land,
        Checks = new CheckSpec { Tolerance = 0 },
    };
}
