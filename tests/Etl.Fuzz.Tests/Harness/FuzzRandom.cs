namespace Etl.Fuzz.Tests.Harness;

/// <summary>A small generator (SplitMix64) whose numbers are the same on every version of the runtime: a case is its seed and its number.</summary>
internal sealed class FuzzRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The generator of one case of one target.</summary>
    public static FuzzRandom Of(ulong seed, string target, long number)
    {
        var state = seed;
        foreach (var c in target) state = (state ^ c) * 0x100000001B3;
        var random = new FuzzRandom(state + ((ulong)number * 0x9E3779B97F4A7C15));
        random.Next();
        return random;
    }

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="limit"/> - 1; 0 when the limit is 0.</summary>
    public int Below(int limit) => limit <= 1 ? 0 : (int)(Next() % (uint)limit);

    public bool OneIn(int n) => Below(n) == 0;

    public T Of<T>(IReadOnlyList<T> list) => list[Below(list.Count)];
}
