namespace Etl.Core.Completeness;

/// <summary>What the rows of one additive column add up to, and what the service says of all of them.</summary>
/// <param name="Column">Its name.</param>
/// <param name="Sum">Sum over the rows that came.</param>
/// <param name="Total">The service's total of the same question.</param>
/// <param name="Share">Part of the total by which the sum may be off, 0 to 1.</param>
public sealed record SumFacts(string Column, double Sum, double Total, double Share)
{
    /// <summary>Sum of the values' magnitudes: what rounding costs grows with it.</summary>
    public double Magnitudes { get; init; } = Math.Abs(Sum);

    /// <summary>A difference that passes whatever the total is.</summary>
    public double Least { get; init; }
}

/// <summary>All that is known of the sums of a pull.</summary>
/// <param name="Sums">Columns that can be compared.</param>
public sealed record ComparedTotals(IReadOnlyList<SumFacts> Sums)
{
    /// <summary>True when nothing could be compared although something had to be.</summary>
    public bool IsUnproven { get; init; }

    /// <summary>Totals of the same question as they were told before, by the pull before or before the rows came; null when they were asked once only.</summary>
    public IReadOnlyDictionary<string, double>? Earlier { get; init; }

    /// <summary>Pulls of this run so far, this one included.</summary>
    public int Pulls { get; init; } = 1;

    /// <summary>True when the window is pulled again in any case, on another day.</summary>
    public bool IsOpen { get; init; }
}

/// <summary>What to do with a pull after its sums were compared.</summary>
public enum TotalsStep
{
    /// <summary>No column can be compared; the sums prove nothing.</summary>
    Nothing,
    /// <summary>All sums equal their totals, up to rounding.</summary>
    Equal,
    /// <summary>They differ by no more than is allowed.</summary>
    Tolerated,
    /// <summary>They differ, and the source may be moving: ask, or pull, once more.</summary>
    Again,
    /// <summary>They differ and the source moves all the time: the open window lands, marked as moving.</summary>
    LandMoving,
    /// <summary>They differ, and the pull must not land.</summary>
    Refuse,
}

/// <summary>What <see cref="TotalsRule"/> says.</summary>
/// <param name="Step">What to do.</param>
/// <param name="Differing">Columns whose sums differ from their totals by more than is allowed.</param>
public sealed record TotalsJudgement(TotalsStep Step, IReadOnlyList<SumFacts> Differing)
{
    /// <summary>True when the totals themselves changed since they were told before.</summary>
    public bool HasMoved { get; init; }
}

/// <summary>
/// Whether the rows of a pull add up to what the service says (reliability 2.1, C6). Pure. Sums that differ from totals that stand still lack rows, or have too many;
/// where the totals change as well, the source moves, which another pull may outlast.
/// </summary>
public static class TotalsRule
{
    /// <summary>Most pulls after the first one of a source that moves.</summary>
    public const int MostAgain = 3;

    /// <summary>Part of the sum of magnitudes by which sums may differ through rounding: values carry 14 significant digits.</summary>
    public const double RoundingShare = 1e-9;

    /// <summary>Judges the sums of a pull.</summary>
    public static TotalsJudgement Judge(ComparedTotals facts)
    {
        var differing = facts.Sums.Where(s => !IsWithin(s, s.Share)).ToList();
        if (differing.Count == 0 && !facts.IsUnproven)
        {
            return new(facts.Sums.Count == 0 ? TotalsStep.Nothing : facts.Sums.All(s => IsWithin(s, 0)) ? TotalsStep.Equal : TotalsStep.Tolerated, differing);
        }
        if (facts.Earlier is not { } earlier) return new(TotalsStep.Again, differing);
        if (!facts.Sums.Any(s => HasMoved(earlier.GetValueOrDefault(s.Column), s.Total))) return new(TotalsStep.Refuse, differing);
        var step = facts.Pulls <= MostAgain ? TotalsStep.Again : facts.IsOpen ? TotalsStep.LandMoving : TotalsStep.Refuse;
        return new(step, differing) { HasMoved = true };
    }

    // What is no number, or without end, equals nothing: it would allow itself any difference.
    private static bool IsWithin(SumFacts s, double share) =>
        double.IsFinite(s.Sum) && double.IsFinite(s.Total) && Math.Abs(s.Sum - s.Total) <= Math.Max(s.Least, share * Math.Abs(s.Total) + RoundingShare * Math.Max(s.Magnitudes, Math.Abs(s.Total)));

    private static bool HasMoved(double before, double now) => Math.Abs(before - now) > RoundingShare * Math.Max(Math.Abs(before), Math.Abs(now));
}
