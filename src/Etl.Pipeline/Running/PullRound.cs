using Etl.Core.Checks;
using Etl.Core.Completeness;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Pipeline.Checks;
using Etl.Pipeline.Planning;
using Etl.Pipeline.SecondPaths;

namespace Etl.Pipeline.Running;

/// <summary>What a run knows from its earlier pulls of the same window. Pure: <see cref="TotalsRule"/> and <see cref="TwiceRule"/> decide.</summary>
internal sealed record PullRound
{
    /// <summary>Pulls so far, the one that it belongs to included.</summary>
    public int Pulls { get; init; } = 1;

    /// <summary>Pairs of readings so far, the one that it may become included.</summary>
    public int Pairs { get; init; } = 1;

    /// <summary>Totals of the pull before; null for the first.</summary>
    public IReadOnlyDictionary<string, double>? EarlierTotals { get; init; }

    /// <summary>See <see cref="StaysOpen"/>.</summary>
    public bool IsOpen { get; init; }

    /// <summary>True when the window is pulled again in any case, on another day: more pulls are owed than this one, and it cannot freeze now. What is in an audit log stays there.</summary>
    public static bool StaysOpen(JobDefinition job, PlannedWindow planned, WindowRecord? record) =>
        !job.IsLive && !job.IsAudited(planned.Source.Name) && planned.Owed < job.Window.Lookback && !(job.Freeze <= (record?.EqualPulls ?? 0) + 1);

    /// <summary>Why to pull once more, in words for the ledger; null for no more.</summary>
    public string? Disagreement(CheckSpec spec, PullFacts facts, IReadOnlyList<CheckResult> checks)
    {
        if (IsHeld(checks, PullChecks.TotalsName)) return PullChecks.TotalsOf(facts, spec).Step == TotalsStep.Again ? "totals disagree" : null;
        return IsHeld(checks, SecondPathCheck.Name) && TwiceRule.Judge(new(IsNeeded: true) { AreEqual = false, Rounds = Pairs }) == TwiceStep.Both ? "the two paths disagree" : null;
    }

    /// <summary>The round after this one.</summary>
    public PullRound Next(PullFacts facts, IReadOnlyList<CheckResult> checks) =>
        this with { Pulls = Pulls + 1, Pairs = IsHeld(checks, SecondPathCheck.Name) ? Pairs + 1 : Pairs, EarlierTotals = facts.Totals };

    private static bool IsHeld(IReadOnlyList<CheckResult> checks, string name) => checks.Any(c => c.Name == name && c.Verdict == Verdict.Hold);
}
