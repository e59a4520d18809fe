using System.Data.Common;
using Etl.Core.Scheduling;
using Hangfire;
using Hangfire.Common;
using Hangfire.Dashboard;
using Hangfire.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Etl.Scheduling.Hangfire;

/// <summary>
/// The scheduler on Hangfire. An alarm is a recurring job, an item a background job. What a dead node had goes to another one when its time
/// of being hidden ends; what a stopping node had is handed back at once. Hangfire's retries are off, since the one retry policy is ours.
/// </summary>
public sealed class HangfireScheduler : IJobScheduler, ISchedulerDashboard
{
    private const string Place = "/hangfire", OperatorPolicy = "operator";

    private readonly SchedulerSettings _settings;
    private readonly Action<string> _warn;
    private readonly Lazy<JobStorage> _storage;
    private readonly JobFilterCollection _filters = [];
    private readonly HangfireItems _items;
    private readonly HangfireStop _stop = new();
    private BackgroundJobServer? _server;

    /// <summary>Makes the scheduler; it opens nothing before it starts.</summary>
    /// <param name="settings">How it works. A new alarm counts from the time of its clock; firing follows the store's own.</param>
    /// <param name="warn">Takes one sentence that a person should read; from several threads.</param>
    public HangfireScheduler(SchedulerSettings settings, Action<string> warn)
    {
        (_settings, _warn) = (settings, warn);
        // A store that was away when it was opened is opened again with the next call.
        _storage = new(() => HangfireStores.Open(settings), LazyThreadSafetyMode.PublicationOnly);
        // Ours and not the ones of the process, which repeat what failed ten times.
        _filters.Add(new AutomaticRetryAttribute { Attempts = 0 });
        _filters.Add(new StatisticsHistoryAttribute());
        _filters.Add(new HangfireOwnWorkOnly(warn));
        _items = new HangfireItems(() => _storage.Value, _filters);
    }

    /// <inheritdoc/>
    public string Engine => "hangfire";

    /// <inheritdoc/>
    public Task StartAsync(IReadOnlyList<JobAlarm> alarms, Func<WorkItem, CancellationToken, Task> work, CancellationToken cancellation) => AskAsync(
        "start",
        () =>
        {
            HangfireAlarms.Set(_storage.Value, _filters, alarms, _settings.Time);
            _server = new BackgroundJobServer(
                new BackgroundJobServerOptions
                {
                    WorkerCount = _settings.Workers,
                    SchedulePollingInterval = _settings.Heartbeat,
                    HeartbeatInterval = _settings.Heartbeat,
                    CancellationCheckInterval = _settings.Heartbeat,
                    // The time that work gets to end is ours (HangfireStop); Hangfire waits until it has.
                    StopTimeout = TimeSpan.Zero,
                    ShutdownTimeout = Timeout.InfiniteTimeSpan,
                    FilterProvider = _filters,
                    Activator = new WorkActivator(() => new HangfireWork(_items, work, _stop, _warn)),
                },
                _storage.Value);
            return true;
        },
        cancellation);

    /// <inheritdoc/>
    public Task SetAlarmsAsync(IReadOnlyList<JobAlarm> alarms, CancellationToken cancellation) =>
        AskAsync(
            "set the alarms",
            () =>
            {
                HangfireAlarms.Set(_storage.Value, _filters, alarms, _settings.Time);
                return true;
            },
            cancellation);

    /// <inheritdoc/>
    public Task<bool> EnqueueAsync(WorkItem item, CancellationToken cancellation) => AskAsync($"take '{item}'", () => _items.Enqueue(item), cancellation);

    /// <inheritdoc/>
    public Task<bool> CancelAsync(WorkItem item, CancellationToken cancellation) => AskAsync($"cancel '{item}'", () => _items.Cancel(item), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => _server is null
        ? throw new InvalidOperationException("The scheduler is not started.")
        : AskAsync("say when it fires next", () => HangfireAlarms.Next(_storage.Value), cancellation);

    /// <inheritdoc/>
    public async Task StopAsync(TimeSpan grace)
    {
        if (_server is not { } server) return;
        _server = null;
        _stop.Begin(grace);
        server.SendStop();
        await server.WaitForShutdownAsync(CancellationToken.None).ConfigureAwait(false);
        server.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        _stop.Dispose();
        if (_storage.IsValueCreated) (_storage.Value as IDisposable)?.Dispose();
    }

    /// <inheritdoc/>
    public IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints)
    {
        // Who may in is the server's business alone: Hangfire's own filter lets in whatever comes from this machine, also through a proxy on it.
        var options = new DashboardOptions { Authorization = [], AsyncAuthorization = [], DisplayStorageConnectionString = false, DashboardTitle = "etl" };
        var pages = endpoints.CreateApplicationBuilder().UsePathBase(Place).UseMiddleware<AspNetCoreDashboardMiddleware>(_storage.Value, options, DashboardRoutes.Routes, true).Build();
        return endpoints.Map(Place + "/{**path}", pages).RequireAuthorization(OperatorPolicy);
    }

    // Hangfire's calls block.
    private static Task<T> AskAsync<T>(string doing, Func<T> ask, CancellationToken cancellation) => StoreFaults.ExplainAsync(
        doing, fault => fault is DbException or DistributedLockTimeoutException or BackgroundJobClientException, () => Task.Run(ask, cancellation));

    private sealed class WorkActivator(Func<HangfireWork> make) : JobActivator
    {
        public override object ActivateJob(Type jobType) =>
            jobType == typeof(HangfireWork) ? make() : throw new NotSupportedException($"'{jobType}' is no work of this program.");
    }
}
