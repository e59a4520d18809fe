using Hangfire;
using Hangfire.InMemory;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Hangfire.SqlServer;
using Microsoft.Data.SqlClient;

namespace Etl.Scheduling.Hangfire;

/// <summary>Hangfire's stores for ours.</summary>
internal static class HangfireStores
{
    /// <summary>A lock is held for milliseconds; one that is older was left by a dead node.</summary>
    private static readonly TimeSpan s_deadLock = TimeSpan.FromMinutes(1);

    /// <summary>Opens the store. An item in hand is hidden from other nodes for <see cref="SchedulerSettings.NodeTimeout"/>, and its node moves that on while it lives, so long items are not handed out twice.</summary>
    public static JobStorage Open(SchedulerSettings settings) => settings.Store.Kind switch
    {
        SchedulerStoreKind.Memory => new InMemoryStorage(),
        SchedulerStoreKind.Postgres => OpenPostgres(settings),
        SchedulerStoreKind.SqlServer => new SqlServerStorage(settings.Store.ConnectionString, new SqlServerStorageOptions
        {
            SlidingInvisibilityTimeout = settings.NodeTimeout,
            QueuePollInterval = Poll(settings),
            DisableGlobalLocks = true,
            SqlClientFactory = SqlClientFactory.Instance,
        }),
        _ => throw new NotSupportedException($"Hangfire has no store of kind {settings.Store.Kind}; a node alone needs none, since the ledger says what is due."),
    };

    private static PostgreSqlStorage OpenPostgres(SchedulerSettings settings)
    {
        var options = new PostgreSqlStorageOptions
        {
            InvisibilityTimeout = settings.NodeTimeout,
            UseSlidingInvisibilityTimeout = true,
            QueuePollInterval = Poll(settings),
            DistributedLockTimeout = s_deadLock,
        };
        return new PostgreSqlStorage(new NpgsqlConnectionFactory(settings.Store.ConnectionString, options), options);
    }

    // As with Quartz: how long work of another process may wait for a free worker.
    private static TimeSpan Poll(SchedulerSettings settings) => settings.Heartbeat < TimeSpan.FromSeconds(2) ? settings.Heartbeat : TimeSpan.FromSeconds(2);
}
