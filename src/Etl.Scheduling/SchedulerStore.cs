namespace Etl.Scheduling;

/// <summary>Where an engine keeps alarms and waiting work.</summary>
/// <param name="Kind">Which database, or none.</param>
/// <param name="ConnectionString">How to reach it; may hold a password and is never repeated in a message.</param>
public sealed record SchedulerStore(SchedulerStoreKind Kind, string ConnectionString = "")
{
    /// <summary>In memory: gone with the process.</summary>
    public static SchedulerStore Memory { get; } = new(SchedulerStoreKind.Memory);

    /// <summary>The kind only.</summary>
    public override string ToString() => Kind.ToString();
}

/// <summary>Kinds of stores.</summary>
public enum SchedulerStoreKind
{
    /// <summary>None: alarms are known from the job files, and what was missed while the process was down is found in the ledger.</summary>
    Memory,
    /// <summary>A file, for the one process that has it.</summary>
    Sqlite,
    /// <summary>For many nodes.</summary>
    Postgres,
    /// <summary>For many nodes.</summary>
    SqlServer,
}

/// <summary>How an engine works.</summary>
/// <param name="Store">Where it keeps alarms and work.</param>
/// <param name="Workers">Items done at once by this process.</param>
public sealed record SchedulerSettings(SchedulerStore Store, int Workers)
{
    /// <summary>The clock that alarms follow.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How often nodes show that they live, and look for work of others; a dead node's work is taken up after at most twice this and <see cref="NodeTimeout"/>.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node may be silent before its work is handed to others. Longer than any pause of a healthy machine; too short does no harm but double work.</summary>
    public TimeSpan NodeTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
