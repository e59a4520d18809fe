namespace Etl.Cli.Output;

/// <summary>How far a run of many windows is, and how fast it goes.</summary>
/// <param name="Job">The job.</param>
/// <param name="Done">Windows that ended, however.</param>
/// <param name="Total">Windows that it has to do, these included.</param>
/// <param name="Held">Of those that ended: held.</param>
/// <param name="Failed">Of those that ended: neither landed nor held.</param>
/// <param name="Elapsed">Time since it began.</param>
internal sealed record Pace(string Job, int Done, int Total, int Held, int Failed, TimeSpan Elapsed)
{
    /// <summary>Windows a minute since it began; null as long as none ended.</summary>
    public double? PerMinute => Done > 0 && Elapsed > TimeSpan.Zero ? Done / Elapsed.TotalMinutes : null;

    /// <summary>How long the rest takes at the same rate; null as long as none ended.</summary>
    public TimeSpan? Left => Done > 0 ? Elapsed / Done * (Total - Done) : null;

    /// <summary>The same in a few words, such as <c>30 of 100 done, 12 a minute, about 6 min left, 1 held</c>.</summary>
    public override string ToString() => $"{Show.Count(Done)} of {Show.Count(Total)} done"
        + (PerMinute is { } rate ? FormattableString.Invariant($", {rate:0.#} a minute") : "")
        + (Left is { } left && left > TimeSpan.Zero ? $", about {Show.Roughly(left)} left" : "")
        + (Held > 0 ? $", {Show.Count(Held)} held" : "")
        + (Failed > 0 ? $", {Show.Count(Failed)} failed" : "");
}
