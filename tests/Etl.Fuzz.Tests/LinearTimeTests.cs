using System.Globalization;
using Etl.Fuzz.Tests.Harness;
using Etl.Fuzz.Tests.Targets;

namespace Etl.Fuzz.Tests;

/// <summary>
/// Ten times the input takes at most fifteen times the processor time, and what is allocated beside the input stays bounded, in every shape that a reader could loop over.
/// </summary>
public class LinearTimeTests
{
    private const int SmallBytes = 40_000;
    private const double MaxFactor = 15;

    // Below this the large one is fast whatever it is compared with.
    private static readonly TimeSpan s_negligible = TimeSpan.FromMilliseconds(150);

    public static TheoryData<string> Targets => [.. AllTargets.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Ten_times_the_input_takes_at_most_fifteen_times_the_time(string name)
    {
        var target = AllTargets.Get(name);
        Assert.Equal([], target.Growing().Select(g => Fault(target, g.Shape, g.Make)).OfType<string>());
    }

    [Fact]
    public void Reader_of_quadratic_time_is_found() =>
        Assert.Contains("takes", Fault(new QuadraticTarget(), "any", n => new byte[n]), StringComparison.Ordinal);

    private static string? Fault(FuzzTarget target, string shape, Func<int, byte[]> make)
    {
        var (small, large) = (make(SmallBytes), make(SmallBytes * 10));
        // The first reading compiles; the fastest of several is what the reader needs. A busy machine gets five tries.
        var (fastSmall, fastLarge) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var tries = 0; tries < 5; tries++)
        {
            for (var i = 0; i < 4; i++) fastSmall = Min(fastSmall, TimeOf(target, small));
            for (var i = 0; i < 2; i++) fastLarge = Min(fastLarge, TimeOf(target, large));
            if (fastLarge < s_negligible || fastLarge <= fastSmall * MaxFactor) return MemoryFault(target, shape, small, large);
        }
        return string.Create(CultureInfo.InvariantCulture, $"{shape}: {large.Length} bytes takes {fastLarge.TotalMilliseconds:0.0} ms, {small.Length} bytes {fastSmall.TotalMilliseconds:0.0} ms");
    }

    private static string? MemoryFault(FuzzTarget target, string shape, byte[] small, byte[] large)
    {
        var (few, many) = (AllocatedBy(target, small), AllocatedBy(target, large));
        return many <= Fuzzer.MaxAllocatedBytes + (few * MaxFactor) ? null : $"{shape}: {large.Length} bytes made it allocate {many}, {small.Length} bytes {few}";
    }

    private static long AllocatedBy(FuzzTarget target, byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        target.Read(input);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static TimeSpan TimeOf(FuzzTarget target, byte[] input)
    {
        var start = ThreadClock.Now;
        target.Read(input);
        return ThreadClock.Now - start;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
