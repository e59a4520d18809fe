using Etl.Kaltura.Api;

namespace Etl.Kaltura.Exports;

/// <summary>Bounds of fetching one report file.</summary>
public sealed record DownloadLimits
{
    /// <summary>Largest file. A file of 60,000 rows is some ten megabytes; more than this is not a report.</summary>
    public long MaxFileBytes { get; init; } = 8L << 30;

    /// <summary>Time-outs and slowest rate; <see cref="ExchangeLimits.Body"/> is the time in all, resumptions included.</summary>
    public ExchangeLimits Exchange { get; init; } = new() { Body = TimeSpan.FromHours(2) };

    /// <summary>Broken connections in a row, without a new byte, after which the file is asked for again from its beginning.</summary>
    public int MaxBreaksInARow { get; init; } = 3;

    /// <summary>Broken connections of one file in all.</summary>
    public int MaxBreaks { get; init; } = 50;
}
