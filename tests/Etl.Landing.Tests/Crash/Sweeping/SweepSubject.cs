namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>Which of the two states a reader sees.</summary>
internal enum Generation
{
    /// <summary>What was there before, or nothing where nothing was.</summary>
    Old,

    /// <summary>What the work makes.</summary>
    New,
}

/// <summary>Something that writes files and may die or fail at any call: how it is prepared, begun, looked at and run again.</summary>
internal abstract class SweepSubject
{
    /// <summary>Name for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Makes the state before.</summary>
    public abstract Task PrepareAsync(string data);

    /// <summary>What a <see cref="SweepChild"/> is told.</summary>
    public abstract string Command(string data);

    /// <summary>True when the child's answer says that the new generation is there for good.</summary>
    public abstract bool IsAcknowledged(string answer);

    /// <summary>The same again, in this process; a fault is thrown.</summary>
    public abstract Task RunAsync(string data);

    /// <summary>What a reader sees; throws <see cref="ViolationException"/> for anything but one whole generation. Shares no code with what writes.</summary>
    public abstract Task<Generation> LookAsync(string data);

    /// <summary>After a run that ended well: nothing temporary is left, and the ledger agrees.</summary>
    public abstract Task CheckEndAsync(string data);

    /// <summary>True for files whose calls are swept.</summary>
    public virtual bool Sweeps(string path) => !path.EndsWith("-shm", StringComparison.Ordinal);

    /// <summary>
    /// True for a sync that may fail and nobody is told: SQLite's of its folder, and of a database file and its log when the log is brought in, which it does again
    /// with the next opening. That what it committed is there all the same is looked at like everything else.
    /// </summary>
    public static bool MayFailUnseen(string path) => path.Contains(".db", StringComparison.Ordinal) || Path.GetFileName(path) == "data";
}

/// <summary>A state that must never be seen.</summary>
internal sealed class ViolationException(string message) : Exception(message);
