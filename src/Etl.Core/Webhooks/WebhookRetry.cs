namespace Etl.Core.Webhooks;

/// <summary>When something that could not be delivered is tried again.</summary>
public static class WebhookRetry
{
    /// <summary>How long one try may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>The wait before the second try; it doubles from try to try.</summary>
    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two tries.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    /// <summary>The wait after some failed tries: half of it is fixed and half is chance, so that many do not come back at one moment.</summary>
    /// <param name="tries">Failed tries so far, at least 1.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan WaitAfter(int tries, double chance)
    {
        var wait = tries > 20 ? LongestWait : TimeSpan.FromTicks(Math.Min(FirstWait.Ticks << Math.Max(tries - 1, 0), LongestWait.Ticks));
        return wait * (0.5 + 0.5 * chance);
    }
}
