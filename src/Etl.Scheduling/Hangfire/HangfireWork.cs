using Etl.Core.Scheduling;
using Hangfire.Common;

namespace Etl.Scheduling.Hangfire;

/// <summary>One item of work as Hangfire stores and runs it. The name of this class and the parameters of its method stand in stored jobs: a change leaves those behind.</summary>
internal sealed class HangfireWork(HangfireItems items, Func<WorkItem, CancellationToken, Task> work, HangfireStop stop, Action<string> warn)
{
    /// <summary>The Hangfire job of an item.</summary>
    public static Job Describe(WorkItem item) =>
        // The token is put in by Hangfire when it runs the job.
        Job.FromExpression<HangfireWork>(w => w.DoAsync(item.Job, item.Label, item.Force, CancellationToken.None));

    /// <summary>Does the item.</summary>
    /// <param name="job">See <see cref="WorkItem"/>.</param>
    /// <param name="label">See <see cref="WorkItem"/>.</param>
    /// <param name="force">See <see cref="WorkItem"/>.</param>
    /// <param name="cancellation">Fires when the item is cancelled or another node took it, and at once when this node begins to stop.</param>
    /// <remarks>On a thread of the pool: Hangfire's own stops serving continuations once its token has fired.</remarks>
    public Task DoAsync(string job, string? label, bool force, CancellationToken cancellation) =>
        Task.Run(() => DoAsync(new WorkItem(job, label, force), cancellation), CancellationToken.None);

    private async Task DoAsync(WorkItem item, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop.GraceOver);
        var told = cancellation.Register(() =>
        {
            if (!stop.IsStopping) end.Cancel();
        });
        await using (told.ConfigureAwait(false))
        {
            try
            {
                await work(item, end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // Hangfire hands it back when the node stops, and lets it go when it was cancelled.
                throw new OperationCanceledException(cancellation);
            }
            catch (Exception fault)
            {
                // The ledger has the window as failed and due; an engine's retry would only knock again at once.
                warn($"'{item}' ended with a fault: {fault.Message}");
            }
        }
        items.Done(item);
    }
}

/// <summary>The two steps of a stop: nothing new is taken, and later what still runs is cancelled.</summary>
internal sealed class HangfireStop : IDisposable
{
    private readonly CancellationTokenSource _graceOver = new();

    /// <summary>True from when a stop began.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Fires when what runs has had its time.</summary>
    public CancellationToken GraceOver => _graceOver.Token;

    public void Begin(TimeSpan grace)
    {
        IsStopping = true;
        _graceOver.CancelAfter(grace);
    }

    public void Dispose() => _graceOver.Dispose();
}
