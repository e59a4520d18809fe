using Etl.Core.Scheduling;
using Etl.Scheduling.Quartz;
using Etl.Testing.Files;
using Etl.Testing.Scheduling;
using Etl.Testing.Servers;
using Microsoft.Data.SqlClient;

namespace Etl.Scheduling.Tests;

public sealed class QuartzInMemoryTests : SchedulerContract
{
    protected override IJobScheduler Create(TimeProvider? time, int workers) => Quartz.Make(SchedulerStore.Memory, time, workers);
}

public sealed class QuartzOnSqliteTests : StoredSchedulerContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override IJobScheduler Create(TimeProvider? time, int workers) =>
        Quartz.Make(new SchedulerStore(SchedulerStoreKind.Sqlite, $"Data Source={_folder["scheduler.db"]};Pooling=False"), time, workers);

    public void Dispose() => _folder.Dispose();
}

/// <summary>A store that several nodes share.</summary>
public abstract class QuartzClusterContract : StoredSchedulerContract
{
    [SkippableFact]
    public async Task Two_nodes_share_the_work()
    {
        var (a, b) = (0, 0);
        var first = await StartAsync([], (item, _) => WorkAsync(item, () => Interlocked.Increment(ref a)), workers: 2);
        await StartAsync([], (item, _) => WorkAsync(item, () => Interlocked.Increment(ref b)), workers: 2);
        var items = Enumerable.Range(1, 30).Select(d => new WorkItem("nightly", $"2026-11-{d:00}")).ToList();
        foreach (var item in items) await first.EnqueueAsync(item, default);
        await UntilAsync(() => Done.Count >= items.Count, "All items are done");
        Assert.Equal(items.OrderBy(i => i.Name), Done.OrderBy(i => i.Name));
        Assert.True(a > 0 && b > 0, $"One node did {a} items, the other {b}.");

        async Task WorkAsync(WorkItem item, Action count)
        {
            count();
            await Task.Delay(200);
            Done.Enqueue(item);
        }
    }
}

public sealed class QuartzOnPostgresTests : QuartzClusterContract
{
    private PostgresDatabase _database = null!;

    public override async Task InitializeAsync() => _database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

    protected override IJobScheduler Create(TimeProvider? time, int workers) =>
        Quartz.Make(new SchedulerStore(SchedulerStoreKind.Postgres, _database.ConnectionString), time, workers);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _database.DisposeAsync();
    }
}

public sealed class QuartzOnSqlServerTests : QuartzClusterContract
{
    private SqlServerDatabase? _database;

    public override async Task InitializeAsync() => _database = await (await SqlServerServer.SharedAsync()).CreateDatabaseAsync();

    protected override IJobScheduler Create(TimeProvider? time, int workers) =>
        Quartz.Make(new SchedulerStore(SchedulerStoreKind.SqlServer, _database!.ConnectionString), time, workers);

    public override async Task DisposeAsync()
    {
        if (_database is null) return;
        await base.DisposeAsync();
        SqlConnection.ClearAllPools();
        await _database.DisposeAsync();
    }
}

internal static class Quartz
{
    public static QuartzScheduler Make(SchedulerStore store, TimeProvider? time, int workers) => new(
        new SchedulerSettings(store, workers) { Time = time ?? TimeProvider.System, Heartbeat = TimeSpan.FromSeconds(1), NodeTimeout = TimeSpan.FromSeconds(5) }, _ => { });
}
