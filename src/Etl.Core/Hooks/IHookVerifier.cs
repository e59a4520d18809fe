namespace Etl.Core.Hooks;

/// <summary>Tells hooks that were sent by whom we trust from all others, and reads them. Safe for concurrent use.</summary>
public interface IHookVerifier
{
    /// <summary>The most bytes that the body of a hook may have: it holds one entry, whose description may be long.</summary>
    const int MaxBodyBytes = 256 << 10;

    /// <summary>Null when hooks of a job can be proven; else a sentence that says which setting is missing.</summary>
    string? FindFault(string job);

    /// <summary>Checks the proof, then reads the body. Takes as long for a wrong proof as for a right one.</summary>
    HookReading Read(HookPost post);
}

/// <summary>What was posted, as it came.</summary>
/// <param name="Job">The job of the address.</param>
/// <param name="Jobs">Names of all jobs of this server: tells whose a notification is where names begin alike.</param>
/// <param name="Body">The raw body.</param>
/// <param name="Header">A request header by name, or null when it was sent never or twice; may be asked until the answer is given.</param>
public sealed record HookPost(string Job, IReadOnlyList<string> Jobs, ReadOnlyMemory<byte> Body, Func<string, string?> Header);

/// <summary>What a verifier makes of a post.</summary>
/// <param name="Verdict">Whether it may ask for work.</param>
/// <param name="Id">Id of the notification; null when the sender gives none, and then it cannot be told from one that is sent again.</param>
/// <param name="EventAt">When it happened, in UTC; null when the body does not say.</param>
public sealed record HookReading(HookVerdict Verdict, string? Id = null, DateTimeOffset? EventAt = null);

/// <summary>Whether a hook may ask for work.</summary>
public enum HookVerdict
{
    /// <summary>Proven and readable.</summary>
    Accepted,
    /// <summary>No proof, or a wrong one.</summary>
    Unproven,
    /// <summary>Proven, but the body is no notification.</summary>
    Unreadable,
    /// <summary>Proven, but told to somebody else, or so long ago that its id may be forgotten: somebody recorded it.</summary>
    Replayed,
}
