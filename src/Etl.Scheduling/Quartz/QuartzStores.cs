using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Npgsql;
using Quartz;

namespace Etl.Scheduling.Quartz;

/// <summary>Quartz's stores for ours.</summary>
internal static class QuartzStores
{
    /// <summary>Longer than a busy machine delays a firing; an alarm that is later than that fires once, however often it was due.</summary>
    private static readonly TimeSpan s_misfire = TimeSpan.FromSeconds(60);

    public static void Use(IQuartzBuilder quartz, SchedulerSettings settings)
    {
        var store = settings.Store;
        if (store.Kind == SchedulerStoreKind.Memory)
        {
            quartz.UseInMemoryStore(o => o.MisfireThreshold = s_misfire);
            return;
        }
        if (store.Kind == SchedulerStoreKind.Sqlite) SQLitePCL.Batteries_V2.Init();
        quartz.UsePersistentStore(persistent =>
        {
            persistent.ConfigureStore(o =>
            {
                o.MisfireThreshold = s_misfire;
                o.StoreJobDataAsStrings = true;
                o.RecoverFiringsCancelledByShutdown = true;
            });
            persistent.ProvisionSchema();
            if (store.Kind == SchedulerStoreKind.Sqlite)
            {
                persistent.UseSqlite(SqliteFactory.Instance, store.ConnectionString);
                return;
            }
            if (store.Kind == SchedulerStoreKind.SqlServer) persistent.UseSqlServer(SqlClientFactory.Instance, store.ConnectionString);
            else persistent.UsePostgres(NpgsqlFactory.Instance, store.ConnectionString);
            persistent.UseClustering(c =>
            {
                c.CheckinInterval = settings.Heartbeat;
                c.CheckinMisfireThreshold = settings.NodeTimeout;
            });
        });
    }
}
