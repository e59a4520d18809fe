using System.Diagnostics;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Queue;
using Etl.Kaltura.Events.Sending;
using Etl.Landing.Stores.Local;

namespace Etl.Cli.Events;

/// <summary>The queue under the data folder and a sender that empties it while a command fills it.</summary>
internal sealed class Delivery(EtlHost host, Terminal terminal, DeliverySettings settings)
{
    // A host that takes nothing for this long, with the queue full, is not waited for.
    private static readonly TimeSpan s_fullPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(2);

    private readonly string _folder = Path.Combine(host.DataFolder, "events");
    private Func<(long Delivered, long Refused)> _sent = () => (0, 0);

    /// <summary>Events appended by this process.</summary>
    public long Queued { get; private set; }

    /// <summary>What the sender is made with.</summary>
    public EventSenderOptions SenderOptions => new()
    {
        RefusedPath = Path.Combine(_folder, "refused.jsonl"), Method = settings.Method, Sign = settings.Sign, Concurrency = settings.Concurrency, Rate = settings.Rate, Warn = terminal.Warn,
    };

    /// <summary>Fills and sends. What is not sent at the end stays in the queue for the next run.</summary>
    /// <param name="fill">Appends through <see cref="AppendAsync"/>.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<EventSendResult> RunAsync(Func<EventQueue, CancellationToken, Task> fill, CancellationToken cancellation)
    {
        using var queue = EventQueue.Open(new EventQueueOptions
        {
            Folder = Path.Combine(_folder, "queue"), LimitBytes = settings.QueueLimitBytes, Warn = terminal.Warn, SyncFolder = DurableFolder.Sync,
        });
        if (queue.Count > 0) terminal.Note($"{queue.Count} events wait in the queue from before.");
        using var sender = new EventSender(host.Events, queue, SenderOptions);
        _sent = () => (sender.Delivered, sender.Refused);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var filling = Task.Run(() => fill(queue, stop.Token), CancellationToken.None);
        using var shown = new Timer(_ => Show(queue), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        try
        {
            // A fill that fails ends the input; what it appended before is sent.
            var result = await sender.RunAsync(filling.ContinueWith(_ => { }, TaskScheduler.Default), cancellation).ConfigureAwait(false);
            // A halted sender does not wait for more; and standard input does not hear that it is to stop.
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(filling, Task.Delay(s_stopPatience, CancellationToken.None)).ConfigureAwait(false);
            if (filling.Exception?.InnerException is { } fault)
            {
                // What was taken over before it was sent all the same.
                if (fault is not EtlException known) throw fault;
                result = result with { Fault = result.Fault ?? known };
            }
            if (result.Left == 0) await queue.ForgetInputsAsync().ConfigureAwait(false);
            return result;
        }
        catch (OperationCanceledException)
        {
            terminal.Warn($"Stopped: {sender.Delivered} events delivered, {queue.Count} stay in the queue. 'etl events send' sends them.");
            throw;
        }
    }

    /// <summary>Takes events over; waits while the queue is full and events go out.</summary>
    public async Task AppendAsync(EventQueue queue, IReadOnlyList<EventLine> lines, ulong input, bool isEnd, bool waitsForEver, CancellationToken cancellation)
    {
        var since = Stopwatch.StartNew();
        var sent = _sent();
        for (var isTold = false; ; isTold = true)
        {
            try
            {
                await queue.AppendAsync(lines, input, isEnd).ConfigureAwait(false);
                Queued += lines.Count;
                return;
            }
            catch (EtlException e) when (e.Code == "queue-full")
            {
                if (!isTold) terminal.Warn(waitsForEver ? $"{e.Message} No more input is read until there is room." : e.Message);
                if (_sent() != sent) (sent, since) = (_sent(), Stopwatch.StartNew());
                if (!waitsForEver && since.Elapsed > s_fullPatience) throw;
            }
            await Task.Delay(200, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the result and gives the exit code.</summary>
    public int Tell(EventSendResult result, long bad = 0)
    {
        var exits = new List<int> { ExitCode.Done };
        if (result.Fault is { } fault)
        {
            exits.Add(ExitCode.Of(fault.Kind));
            terminal.Warn(fault.Message);
        }
        if (result.Refused > 0) exits.Add(result.IsSessionRefused ? ExitCode.Refused : ExitCode.WindowFailed);
        if (bad > 0) exits.Add(ExitCode.WindowFailed);
        var exit = ExitCode.Combine(exits);
        terminal.Line($"{Queued} events taken over, {result.Delivered} delivered.");
        if (result.Refused > 0) terminal.Warn($"{result.Refused} events were refused for good; they are in '{SenderOptions.RefusedPath}' with the reasons. Mend them and send that file.");
        if (result.Left > 0) terminal.Warn($"{result.Left} events stay in the queue; 'etl events send' without a file sends them.");
        terminal.Object(new { type = "summary", exit, queued = Queued, delivered = result.Delivered, refused = result.Refused, left = result.Left, bad });
        return exit;
    }

    private void Show(EventQueue queue)
    {
        var (delivered, refused) = _sent();
        terminal.Object(new { type = "progress", queued = Queued, delivered, refused, waiting = queue.Count });
        if (terminal.Interactive) terminal.Note($"{Queued} taken over, {delivered} delivered, {queue.Count} waiting");
    }
}
