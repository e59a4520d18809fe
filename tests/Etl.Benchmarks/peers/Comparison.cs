namespace Etl.Benchmarks;

/// <summary>One path of ours against one peer: what runs, what is asked of it, and how equal work is proven.</summary>
/// <param name="Name">What a person types, such as <c>convert-snappy-1</c>.</param>
/// <param name="What">What ours does, in a few words.</param>
/// <param name="Peer">What it is compared with; where ours is compared with itself (growth), what the smaller run is.</param>
/// <param name="Goals">What is asked of it.</param>
/// <param name="Ours">One run of ours; gets the number of the pair, from one.</param>
/// <param name="Theirs">One run of the peer; null where a goal is not a ratio.</param>
internal sealed record Comparison(string Name, string What, string Peer, IReadOnlyList<Goal> Goals, Func<int, Outcome> Ours, Func<int, Outcome>? Theirs)
{
    /// <summary>Why the peer cannot run here, as a sentence; null when it can.</summary>
    internal Func<string?> Missing { get; init; } = () => null;

    /// <summary>Makes what both read. Called once, before the first run.</summary>
    internal Action Prepare { get; init; } = () => { };

    /// <summary>A file that both read. It is read once before each run of either, so that neither waits for the disk.</summary>
    internal Func<string>? Input { get; init; }

    /// <summary>Proves after the runs that both did the same work; throws where they did not. Says what was compared.</summary>
    internal required Func<string> Prove { get; init; }
}

/// <summary>What one run took.</summary>
/// <param name="CpuSeconds">User and system time of the process and of those it waited for; a server's share is added by who runs one.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="PeakMebibytes">Largest resident set.</param>
/// <param name="Bytes">Bytes written; zero where that says nothing.</param>
internal sealed record Outcome(double CpuSeconds, double Seconds, double PeakMebibytes, long Bytes = 0)
{
    internal static Outcome Of(Child.Run run, string? file = null) =>
        new(run.CpuSeconds, run.Seconds, run.PeakMegabytes * 1e6 / (1 << 20), file is null ? 0 : new FileInfo(file).Length);

    internal double this[Figure figure] => figure switch
    {
        Figure.Cpu => CpuSeconds,
        Figure.Wall => Seconds,
        Figure.Peak => PeakMebibytes,
        _ => Bytes / 1e6,
    };
}

/// <summary>Cpu and wall in seconds, peak in MiB, size in MB.</summary>
internal enum Figure
{
    Cpu,
    Wall,
    Peak,
    Size,
}

/// <summary>A bound: of the ratio ours / peer, or of our own figure.</summary>
/// <param name="Figure">What is bounded.</param>
/// <param name="Must">At most this.</param>
/// <param name="Stretch">What is reached for.</param>
/// <param name="IsRatio">False: the bound is of our own figure.</param>
internal sealed record Goal(Figure Figure, double Must, double Stretch, bool IsRatio = true);
