namespace Etl.Kaltura.Microservice;

/// <summary>How background reports are waited for.</summary>
public sealed record MicroserviceLimits
{
    /// <summary>First wait between two questions about a report; each further one is half as long again.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait between two questions: a report of 10 to 15 minutes is asked about some forty times.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A report that is not ready this long after it was asked for is given up, and an older handle is not taken up again:
    /// longer waits for a slow service, shorter lands fresher data after a crash.
    /// </summary>
    public TimeSpan Life { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A report that failed is not asked for again in the same way before this time is over.</summary>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often one pull asks for a report, when the service forgets it.</summary>
    public int MaxStarts { get; init; } = 2;
}
