using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Etl.Parquet.Column;

/// <summary>Smallest and largest value so far. NaN is counted and otherwise passed over.</summary>
internal struct NumberBounds<T>
    where T : unmanaged, INumber<T>
{
    private long _seen;

    public NumberBounds()
    {
        Min = Highest;
        Max = Lowest;
    }

    /// <summary>Values that are NaN.</summary>
    public long Nans { get; private set; }

    public T Min { get; private set; }

    public T Max { get; private set; }

    /// <summary>True when there is at least one value that is not NaN.</summary>
    public readonly bool HasBounds => _seen > Nans;

    private static T Highest => typeof(T) == typeof(double) ? Unsafe.BitCast<double, T>(double.PositiveInfinity)
        : typeof(T) == typeof(long) ? Unsafe.BitCast<long, T>(long.MaxValue) : Unsafe.BitCast<int, T>(int.MaxValue);

    private static T Lowest => typeof(T) == typeof(double) ? Unsafe.BitCast<double, T>(double.NegativeInfinity)
        : typeof(T) == typeof(long) ? Unsafe.BitCast<long, T>(long.MinValue) : Unsafe.BitCast<int, T>(int.MinValue);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<T> values)
    {
        var min = Min;
        var max = Max;
        var i = 0;
        long equal = 0;
        if (Vector256.IsHardwareAccelerated && values.Length >= Vector256<T>.Count)
        {
            // Comparisons with NaN are false, so a NaN is never selected.
            var lows = Vector256.Create(min);
            var highs = Vector256.Create(max);
            for (; i <= values.Length - Vector256<T>.Count; i += Vector256<T>.Count)
            {
                var v = Vector256.Create(values[i..]);
                lows = Vector256.ConditionalSelect(Vector256.LessThan(v, lows), v, lows);
                highs = Vector256.ConditionalSelect(Vector256.GreaterThan(v, highs), v, highs);
                if (typeof(T) == typeof(double))
                    equal += BitOperations.PopCount(Vector256.Equals(v, v).ExtractMostSignificantBits());
            }

            for (var lane = 0; lane < Vector256<T>.Count; lane++)
            {
                min = lows[lane] < min ? lows[lane] : min;
                max = highs[lane] > max ? highs[lane] : max;
            }
        }

        for (; i < values.Length; i++)
        {
            var v = values[i];
            min = v < min ? v : min;
            max = v > max ? v : max;
            if (typeof(T) == typeof(double) && !T.IsNaN(v))
                equal++;
        }

        Min = min;
        Max = max;
        _seen += values.Length;
        if (typeof(T) == typeof(double))
            Nans += values.Length - equal;
    }

    /// <summary>Folds in the bounds of another stretch.</summary>
    public void Add(in NumberBounds<T> other)
    {
        Min = other.Min < Min ? other.Min : Min;
        Max = other.Max > Max ? other.Max : Max;
        _seen += other._seen;
        Nans += other.Nans;
    }

    /// <summary>The bounds in the format's form: a zero bound of a double covers both zeros.</summary>
    public readonly (T Min, T Max) Export()
    {
        if (typeof(T) != typeof(double))
            return (Min, Max);
        var min = T.IsZero(Min) ? Unsafe.BitCast<double, T>(-0.0) : Min;
        var max = T.IsZero(Max) ? Unsafe.BitCast<double, T>(0.0) : Max;
        return (min, max);
    }
}
