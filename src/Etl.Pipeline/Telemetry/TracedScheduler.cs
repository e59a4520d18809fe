using Etl.Core.Scheduling;
using Etl.Core.Telemetry;

namespace Etl.Pipeline.Telemetry;

/// <summary>A scheduler whose items are spans: <c>window</c> for one that names a window, <c>run</c> for a look what is due.</summary>
public sealed class TracedScheduler(IJobScheduler inner) : IJobScheduler
{
    /// <inheritdoc/>
    public string Engine => inner.Engine;

    /// <inheritdoc/>
    public Task StartAsync(IReadOnlyList<JobAlarm> alarms, Func<WorkItem, CancellationToken, Task> work, CancellationToken cancellation) =>
        inner.StartAsync(alarms, (item, stop) => DoAsync(item, work, stop), cancellation);

    /// <inheritdoc/>
    public Task SetAlarmsAsync(IReadOnlyList<JobAlarm> alarms, CancellationToken cancellation) => inner.SetAlarmsAsync(alarms, cancellation);

    /// <inheritdoc/>
    public Task<bool> EnqueueAsync(WorkItem item, CancellationToken cancellation) => inner.EnqueueAsync(item, cancellation);

    /// <inheritdoc/>
    public Task<bool> CancelAsync(WorkItem item, CancellationToken cancellation) => inner.CancelAsync(item, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => inner.NextAsync(cancellation);

    /// <inheritdoc/>
    public Task StopAsync(TimeSpan grace) => inner.StopAsync(grace);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static async Task DoAsync(WorkItem item, Func<WorkItem, CancellationToken, Task> work, CancellationToken stop)
    {
        using var span = EtlActivity.Source.StartActivity(item.Label is null ? "run" : "window");
        span?.SetTag("etl.job", item.Job).SetTag("etl.window", item.Label);
        try
        {
            await work(item, stop).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            EtlActivity.Fail(span, fault);
            throw;
        }
    }
}
