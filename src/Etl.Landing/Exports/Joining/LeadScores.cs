using Etl.Core.Exports;

namespace Etl.Landing.Exports.Joining;

/// <summary>How warm a lead is.</summary>
internal enum LeadTier : byte
{
    /// <summary>Too few leads to compare.</summary>
    None,
    Cold,
    Warm,
    Hot,
}

/// <summary>
/// Scores, and tiers by percentile. Of n leads the best ⌊hot × n⌋ places are Hot, the places up to ⌊warm × n⌋ are Warm. Leads of one score share a tier, the better one only
/// when all of them fit into its places: a tie over a border falls below it, so that Hot never means more than the share that was asked for, and is nobody when all are alike.
/// </summary>
internal static class LeadScores
{
    /// <summary>Digits behind the point of a score: what arithmetic leaves behind further ones must not part equals.</summary>
    public const int Digits = 6;

    /// <summary>A score: the sum of the parts, rounded. Never minus zero, which is another cell than zero.</summary>
    public static double Of(IEnumerable<(double Figure, double Weight)> parts) => Math.Round(parts.Sum(p => p.Figure * p.Weight), Digits) + 0.0;

    /// <summary>What a score is made of, in the order of the weights: <c>minutes 12 x 1 = 12; reactions 3 x 5 = 15</c>.</summary>
    public static string Parts(IEnumerable<(string Measure, double Figure, double Weight)> parts) => string.Join(
        "; ", parts.Select(p => $"{p.Measure} {LeadMeasures.Text(p.Figure)} x {LeadMeasures.Text(p.Weight)} = {LeadMeasures.Text(p.Figure * p.Weight)}"));

    /// <summary>The tier of each score.</summary>
    public static LeadTier[] Tiers(ReadOnlySpan<double> scores, ScoreSpec spec)
    {
        var tiers = new LeadTier[scores.Length];
        if (scores.Length < spec.Population) return tiers;
        var sorted = scores.ToArray();
        Array.Sort(sorted);
        var (hot, warm) = (Border(sorted, spec.Hot), Border(sorted, spec.Warm));
        for (var i = 0; i < tiers.Length; i++) tiers[i] = scores[i] > hot ? LeadTier.Hot : scores[i] > warm ? LeadTier.Warm : LeadTier.Cold;
        return tiers;
    }

    /// <summary>The highest score that does not belong to the best share any more; whoever is above it is in.</summary>
    private static double Border(double[] sorted, double share)
    {
        // Decimal, so that 29 % of 100 are 29 places and not 28.
        var places = (int)Math.Floor((decimal)share * sorted.Length);
        return places >= sorted.Length ? double.NegativeInfinity : sorted[sorted.Length - 1 - places];
    }
}
