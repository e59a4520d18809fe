using Etl.Core.Completeness;

namespace Etl.Core.Tests.Completeness;

/// <summary>The rule of two readings by itself. Seeded; a failure names its seed.</summary>
public class TwiceRuleTests
{
    /// <summary>Reads in pairs, as often as the rule says; a reading is the content that it brought.</summary>
    private static (int Readings, TwiceStep End, bool LastAreEqual) Drive(Func<int> read)
    {
        var readings = 0;
        for (var round = 1; ; round++)
        {
            Assert.True(round < 10, "the rule goes on for ever");
            Assert.Equal(TwiceStep.Second, TwiceRule.Judge(new(IsNeeded: true) { Rounds = round }));
            var areEqual = read() == read();
            readings += 2;
            var step = TwiceRule.Judge(new(IsNeeded: true) { AreEqual = areEqual, Rounds = round });
            if (step != TwiceStep.Both) return (readings, step, areEqual);
        }
    }

    [Fact]
    public void Reading_that_needs_two_is_enough_only_when_two_in_a_row_are_equal()
    {
        var ends = new HashSet<(int, TwiceStep)>();
        for (var seed = 0; seed < 4_000; seed++)
        {
            var random = new Random(seed);
            var contents = random.Next(1, 5);
            var (readings, end, areEqual) = Drive(() => random.Next(contents));
            Assert.True(end is TwiceStep.Enough or TwiceStep.Differ && (end == TwiceStep.Enough) == areEqual, $"seed {seed}: {end} after {readings} readings");
            Assert.True(end == TwiceStep.Enough || readings == 4, $"seed {seed}: given up after {readings} readings");
            ends.Add((readings, end));
        }
        Assert.Equal([(2, TwiceStep.Enough), (4, TwiceStep.Enough), (4, TwiceStep.Differ)], ends.OrderBy(e => e.Item1).ThenBy(e => e.Item2));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    [InlineData(false)]
    public void Reading_that_needs_no_second_one_is_never_made_twice(bool? areEqual) =>
        Assert.Equal(TwiceStep.Enough, TwiceRule.Judge(new(IsNeeded: false) { AreEqual = areEqual }));
}
