using Etl.Core.Errors;
using Etl.Core.Scheduling;
using Etl.Testing;
using Etl.Testing.Scheduling;
using Etl.Testing.Servers;
using Microsoft.Data.SqlClient;

namespace Etl.Scheduling.Tests;

// Compiled in both package sets; in `portable` every test is skipped and says why.

public sealed class HangfireInMemoryTests : SchedulerContract
{
    protected override IJobScheduler Create(TimeProvider? time, int workers) => Hangfire.Make(SchedulerStore.Memory, time, workers);
}

public sealed class HangfireOnPostgresTests : ClusterContract
{
    private PostgresDatabase? _database;

    public override async Task InitializeAsync()
    {
        Hangfire.Require();
        _database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
    }

    protected override IJobScheduler Create(TimeProvider? time, int workers) =>
        Hangfire.Make(new SchedulerStore(SchedulerStoreKind.Postgres, _database!.ConnectionString), time, workers);

    public override async Task DisposeAsync()
    {
        if (_database is null) return;
        await base.DisposeAsync();
        await _database.DisposeAsync();
    }
}

public sealed class HangfireOnSqlServerTests : ClusterContract
{
    private SqlServerDatabase? _database;

    public override async Task InitializeAsync()
    {
        Hangfire.Require();
        _database = await (await SqlServerServer.SharedAsync()).CreateDatabaseAsync();
    }

    protected override IJobScheduler Create(TimeProvider? time, int workers) =>
        Hangfire.Make(new SchedulerStore(SchedulerStoreKind.SqlServer, _database!.ConnectionString), time, workers);

    public override async Task DisposeAsync()
    {
        if (_database is null) return;
        await base.DisposeAsync();
        SqlConnection.ClearAllPools();
        await _database.DisposeAsync();
    }
}

public sealed class HangfireCronTests : CronContract
{
    protected override Task<IReadOnlyList<DateTimeOffset>> FiringsAsync(JobAlarm alarm, DateTimeOffset from, int count)
    {
        Hangfire.Require();
        List<DateTimeOffset> firings = [];
#if FULL
        // Without a server, which would follow the clock of the machine.
        var storage = Etl.Scheduling.Hangfire.HangfireStores.Open(new SchedulerSettings(SchedulerStore.Memory, 1));
        var clock = new FakeClock(from);
        for (var round = 0; round < count; round++)
        {
            Etl.Scheduling.Hangfire.HangfireAlarms.Set(storage, [], [alarm], clock);
            firings.Add(Assert.Single(Etl.Scheduling.Hangfire.HangfireAlarms.Next(storage)).At);
            Etl.Scheduling.Hangfire.HangfireAlarms.Set(storage, [], [], clock);
            clock.Advance(firings[^1] - clock.GetUtcNow() + TimeSpan.FromSeconds(1));
        }
#endif
        return Task.FromResult<IReadOnlyList<DateTimeOffset>>(firings);
    }
}

public sealed class SchedulersTests
{
    [Fact]
    public async Task Auto_takes_Hangfire_where_it_is_and_Quartz_where_not()
    {
        var settings = new SchedulerSettings(SchedulerStore.Memory, 1);
        await using var chosen = Schedulers.Create(Schedulers.Auto, settings, _ => { });
        Assert.Equal(Hangfire.IsHere ? "hangfire" : "quartz", chosen.Engine);
        await using var quartz = Schedulers.Create(Schedulers.Quartz, settings, _ => { });
        Assert.Equal("quartz", quartz.Engine);
    }

    [SkippableFact]
    public void Engine_that_this_build_does_not_have_is_a_usage_fault_that_says_so()
    {
        Skip.If(Hangfire.IsHere, "This build has Hangfire.");
        var fault = Assert.Throws<EtlException>(() => Schedulers.Create(Schedulers.Hangfire, new SchedulerSettings(SchedulerStore.Memory, 1), _ => { }));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("'full'", fault.Message, StringComparison.Ordinal);
    }
}

internal static class Hangfire
{
#if FULL
    public const bool IsHere = true;
#else
    public const bool IsHere = false;
#endif

    public static void Require() => Skip.IfNot(IsHere, "Hangfire is in the package set 'full' only.");

    public static IJobScheduler Make(SchedulerStore store, TimeProvider? time, int workers)
    {
        Require();
        return Schedulers.Create(
            Schedulers.Hangfire,
            new SchedulerSettings(store, workers) { Time = time ?? TimeProvider.System, Heartbeat = TimeSpan.FromSeconds(1), NodeTimeout = TimeSpan.FromSeconds(5) },
            _ => { });
    }
}
