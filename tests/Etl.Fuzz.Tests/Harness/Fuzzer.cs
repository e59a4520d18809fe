using System.Diagnostics;

namespace Etl.Fuzz.Tests.Harness;

/// <summary>An input that broke a promise.</summary>
internal sealed record Violation(byte[] Input, string What, long Number);

/// <summary>Shows inputs to a target and watches what it may do: see <see cref="FuzzTarget"/>, and memory.</summary>
/// <param name="target">The target.</param>
/// <param name="seeds">Inputs to make others from.</param>
internal sealed class Fuzzer(FuzzTarget target, IReadOnlyList<byte[]> seeds)
{
    /// <summary>What reading may allocate beside the input: an upper bound of the memory that it holds at once.</summary>
    public const long MaxAllocatedBytes = 64L << 20;

    // Inputs are small, and a minute and a half for one is no slowness but a loop; this machine may be loaded.
    private static readonly TimeSpan s_stuck = TimeSpan.FromSeconds(90);

    private readonly Mutator _mutator = new(seeds, target.Words);
    private byte[] _current = [];
    private long _number;

    /// <summary>Cases that were shown, and how many of them the target accepted.</summary>
    public (long Shown, long Accepted) Counts { get; private set; }

    /// <summary>Shows cases until one breaks a promise, <paramref name="count"/> are done, or the time is over. Returns the violation, made small; null without one.</summary>
    public Violation? Run(ulong seed, long count, TimeSpan? time = null)
    {
        var work = Task.Factory.StartNew(() => Loop(seed, count, time), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var last = -1L; !work.Wait(s_stuck); last = Interlocked.Read(ref _number))
            if (Interlocked.Read(ref _number) == last) return new Violation(_current, $"Reading did not end within {s_stuck.TotalSeconds} seconds.", last);
        return work.GetAwaiter().GetResult();
    }

    /// <summary>Shows one input; returns what was broken, or null.</summary>
    public string? Try(byte[] input, FuzzRandom random)
    {
        try
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var verdict = target.Read(input);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated - input.Length > MaxAllocatedBytes) return $"Reading {input.Length} bytes allocated {allocated}.";
            target.Check(input, verdict, random);
            Counts = (Counts.Shown + 1, Counts.Accepted + (verdict.IsAccepted ? 1 : 0));
            return null;
        }
        catch (ViolationException broken)
        {
            return broken.Message;
        }
        catch (Exception escaped)
        {
            return $"{escaped.GetType().Name} escaped: {escaped}";
        }
    }

    private Violation? Loop(ulong seed, long count, TimeSpan? time)
    {
        var clock = Stopwatch.StartNew();
        for (var number = 0L; number < count && (time is null || clock.Elapsed < time); number++)
        {
            var random = FuzzRandom.Of(seed, target.Name, number);
            _current = _mutator.Make(random);
            Interlocked.Exchange(ref _number, number);
            if (Try(_current, random) is not { } what) continue;
            return Reduce(new Violation(_current, what, number));
        }
        return null;
    }

    // Leaves pieces out, ever smaller ones, while the input still breaks something.
    private Violation Reduce(Violation violation)
    {
        var tries = 400;
        for (var piece = Math.Max(violation.Input.Length / 2, 1); piece > 0 && tries > 0; piece /= 2)
        {
            for (var at = 0; at < violation.Input.Length && tries > 0; tries--)
            {
                var input = violation.Input;
                byte[] less = [.. input[..at], .. input[Math.Min(at + piece, input.Length)..]];
                if (Try(less, new FuzzRandom(0)) is { } what) violation = violation with { Input = less, What = what };
                else at += piece;
            }
        }
        return violation;
    }
}
