using System.Globalization;
using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Completeness;
using Etl.Core.Jobs;

namespace Etl.Pipeline.Checks;

/// <summary>Judges a pull before it is published. Pure: the same facts give the same verdicts.</summary>
internal static class PullChecks
{
    /// <summary>Name of the check of sums against the service's totals.</summary>
    public const string TotalsName = "totals";

    /// <summary>Distinct counts are estimates; this much beyond a bound is still normal.</summary>
    private const double EstimateSlack = 0.05;

    public static IReadOnlyList<CheckResult> Run(PullFacts facts, CheckSpec spec, SchemaPolicy schema) =>
    [
        Quarantine(facts, spec),
        Totals(facts, spec),
        Bounds(facts, spec),
        Keys(facts, spec),
        Empty(facts, spec),
        Shrink(facts, spec),
        SchemaCheck.Judge(facts.Schema, facts.Before, facts.Inexact, schema),
        .. Coverage(facts),
    ];

    /// <summary>True when at least one check holds the pull.</summary>
    public static bool Holds(IEnumerable<CheckResult> results) => results.Any(r => r.Verdict == Verdict.Hold);

    /// <summary>Rows that cannot be typed. They never land, so the check warns where it does not hold.</summary>
    private static CheckResult Quarantine(PullFacts facts, CheckSpec spec)
    {
        if (facts.Quarantined == 0) return new("quarantine", Verdict.Pass, "Every row could be typed.");
        var received = facts.Rows + facts.Quarantined;
        var detail = string.Create(CultureInfo.InvariantCulture, $"{facts.Quarantined} of {received} rows cannot be typed and {(facts.Quarantined == 1 ? "is" : "are")} in quarantine");
        if (spec.Quarantine is not { } limit) return Skip("quarantine", $"switched off in the job; {detail}");
        return limit.IsExceeded(facts.Quarantined, received)
            ? new("quarantine", Verdict.Hold, $"{detail}, more than {limit}.")
            : new("quarantine", Verdict.Warn, $"{detail}.");
    }

    /// <summary>Sums of additive columns against the service's totals of the same request.</summary>
    private static CheckResult Totals(PullFacts facts, CheckSpec spec)
    {
        if (spec.Totals == CheckPolicy.Off) return Skip(TotalsName, "switched off in the job");
        if (facts.Totals is null) return Skip(TotalsName, "the report has no totals");
        var (compared, judged) = (Compared(facts, spec), TotalsOf(facts, spec));
        switch (judged.Step)
        {
            case TotalsStep.Nothing: return Skip(TotalsName, "no additive column to compare");
            case TotalsStep.Equal or TotalsStep.Tolerated: return new(TotalsName, Verdict.Pass, $"{compared.Count} sums equal the service's totals.");
        }
        var named = judged.Differing.Take(3).Select(s => $"{s.Column}: rows {Show(s.Sum)}, total {Show(s.Total)}");
        var without = facts.Quarantined > 0 ? $" The sums lack {Rows(facts.Quarantined)} in quarantine." : "";
        var detail = $"{judged.Differing.Count} of {compared.Count} sums differ from the service's totals ({string.Join("; ", named)}).{without}";
        if (judged.Step == TotalsStep.LandMoving)
            return new(TotalsName, Verdict.Warn, $"Moving: {detail} The totals changed with each of {facts.Pulls} pulls; the window is still open and will be pulled again.");
        return new(TotalsName, Fail(spec.Totals), judged.HasMoved ? $"{detail} The totals changed since the pull before: the source moves." : detail);
    }

    /// <summary>
    /// The checks of a recorded pull that is replayed. That its source moved was found out by pulls which its recording does not hold, so where the totals would
    /// hold it now and only warned then, that stands.
    /// </summary>
    public static IReadOnlyList<CheckResult> AsTold(IReadOnlyList<CheckResult> checks, IReadOnlyList<CheckResult> told) =>
        told.FirstOrDefault(c => c is { Name: TotalsName, Verdict: Verdict.Warn }) is { } warned
            ? [.. checks.Select(c => c is { Name: TotalsName, Verdict: Verdict.Hold } ? warned : c)]
            : checks;

    /// <summary>What <see cref="TotalsRule"/> says of the sums; whether it counts is the job's word, in the check.</summary>
    public static TotalsJudgement TotalsOf(PullFacts facts, CheckSpec spec) =>
        TotalsRule.Judge(new(Compared(facts, spec)) { Earlier = facts.EarlierTotals, Pulls = facts.Pulls, IsOpen = facts.IsOpen });

    private static List<SumFacts> Compared(PullFacts facts, CheckSpec spec)
    {
        var compared = new List<SumFacts>();
        foreach (var column in facts.Schema.Columns.Where(c => c.Additivity == Additivity.Full))
        {
            if (facts.Totals is null || !facts.Sums.TryGetValue(column.Name, out var sum)) continue;
            // An empty answer has no numbers at all: then the rows must add up to nothing.
            if (!facts.Totals.TryGetValue(column.Name, out var total) && (facts.Totals.Count > 0 || sum.SumOfMagnitudes == 0)) continue;
            compared.Add(new SumFacts(column.Name, sum.Sum, total, spec.Tolerance) { Magnitudes = sum.SumOfMagnitudes });
        }
        return compared;
    }

    /// <summary>Distinct counts and ratios lie where they must. Estimates: a miss warns and never holds.</summary>
    private static CheckResult Bounds(PullFacts facts, CheckSpec spec)
    {
        if (spec.Totals == CheckPolicy.Off) return Skip("bounds", "switched off in the job");
        if (facts.Totals is null || facts.Rows == 0) return Skip("bounds", "no totals to compare");
        var faults = new List<string>();
        var compared = 0;
        foreach (var column in facts.Schema.Columns)
        {
            if (column.Additivity is not (Additivity.Unique or Additivity.Ratio)) continue;
            if (!facts.Totals.TryGetValue(column.Name, out var total) || !facts.Sums.TryGetValue(column.Name, out var sum) || sum.Count == 0) continue;
            compared++;
            var (low, high) = column.Additivity == Additivity.Unique ? (sum.Max, sum.Sum) : (Math.Min(sum.Min, 0), sum.Max);
            if (total < low * (1 - EstimateSlack) - 1 || total > high * (1 + EstimateSlack) + 1)
                faults.Add($"{column.Name}: total {Show(total)} outside {Show(low)} to {Show(high)}");
        }
        if (faults.Count > 0) return new("bounds", Verdict.Warn, string.Join("; ", faults.Take(3)) + ".");
        return compared == 0 ? Skip("bounds", "no bounded column to compare") : new("bounds", Verdict.Pass, $"{compared} totals lie within the bounds of their rows.");
    }

    private static CheckResult Keys(PullFacts facts, CheckSpec spec)
    {
        if (spec.Keys == CheckPolicy.Off) return Skip("keys", "switched off in the job");
        if (!facts.HasKey) return Skip("keys", "rows of this report have no key");
        if (facts.DuplicateKeys > 0)
            return new("keys", Fail(spec.Keys), $"{facts.DuplicateKeys} rows repeat a key, such as {facts.DuplicateExample}.");
        var exempt = facts.ExemptKeys > 0 ? $" {facts.ExemptKeys} rows without a resolved key are exempt." : "";
        return new("keys", Verdict.Pass, $"{facts.Rows - facts.ExemptKeys} keys, each once.{exempt}");
    }

    private static CheckResult Empty(PullFacts facts, CheckSpec spec)
    {
        if (facts.Rows > 0) return new("empty", Verdict.Pass, $"{facts.Rows} rows.");
        if (facts.Quarantined > 0)
            return new("empty", spec.Empty == CheckPolicy.Hold ? Verdict.Hold : Verdict.Warn, $"There is nothing to land: all {Rows(facts.Quarantined)} that came are in quarantine.");
        if (facts.PublishedRows is null or 0) return new("empty", Verdict.Pass, "No rows, and none were published before.");
        return spec.Empty == CheckPolicy.Hold
            ? new("empty", Verdict.Hold, $"The service has no rows; {facts.PublishedRows} are published{At(facts)}.")
            : new("empty", Verdict.Warn, $"The service has no rows; {facts.PublishedRows} published rows will be removed{At(facts)}.");
    }

    private static CheckResult Shrink(PullFacts facts, CheckSpec spec)
    {
        if (spec.ShrinkShare is not { } share) return Skip("shrink", "switched off in the job");
        if (facts.PublishedRows is not > 0) return new("shrink", Verdict.Pass, "Nothing to compare with.");
        if (facts.Rows == 0) return Skip("shrink", "see 'empty'");
        var detail = $"{facts.Rows} rows, {facts.PublishedRows} published{At(facts)}.";
        return facts.Rows < facts.PublishedRows * (1 - share)
            ? new("shrink", Verdict.Hold, $"The pull shrank by more than {share.ToString("P0", CultureInfo.InvariantCulture)}: {detail}")
            : new("shrink", Verdict.Pass, detail);
    }

    /// <summary>Of a live minute: whether polls speak for all of it. What was not polled cannot be asked again, so a gap warns and never holds.</summary>
    private static IEnumerable<CheckResult> Coverage(PullFacts facts)
    {
        if (facts.Proof.Gaps is not { } gaps) yield break;
        yield return gaps.Count == 0
            ? new("coverage", Verdict.Pass, "Polls cover the whole minute.")
            : new("coverage", Verdict.Warn, $"No poll covers {string.Join(", ", gaps)}: rows of that time may be missing.");
    }

    private static string At(PullFacts facts) => facts.PublishedAt is { } target ? $" at {target}" : "";

    private static string Rows(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} row{(count == 1 ? "" : "s")}");

    private static Verdict Fail(CheckPolicy policy) => policy == CheckPolicy.Warn ? Verdict.Warn : Verdict.Hold;

    private static CheckResult Skip(string name, string why) => new(name, Verdict.Skipped, why);

    private static string Show(double value) => value.ToString("0.############", CultureInfo.InvariantCulture);
}
