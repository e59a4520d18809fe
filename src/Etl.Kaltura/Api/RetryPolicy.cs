namespace Etl.Kaltura.Api;

/// <summary>How failed calls are repeated: exponential waits with full jitter.</summary>
public sealed record RetryPolicy
{
    /// <summary>Attempts of one call, the first included. Some faults allow fewer.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>Upper bound of the first wait; it doubles with each attempt.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Upper bound of any wait that we choose ourselves.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Upper bound of a wait that the service asks for (Retry-After).</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often one pull is begun again from page 1 before it fails.</summary>
    public int MaxRestarts { get; init; } = 3;
}

/// <summary>Bounds of one exchange with the service (reliability 7.6).</summary>
public sealed record ExchangeLimits
{
    /// <summary>Time to connect.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time until the headers of the answer: a report may compute for two minutes (wire facts 1.7).</summary>
    public TimeSpan Headers { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Time until the headers of a file that is written while it is asked for: the service gives itself ten minutes (wire facts 8).</summary>
    public TimeSpan FileHeaders { get; init; } = TimeSpan.FromMinutes(11);

    /// <summary>Longest silence within a body.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time spent waiting for one body in all.</summary>
    public TimeSpan Body { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Over how much waiting <see cref="MinBytesPerSecond"/> is measured.</summary>
    public TimeSpan RateWindow { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Slowest rate allowed; slower is a drip that never ends.</summary>
    public long MinBytesPerSecond { get; init; } = 1024;

    /// <summary>Largest decoded body.</summary>
    public long MaxBodyBytes { get; init; } = 256L << 20;

    /// <summary>Largest ratio of decoded to sent bytes, once <see cref="RatioFreeBytes"/> are decoded.</summary>
    public int MaxRatio { get; init; } = 200;

    /// <summary>Decoded bytes for which the ratio does not count.</summary>
    public long RatioFreeBytes { get; init; } = 1L << 20;
}
