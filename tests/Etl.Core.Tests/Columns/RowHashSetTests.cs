using Etl.Core.Columns;

namespace Etl.Core.Tests.Columns;

public class RowHashSetTests
{
    [Fact]
    public void Set_answers_as_the_framework_set_does()
    {
        var random = new Random(11);
        var set = new RowHashSet();
        var oracle = new HashSet<UInt128>();
        for (var i = 0; i < 100_000; i++)
        {
            // A third comes again; half differ in one half of their bits only.
            var hash = new UInt128((ulong)random.Next(200) << 55, (ulong)random.Next(700) * 0x9E3779B97F4A7C15);
            Assert.Equal(oracle.Contains(hash), set.Contains(hash));
            Assert.Equal(oracle.Add(hash), set.Add(hash));
        }
        Assert.Equal(oracle.Count, set.Count);
        Assert.All(oracle, h => Assert.True(set.Contains(h)));
    }

    [Fact]
    public void Looking_at_places_before_changes_no_answer()
    {
        var set = new RowHashSet();
        UInt128[] hashes = [UInt128.Zero, 1, UInt128.MaxValue, .. Enumerable.Range(0, 500).Select(i => new UInt128((ulong)i << 55, (ulong)i))];
        set.Fetch(hashes);
        Assert.Equal(0, set.Count);
        Assert.All(hashes, h => Assert.Equal(!set.Contains(h), set.Add(h)));
        set.Fetch(hashes);
        Assert.All(hashes, h => Assert.False(set.Add(h)));
        Assert.Equal(hashes.Distinct().Count(), set.Count);
    }

    [Fact]
    public void Hashes_that_all_want_one_slot_are_told_apart()
    {
        var set = new RowHashSet();
        for (ulong i = 1; i <= 1000; i++) Assert.True(set.Add(i));
        for (ulong i = 1; i <= 1000; i++) Assert.False(set.Add(i));
        Assert.False(set.Contains(1001));
    }

    [Fact]
    public void Zero_is_a_hash_like_any_other()
    {
        RowHashSet set = new(), other = new();
        Assert.False(set.Contains(UInt128.Zero));
        Assert.True(set.Add(UInt128.Zero));
        Assert.False(set.Add(UInt128.Zero));
        Assert.True(set.Contains(UInt128.Zero));
        other.Add(UInt128.Zero);
        Assert.False(set.TryAddAll(other));
    }

    [Fact]
    public void Sets_with_a_common_hash_are_seen()
    {
        RowHashSet all = new(), one = new(), two = new();
        one.Add(UInt128.MaxValue);
        two.Add(5);
        Assert.True(all.TryAddAll(one));
        Assert.True(all.TryAddAll(two));
        Assert.Equal(2, all.Count);
        Assert.False(all.TryAddAll(one));
    }

    [Fact]
    public void Cleared_set_is_empty_and_takes_hashes_again()
    {
        var set = new RowHashSet();
        set.Add(UInt128.Zero);
        set.Add(7);
        set.Clear();
        Assert.Equal(0, set.Count);
        Assert.False(set.Contains(7));
        Assert.True(set.Add(7));
        Assert.True(set.Add(UInt128.Zero));
    }

    [Fact]
    public void Hash_costs_a_few_slots_while_the_set_grows_and_nothing_in_a_set_that_was_cleared()
    {
        const int count = 200_000;
        var random = new Random(3);
        var hashes = Enumerable.Range(0, count).Select(_ => new UInt128((ulong)random.NextInt64() << 1, (ulong)random.NextInt64() << 1)).ToArray();
        var set = new RowHashSet();
        // The last tables of at most 32 bytes a hash, and all smaller ones before them: 1 + 2/3 + 4/9 + … = 3 times.
        Assert.InRange(Allocated(), count * 16L, count * 96L);
        set.Clear();
        // A collection meanwhile closes the piece of memory that the thread allocates from, which counts as used: 8 KiB, far less than any table.
        Assert.InRange(Allocated(), 0, 16 << 10);

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var hash in hashes) set.Add(hash);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
