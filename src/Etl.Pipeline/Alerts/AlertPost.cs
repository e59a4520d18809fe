using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Webhooks;

namespace Etl.Pipeline.Alerts;

/// <summary>
/// Brings messages of the outbox to their channels, a few at a time. A channel that does not take one is tried again, seconds later at first and then
/// ever more rarely, for a day; then the message is given up. A process that dies in between leaves its message to the next one.
/// </summary>
/// <param name="outbox">Where the messages wait.</param>
/// <param name="channels">Finds their channels.</param>
/// <param name="say">Takes one sentence for the log; from several threads.</param>
public sealed class AlertPost(IAlertOutbox outbox, IAlertChannels channels, Action<string> say)
{
    /// <summary>A message that is older than this when a try fails is given up.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(24);

    private readonly string _owner = WorkerName.New();

    /// <summary>How long one try may take.</summary>
    public TimeSpan Timeout { get; init; } = WebhookRetry.Timeout;

    /// <summary>How often the outbox is looked into while it has nothing.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Messages that are delivered at once, so that a slow channel does not hold up the others.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>Delivers what is due, and what will be, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var slots = new SemaphoreSlim(Parallel);
        var under = new List<Task>();
        string? said = null;
        try
        {
            while (true)
            {
                await slots.WaitAsync(stop).ConfigureAwait(false);
                OutboxItem? item = null;
                try
                {
                    item = await TakeAsync(stop).ConfigureAwait(false);
                    said = null;
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    if (said != fault.Message) say($"Messages of alerts wait: {said = fault.Message}");
                }
                under.RemoveAll(t => t.IsCompleted);
                if (item is not null)
                {
                    under.Add(DeliverAndReleaseAsync(item, slots, stop));
                    continue;
                }
                slots.Release();
                await Task.Delay(LookEvery, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped: what is on its way ends by its own time limit at the latest.
        }
        await Task.WhenAll(under).ConfigureAwait(false);
    }

    /// <summary>Delivers one message that is due; false when none is.</summary>
    /// <exception cref="EtlException">The ledger is not to be had for now.</exception>
    public async Task<bool> DeliverNextAsync(CancellationToken cancellation)
    {
        if (await TakeAsync(cancellation).ConfigureAwait(false) is not { } item) return false;
        await DeliverAsync(item, cancellation).ConfigureAwait(false);
        return true;
    }

    // Longer than a try may take, so that nobody else takes what is on its way.
    private Task<OutboxItem?> TakeAsync(CancellationToken cancellation) => outbox.TakeAsync(_owner, Timeout + TimeSpan.FromSeconds(30), cancellation);

    private async Task DeliverAndReleaseAsync(OutboxItem item, SemaphoreSlim slots, CancellationToken stop)
    {
        try
        {
            await DeliverAsync(item, stop).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Delivered or not, the ledger does not know: it is delivered again.
            say($"Could not note what became of a message of alert '{item.Message.Key}': {fault.Message}");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Taken and not delivered: it comes back by itself.
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task DeliverAsync(OutboxItem item, CancellationToken cancellation)
    {
        var message = item.Message;
        if (await FaultOfAsync(message, cancellation).ConfigureAwait(false) is not { } fault)
        {
            await outbox.DeliveredAsync(item, CancellationToken.None).ConfigureAwait(false);
            return;
        }
        var isDead = item.Age > GiveUpAfter;
        if (isDead) say($"A message of alert '{message.Key}' was given up after a day of tries: {fault} 'etl alerts' shows the alert.");
        else if (item.Tries == 0) say($"A message of alert '{message.Key}' could not be delivered and is tried again: {fault}");
        await outbox.PostponeAsync(item, isDead ? null : WebhookRetry.WaitAfter(item.Tries + 1, Random.Shared.NextDouble()), fault, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<string?> FaultOfAsync(AlertMessage message, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            await channels.Find(message.Channel).DeliverAsync(message, limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (EtlException fault)
        {
            return fault.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Channel '{message.Channel}' did not answer within {Timeout.TotalSeconds:0.##} s.");
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // One that nobody has words for: its text may hold an address with a token, so only its kind is told.
            return $"Channel '{message.Channel}' failed with {fault.GetType().Name}.";
        }
    }
}
