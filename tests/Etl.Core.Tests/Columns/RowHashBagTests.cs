using Etl.Core.Columns;

namespace Etl.Core.Tests.Columns;

public class RowHashBagTests
{
    [Fact]
    public void Bag_answers_as_counting_by_hand_does()
    {
        var random = new Random(5);
        var bag = new RowHashBag();
        var oracle = new Dictionary<UInt128, int>();
        for (var i = 0; i < 20_000; i++)
        {
            var hash = Some(random);
            bag.Add(hash);
            oracle[hash] = oracle.GetValueOrDefault(hash) + 1;
        }
        Assert.Equal(20_000, bag.Count);
        for (var i = 0; i < 40_000; i++)
        {
            var hash = Some(random);
            var expected = oracle.GetValueOrDefault(hash) > 0;
            if (expected) oracle[hash]--;
            Assert.Equal(expected, bag.TryTake(hash));
        }
        Assert.Equal(oracle.Values.Sum(), bag.Count);
    }

    [Fact]
    public void Zero_is_a_hash_like_any_other()
    {
        var bag = new RowHashBag();
        Assert.False(bag.TryTake(UInt128.Zero));
        bag.Add(UInt128.Zero);
        bag.Add(UInt128.Zero);
        Assert.True(bag.TryTake(UInt128.Zero));
        Assert.True(bag.TryTake(UInt128.Zero));
        Assert.False(bag.TryTake(UInt128.Zero));
        Assert.Equal(0, bag.Count);
    }

    [Fact]
    public void Nothing_is_added_after_something_was_taken()
    {
        var bag = new RowHashBag();
        bag.Add(1);
        bag.TryTake(1);
        Assert.Throws<InvalidOperationException>(() => bag.Add(2));
    }

    // About half come again.
    private static UInt128 Some(Random random) => new((ulong)random.Next(100) << 56, (ulong)random.Next(200) * 0x9E3779B97F4A7C15);
}
