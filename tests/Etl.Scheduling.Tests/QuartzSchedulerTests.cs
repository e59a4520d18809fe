using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Scheduling;
using Etl.Scheduling.Quartz;
using Etl.Testing;
using Etl.Testing.Files;
using Etl.Testing.Scheduling;
using Etl.Testing.Servers;
using Microsoft.Data.SqlClient;
using Npgsql;

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

public sealed class QuartzOnPostgresTests : ClusterContract
{
    private PostgresDatabase _database = null!;

    public override async Task InitializeAsync() => _database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

    protected override IJobScheduler Create(TimeProvider? time, int workers) =>
        Quartz.Make(new SchedulerStore(SchedulerStoreKind.Postgres, _database.ConnectionString), time, workers);

    [Fact]
    public async Task Start_that_found_the_store_away_may_be_tried_again()
    {
        var direct = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        await using var line = CuttableLine.To(direct.Port);
        await line.CutAsync();
        await using var scheduler = Quartz.Make(
            new SchedulerStore(SchedulerStoreKind.Postgres, new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Host = "127.0.0.1", Port = line.Port }.ConnectionString), null, 1);
        var done = new TaskCompletionSource<WorkItem>();
        for (var turn = 0; turn < 2; turn++)
        {
            var fault = await Assert.ThrowsAsync<EtlException>(StartAsync);
            Assert.True(fault.IsTransient);
            // A sentence for the log, and no stack.
            Assert.Matches($@"\AThe scheduler could not start, .*Failed to connect to 127\.0\.0\.1:{line.Port}\. It goes on by itself when the database is back\.\z", fault.Message);
        }
        line.Mend();
        await StartAsync();
        await scheduler.EnqueueAsync(new WorkItem("plays", "2026-11-19"), default);
        Assert.Equal("plays", (await done.Task.WaitAsync(TimeSpan.FromMinutes(1))).Job);
        Assert.Equal("plays", Assert.Single(await scheduler.NextAsync(default)).Job);

        Task StartAsync() => scheduler.StartAsync(
            [new JobAlarm("plays", new ScheduleSpec("15 2 * * *", "UTC"))],
            (item, _) =>
            {
                done.TrySetResult(item);
                return Task.CompletedTask;
            },
            default);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _database.DisposeAsync();
    }
}

public sealed class QuartzOnSqlServerTests : ClusterContract
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

public sealed class QuartzCronTests : CronContract
{
    protected override async Task<IReadOnlyList<DateTimeOffset>> FiringsAsync(JobAlarm alarm, DateTimeOffset from, int count)
    {
        var clock = new FakeClock(from);
        await using var scheduler = Quartz.Make(SchedulerStore.Memory, clock, workers: 1);
        await scheduler.StartAsync([], (_, _) => Task.CompletedTask, default);
        var firings = new List<DateTimeOffset>();
        for (var round = 0; round < count; round++)
        {
            await scheduler.SetAlarmsAsync([alarm], default);
            firings.Add(Assert.Single(await scheduler.NextAsync(default)).At);
            await scheduler.SetAlarmsAsync([], default);
            // An alarm counts from when it was set, that second included.
            clock.Advance(firings[^1] - clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        }
        return firings;
    }
}

internal static class Quartz
{
    public static QuartzScheduler Make(SchedulerStore store, TimeProvider? time, int workers) => new(
        new SchedulerSettings(store, workers) { Time = time ?? TimeProvider.System, Heartbeat = TimeSpan.FromSeconds(1), NodeTimeout = TimeSpan.FromSeconds(5) }, _ => { });
}
