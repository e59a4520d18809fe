namespace Etl.Sandbox.Events;

/// <summary>SplitMix64: tiny, fixed for ever, and seekable by hashing (System.Random may change between runtimes).</summary>
internal struct Prng(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Next 64 random bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15UL;
        return Mix(_state);
    }

    /// <summary>Uniform integer in [0, <paramref name="bound"/>).</summary>
    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>Uniform double in [0, 1).</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True with probability <paramref name="percent"/>/100.</summary>
    public bool Percent(int percent) => Below(100) < percent;

    /// <summary>Finaliser of SplitMix64: a good 64-bit hash.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }

    /// <summary>Hash of two numbers under a seed and a topic, so that topics do not correlate.</summary>
    public static ulong Hash(long seed, uint topic, long value) =>
        Mix(Mix((ulong)seed * 0x9E3779B97F4A7C15UL + topic) ^ ((ulong)value + 0xD1B54A32D192ED03UL));
}
