using Etl.Core.Jobs;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

/// <summary>Job texts for tests and short ways to read them.</summary>
internal static class Yaml
{
    /// <summary>The smallest job.</summary>
    public const string Smallest = """
        job: small
        source: { report: 38, action: table }
        land:
          - parquet: { dataset: small }
        """;

    /// <summary>The job of the design document.</summary>
    public const string Full = """
        job: nightly-content
        about: Plays and minutes per entry and day.
        schedule: { cron: "15 2 * * *", timezone: America/New_York }
        source:
          report: TOP_CONTENT_CREATOR
          action: table
          filter: { playbackTypeIn: [vod, live] }
        window: { every: day, timezone: America/New_York, lookback: 4, settle: 90m }
        land:
          - parquet: { dataset: content_daily, codec: gzip, store: lake }
          - table: { connection: archive, name: content_daily, key: [_window, object_id], mode: merge }
        checks: { totals: warn, tolerance: 1%, keys: off, shrink: off, empty: accept }
        schema: hold
        raw: 30d
        """;

    /// <summary>Reads one job with the small catalogue.</summary>
    public static JobSet Read(string yaml, ISourceRules? rules = null) => JobFileReader.Parse(yaml, "jobs/a.yaml", TestCatalog.Small, rules);

    /// <summary>Reads a job that must be sound.</summary>
    public static JobDefinition Job(string yaml)
    {
        var set = Read(yaml);
        Assert.Empty(set.Faults.Select(f => f.ToString()));
        return Assert.Single(set.Jobs);
    }

    /// <summary>Faults without the file name: <c>3:1: message</c>.</summary>
    public static string[] Faults(string yaml) => [.. Read(yaml).Faults.Select(f => f.ToString()["jobs/a.yaml:".Length..])];

    /// <summary>The smallest job with another source.</summary>
    public static string WithSource(string source) => $"""
        job: small
        source: {source}
        land:
          - parquet: {"{"} dataset: small {"}"}
        """;

    /// <summary>The smallest job with another key at its end, on line 5.</summary>
    public static string With(string line) => Smallest + "\n" + line;
}
