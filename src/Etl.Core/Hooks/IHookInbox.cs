namespace Etl.Core.Hooks;

/// <summary>
/// The hooks that were taken, kept with the ledger. Keeping one and asking for its work is a single step: what stands here and was not passed
/// on yet is the question itself, so a crash after it loses nothing; and an id that stands here is not taken again, so one that is sent twice
/// does its work once. Any number of servers may share an inbox.
/// </summary>
public interface IHookInbox
{
    /// <summary>How long an id is known after its hook was passed on. The service sends again for a few minutes, by its own account for a day at most.</summary>
    static readonly TimeSpan Memory = TimeSpan.FromDays(30);

    /// <summary>Keeps a hook, and forgets those that are older than <see cref="Memory"/> and were passed on.</summary>
    /// <returns>False when the job has one with this id already: nothing was changed.</returns>
    Task<bool> TryKeepAsync(KeptHook hook, CancellationToken cancellation);

    /// <summary>Hooks that were not passed on and whose time to ask has come, oldest first.</summary>
    Task<IReadOnlyList<KeptHook>> WaitingAsync(DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Says that the work of these hooks was asked for, or that nobody can ask for it any more.</summary>
    Task PassedOnAsync(IReadOnlyList<KeptHook> hooks, CancellationToken cancellation);
}

/// <summary>A hook and what it asks for.</summary>
/// <param name="Job">The job.</param>
/// <param name="Id">Id of the notification, unique within the job.</param>
/// <param name="Label">The window that it asks for, or null for a look at what is due.</param>
/// <param name="Force">Pull the window again although it has landed: it closed before the event was told.</param>
/// <param name="TakenAt">When it came in, in UTC.</param>
/// <param name="AskAt">When to ask, in UTC: at once, or when the window closes.</param>
public sealed record KeptHook(string Job, string Id, string? Label, bool Force, DateTimeOffset TakenAt, DateTimeOffset AskAt);
