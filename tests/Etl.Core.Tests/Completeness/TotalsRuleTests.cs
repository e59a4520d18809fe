using System.Globalization;
using Etl.Core.Completeness;

namespace Etl.Core.Tests.Completeness;

/// <summary>
/// The rule of sums by itself: rows that are whole are never refused, rows that are not never land because their totals stand still. Seeded; a failure names its seed.
/// </summary>
public class TotalsRuleTests
{
    private const int Seeds = 4_000;

    /// <summary>What a run sees of a source with each of its pulls: the sum of the rows, and the total that was told after them.</summary>
    private static (int Pulls, TotalsJudgement End) Drive(Func<int, (double Sum, double Total)> source, double share, bool isOpen)
    {
        Dictionary<string, double>? earlier = null;
        for (var pull = 1; ; pull++)
        {
            Assert.True(pull < 10, "the rule goes on for ever");
            var (sum, total) = source(pull);
            var judged = TotalsRule.Judge(new([new SumFacts("plays", sum, total, share)]) { Earlier = earlier, Pulls = pull, IsOpen = isOpen });
            if (judged.Step != TotalsStep.Again) return (pull, judged);
            earlier = new() { ["plays"] = total };
        }
    }

    [Fact]
    public void Rows_that_are_whole_equal_totals_that_were_added_up_in_another_order_and_written_with_14_digits()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var scale = Math.Pow(10, random.Next(-3, 9));
            var values = Enumerable.Range(0, random.Next(0, 400)).Select(_ => (random.NextDouble() - (seed % 3 == 0 ? 0.5 : 0)) * scale).ToArray();
            var told = double.Parse(values.Reverse().Sum().ToString("G14", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            var sum = new SumFacts("minutes", values.Sum(), told, 0) { Magnitudes = values.Sum(Math.Abs) };
            var judged = TotalsRule.Judge(new([sum]));
            Assert.True(judged.Step == TotalsStep.Equal, $"seed {seed}: {judged.Step}, {sum}");
        }
    }

    [Fact]
    public void Sum_is_tolerated_up_to_the_share_and_not_beyond_it()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var (total, share) = (Math.Round(Math.Pow(10, random.NextDouble() * 9)), Math.Pow(10, -1 - 4 * random.NextDouble()));
            var sign = random.Next(2) * 2 - 1;
            var inside = TotalsRule.Judge(new([new SumFacts("plays", total + sign * total * share * 0.99, total, share)]));
            var outside = TotalsRule.Judge(new([new SumFacts("plays", total + sign * total * share * 1.01, total, share)]));
            Assert.True(inside.Step == TotalsStep.Tolerated && inside.Differing.Count == 0, $"seed {seed}: {inside}");
            Assert.True(outside.Step == TotalsStep.Again && outside.Differing.Single().Column == "plays", $"seed {seed}: {outside}");
        }
    }

    [Fact]
    public void Row_that_is_missing_while_the_totals_stand_still_is_refused_with_the_second_pull_open_or_not()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var values = Enumerable.Range(0, random.Next(1, 300)).Select(_ => (double)random.Next(1, 1_000_000)).ToArray();
            // Another row may be missing each time.
            var (pulls, end) = Drive(_ => (values.Sum() - values[random.Next(values.Length)], values.Sum()), 0, isOpen: random.Next(2) == 0);
            Assert.True((pulls, end.Step, end.HasMoved) == (2, TotalsStep.Refuse, false), $"seed {seed}: {end} after {pulls} pulls");
        }
    }

    [Fact]
    public void Source_that_moves_is_pulled_again_until_it_stands_and_three_times_at_most()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var (moves, isOpen) = (random.Next(0, 8), random.Next(2) == 0);
            double plays = random.Next(0, 1_000_000);
            var (pulls, end) = Drive(
                pull =>
                {
                    var rows = plays;
                    if (pull <= moves) plays += random.Next(1, 1000);
                    return (rows, plays);
                },
                0, isOpen);
            var expected = moves < 4 ? (moves + 1, TotalsStep.Equal) : (4, isOpen ? TotalsStep.LandMoving : TotalsStep.Refuse);
            Assert.True((pulls, end.Step) == expected, $"seed {seed}, {moves} moves: {end} after {pulls} pulls");
            if (moves >= 4) Assert.True(end.HasMoved && end.Differing.Count == 1, $"seed {seed}: {end}");
        }
    }

    [Fact]
    public void One_column_that_differs_is_found_among_many()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var sums = Enumerable.Range(0, random.Next(1, 12)).Select(i => new SumFacts($"c{i}", i * 1000, i * 1000, 0.001)).ToArray();
            var at = random.Next(sums.Length);
            sums[at] = sums[at] with { Total = sums[at].Total * 1.01 + 1 };
            var judged = TotalsRule.Judge(new(sums));
            Assert.True(judged.Step == TotalsStep.Again && judged.Differing.Single() == sums[at], $"seed {seed}: {judged}");
        }
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    public void What_is_no_number_never_lands(double sum, double total)
    {
        var (pulls, end) = Drive(_ => (sum, total), 0.1, isOpen: true);
        Assert.Equal((2, TotalsStep.Refuse), (pulls, end.Step));
    }

    [Fact]
    public void Nothing_to_compare_proves_nothing_and_is_refused_where_something_had_to_be()
    {
        Assert.Equal(TotalsStep.Nothing, TotalsRule.Judge(new([])).Step);
        Assert.Equal(TotalsStep.Again, TotalsRule.Judge(new([]) { IsUnproven = true }).Step);
        Assert.Equal(TotalsStep.Refuse, TotalsRule.Judge(new([]) { IsUnproven = true, Earlier = new Dictionary<string, double>(), IsOpen = true }).Step);
        // A sum that fits does not prove what could not be compared.
        Assert.Equal(TotalsStep.Again, TotalsRule.Judge(new([new SumFacts("plays", 1, 1, 0)]) { IsUnproven = true }).Step);
    }

    [Theory]
    [InlineData(1e-7, 0, 1e-6, TotalsStep.Equal)]
    [InlineData(2e-6, 0, 1e-6, TotalsStep.Again)]
    [InlineData(1e-7, 0, 0, TotalsStep.Again)]
    public void Least_difference_passes_beside_a_total_of_zero(double sum, double total, double least, TotalsStep expected) =>
        Assert.Equal(expected, TotalsRule.Judge(new([new SumFacts("minutes", sum, total, 0) { Least = least }])).Step);

    [Theory]
    [InlineData(100.0, 100.00000001, TotalsStep.Refuse)]
    [InlineData(100.0, 100.001, TotalsStep.Again)]
    [InlineData(-100.0, -99.0, TotalsStep.Again)]
    [InlineData(null, 100.0, TotalsStep.Again)]
    [InlineData(null, 0.0, TotalsStep.Refuse)]
    public void Totals_have_moved_when_they_differ_by_more_than_rounding(double? before, double now, TotalsStep expected)
    {
        var earlier = new Dictionary<string, double>();
        if (before is { } told) earlier["plays"] = told;
        var judged = TotalsRule.Judge(new([new SumFacts("plays", 7, now, 0)]) { Earlier = earlier, Pulls = 2 });
        Assert.Equal((expected, expected == TotalsStep.Again), (judged.Step, judged.HasMoved));
    }
}
