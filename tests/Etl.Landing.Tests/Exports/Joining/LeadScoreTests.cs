using Etl.Core.Exports;
using Etl.Landing.Exports.Joining;

namespace Etl.Landing.Tests.Exports.Joining;

public class LeadScoreTests
{
    private static string Tiers(ScoreSpec spec, params double[] scores) => string.Concat(LeadScores.Tiers(scores, spec).Select(t => t.ToString()[0]));

    private static ScoreSpec Spec(double hot, double warm, int population = 1) => new([]) { Hot = hot, Warm = warm, Population = population };

    [Fact]
    public void Best_shares_are_hot_and_warm() =>
        Assert.Equal("HWWWCCCCCC", Tiers(Spec(0.1, 0.4), 10, 9, 8, 7, 6, 5, 4, 3, 2, 1));

    [Fact]
    public void Order_of_leads_does_not_matter() =>
        Assert.Equal("CCCCCCWWWH", Tiers(Spec(0.1, 0.4), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));

    [Fact]
    public void Tie_that_fits_is_in_as_a_whole() =>
        Assert.Equal("HHWWCCCCCC", Tiers(Spec(0.2, 0.4), 9, 9, 8, 8, 5, 5, 4, 3, 2, 1));

    [Fact]
    public void Tie_over_a_border_falls_below_it_as_a_whole() =>
        Assert.Equal("HWWWCCCCCC", Tiers(Spec(0.2, 0.4), 10, 9, 9, 7, 5, 5, 4, 3, 2, 1));

    [Fact]
    public void Tie_over_both_borders_is_cold() =>
        Assert.Equal("CCCCC", Tiers(Spec(0.2, 0.4), 3, 3, 3, 2, 1));

    [Fact]
    public void Nobody_is_hot_when_all_are_alike() => Assert.Equal("CCCCC", Tiers(Spec(0.2, 0.4), 0, 0, 0, 0, 0));

    [Fact]
    public void Everybody_is_hot_when_all_places_are() => Assert.Equal("HHH", Tiers(Spec(1, 1), 1, 1, 0));

    [Fact]
    public void Share_of_nothing_is_nobody() => Assert.Equal("WCC", Tiers(Spec(0, 0.4), 2, 1, 0));

    [Fact]
    public void Two_zeros_are_one_score() => Assert.Equal("HCC", Tiers(Spec(0.4, 0.4), 1, 0.0, -0.0));

    /// <summary>29 % of 100 in doubles is a little less than 29.</summary>
    [Fact]
    public void Places_are_counted_in_decimal() =>
        Assert.Equal(29, LeadScores.Tiers([.. Enumerable.Range(0, 100).Select(i => (double)i)], Spec(0.29, 0.5)).Count(t => t == LeadTier.Hot));

    [Fact]
    public void Fewer_leads_than_the_population_have_no_tier()
    {
        Assert.Equal("NN", Tiers(Spec(0.5, 1, population: 3), 2, 1));
        Assert.Equal("HWW", Tiers(Spec(0.5, 1, population: 3), 3, 2, 1));
        Assert.Equal("", Tiers(Spec(0.5, 1)));
    }

    [Fact]
    public void Score_is_the_weighted_sum_without_the_dust_of_arithmetic()
    {
        Assert.Equal(27, LeadScores.Of([(12, 1), (3, 5)]));
        Assert.Equal(0.3, LeadScores.Of([(1, 0.1), (1, 0.2)]));
        Assert.Equal(-7.5, LeadScores.Of([(5, -1.5)]));
        Assert.Equal(0L, BitConverter.DoubleToInt64Bits(LeadScores.Of([(0, -1.5)])));
    }

    [Fact]
    public void Parts_tell_a_person_how_the_score_came_about() =>
        Assert.Equal(
            "minutes 12.5 x 1 = 12.5; reactions 3 x 5 = 15; gone 0 x -2 = 0",
            LeadScores.Parts([("minutes", 12.5, 1), ("reactions", 3, 5), ("gone", 0, -2)]));
}
