using System.Globalization;
using Etl.Core.Checks;
using Etl.Core.Runs;
using Etl.Pipeline.Restating;

namespace Etl.Cli.Output;

/// <summary>How values look to people.</summary>
internal static class Show
{
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>1 row</c>, <c>2 rows</c>.</summary>
    public static string Number(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary><c>, 2 rows in quarantine</c>; nothing where there are none.</summary>
    public static string Quarantined(long rows) => rows == 0 ? "" : $", {Number(rows, "row")} in quarantine";

    public static string Bytes(long? value) => value switch
    {
        null => "",
        < 1024 => $"{value} B",
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{value / 1024.0:0.0} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1024.0 / 1024.0:0.0} MiB"),
    };

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    /// <summary>A guess at a length of time: <c>40 s</c>, <c>3 min</c>, <c>2.5 h</c>.</summary>
    public static string Roughly(TimeSpan time) => time switch
    {
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, time.TotalSeconds):0} s"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h"),
    };

    public static string Time(DateTimeOffset? time) => time is { } t ? t.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) : "";

    /// <summary><c>pass 5</c>, or the names of the checks that did not pass.</summary>
    public static string Checks(IReadOnlyList<CheckResult> checks)
    {
        if (checks.Count == 0) return "";
        var bad = checks.Where(c => c.Verdict is Verdict.Hold or Verdict.Warn).ToList();
        var passed = checks.Count(c => c.Verdict == Verdict.Pass);
        return bad.Count == 0
            ? $"pass {passed}"
            : string.Join(", ", bad.Select(c => $"{(c.Verdict == Verdict.Hold ? "held" : "warn")} {c.Name}"));
    }

    /// <summary><c>+1 -2 ~3</c>: rows that a landing added, removed and changed; empty when it restated nothing.</summary>
    public static string Restated(RestatedRows? rows) => rows is null ? "" : $"+{Count(rows.Added)} -{Count(rows.Removed)} ~{Count(rows.Changed)}";

    /// <summary>How late windows settle, in one line.</summary>
    /// <param name="settling">What is known.</param>
    /// <param name="unit"><c>d</c> or <c>h</c>.</param>
    public static string Settling(Settling settling, string unit)
    {
        if (settling.Windows == 0) return "not known yet: no window was pulled twice";
        var shares = settling.Steps.Select(s => $"{Percent(s.Share)} after {s.After} {unit}").Prepend($"{Percent(settling.AtOnce)} at once");
        return $"{string.Join(", ", shares)} ({Number(settling.Windows, "window")}{(settling.Latest is null ? "" : $", latest {settling.Latest}")})";
    }

    // Never 100 % while something is missing.
    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{(share < 1 ? Math.Min(99, Math.Round(share * 100)) : 100)} %");

    /// <summary>A job and, where the job speaks of them, source and account.</summary>
    public static string Job(WindowOutcome outcome) =>
        (outcome.Key.Source == Core.Jobs.SourceSpec.MainName ? outcome.Key.Job : $"{outcome.Key.Job}.{outcome.Key.Source}")
        + (outcome.TellsAccount ? $" account {outcome.Key.Account}" : "");

    /// <summary>A path relative to the current folder when that is shorter.</summary>
    public static string Path(string path)
    {
        var relative = System.IO.Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) || relative.Length >= path.Length ? path : relative;
    }
}
