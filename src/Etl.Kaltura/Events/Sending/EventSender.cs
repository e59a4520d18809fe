using System.Threading.Channels;
using Etl.Core.Errors;
using Etl.Kaltura.Events.Queue;

namespace Etl.Kaltura.Events.Sending;

/// <summary>How events are sent.</summary>
public sealed record EventSenderOptions
{
    /// <summary>File that takes events which the service refuses for good.</summary>
    public required string RefusedPath { get; init; }

    /// <summary>Form of the requests.</summary>
    public EventMethod Method { get; init; } = EventMethod.Post;

    /// <summary>True to sign each <c>analytics.trackEvent</c> request (<c>kalsig</c>).</summary>
    public bool Sign { get; init; }

    /// <summary>Requests in flight per host; each is of another playback session. More is faster until the host slows down.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>Most attempts a second, all hosts together; null for no bound.</summary>
    public double? Rate { get; init; }

    /// <summary>Time for one attempt.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time that requests in flight are given to end when the sender is stopped.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Hears once when a host does not answer, and once when it does again.</summary>
    public Action<string> Warn { get; init; } = _ => { };
}

/// <summary>What a run of the sender did.</summary>
/// <param name="Delivered">Events that the service took.</param>
/// <param name="Refused">Events in the file of refused ones.</param>
/// <param name="Left">Events that stay in the queue.</param>
public sealed record EventSendResult(long Delivered, long Refused, long Left)
{
    /// <summary>Why events stay; null when none does or the run was stopped.</summary>
    public EtlException? Fault { get; init; }

    /// <summary>True when a refusal was of the session (HTTP 401, INVALID_KS).</summary>
    public bool IsSessionRefused { get; init; }
}

/// <summary>
/// Sends what is in a queue. Events of one playback session go one after the other, each when the one before is delivered or refused, whatever fails in
/// between; sessions go side by side. An attempt that fails for a time is repeated after 1, 2 and 4 s; then the host counts as away and is tried now and
/// then while more input may come, and events stay in the queue. At least once: an answer that was lost means a second delivery of that event.
/// </summary>
public sealed partial class EventSender : IDisposable
{
    private const int Window = 20_000;

    private static readonly TimeSpan[] s_retries = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)];
    private static readonly TimeSpan s_firstProbe = TimeSpan.FromSeconds(8), s_lastProbe = TimeSpan.FromMinutes(1);

    private readonly EventQueue _queue;
    private readonly EventSenderOptions _options;
    private readonly IEventTransport _transport;
    private readonly TimeProvider _clock;
    private readonly RefusedEvents _refusedEvents;
    private readonly Channel<Action> _messages = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<Uri, Host> _hosts = [];
    private readonly CancellationTokenSource _abort = new();
    private long _delivered;
    private long _refused;
    private int _held;
    private bool _isSessionRefused;
    private bool _isLastCall;
    private EtlException? _halt;
    private DateTimeOffset _nextStart;
    private bool _isPacing;

    /// <summary>Makes a sender of a queue.</summary>
    public EventSender(KalturaConnection connection, EventQueue queue, EventSenderOptions options)
        : this(queue, options, new EventTransport(connection, options), connection.Clock)
    {
    }

    internal EventSender(EventQueue queue, EventSenderOptions options, IEventTransport transport, TimeProvider clock)
    {
        (_queue, _options, _transport, _clock) = (queue, options, transport, clock);
        _refusedEvents = new RefusedEvents(options.RefusedPath);
    }

    /// <summary>Events delivered so far. May be read at any time.</summary>
    public long Delivered => Interlocked.Read(ref _delivered);

    /// <summary>Events refused so far. May be read at any time.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>
    /// Sends until the input has ended and nothing is left that can be sent. While the input is open, a host that is away is tried again and again; after its end
    /// it is given up after one round of attempts. Once per sender.
    /// </summary>
    /// <param name="inputEnded">Done when nothing more will be appended.</param>
    /// <param name="cancellation">Stops it: requests in flight get their <see cref="EventSenderOptions.Grace"/>, all else stays in the queue.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<EventSendResult> RunAsync(Task inputEnded, CancellationToken cancellation)
    {
        using var stopped = cancellation.Register(() => _messages.Writer.TryWrite(() => _abort.CancelAfter(_options.Grace)));
        Task? message = null;
        while (true)
        {
            // In this order: what is appended after the look wakes the wait.
            var (more, isEnded) = (_queue.WaitForMoreAsync(), inputEnded.IsCompleted);
            if (!IsStopping()) ReadOn();
            if (isEnded && !_isLastCall) LastCall();
            if (!IsStopping()) Start();
            // Looked at again: reading may have halted it.
            var isStopping = IsStopping();
            var inFlight = _hosts.Values.Sum(h => h.InFlight);
            if (inFlight == 0 && (isStopping || (isEnded && !_isPacing && _hosts.Values.All(h => h.IsIdle)))) break;
            message ??= _messages.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            List<Task> wakers = [message];
            if (!isStopping && _held < Window) wakers.Add(more);
            if (!isEnded) wakers.Add(inputEnded);
            await Task.WhenAny(wakers).ConfigureAwait(false);
            if (message.IsCompleted) message = null;
            while (_messages.Reader.TryRead(out var act)) act();
        }
        if (_halt is null) cancellation.ThrowIfCancellationRequested();
        var left = _queue.Count;
        return new EventSendResult(Delivered, Refused, left)
        {
            Fault = _halt ?? (left == 0 ? null : _hosts.Values.Select(h => h.LastFault).FirstOrDefault(f => f is not null)),
            IsSessionRefused = _isSessionRefused,
        };

        bool IsStopping() => cancellation.IsCancellationRequested || _halt is not null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _refusedEvents.Dispose();
        (_transport as IDisposable)?.Dispose();
        _abort.Dispose();
    }

    private void ReadOn()
    {
        try
        {
            Read();
        }
        catch (EtlException e)
        {
            _halt ??= e;
        }
        catch (IOException e)
        {
            _halt ??= DiskFault(e);
        }
    }

    private void Read()
    {
        while (_held < Window && _queue.TryRead() is { } e)
        {
            if (e.Event is null)
            {
                Refuse(e, $"This build cannot read the event: {e.Fault}");
                continue;
            }
            var host = HostOf(_transport.HostOf(e.Event));
            // Events without a session have no order to keep.
            var key = e.Event.SessionId is { } id ? $"{e.Event.Api.Name} {id}" : $"#{e.Number}";
            if (!_lanes.TryGetValue(key, out var lane))
            {
                _lanes[key] = lane = new Lane(key, host);
                host.Ready.Enqueue(lane);
            }
            lane.Events.Enqueue(e);
            _held++;
        }
    }

    private Host HostOf(Uri address)
    {
        if (!_hosts.TryGetValue(address, out var host)) _hosts[address] = host = new Host(address);
        return host;
    }

    private void Refuse(QueuedEvent e, string reason)
    {
        _refusedEvents.Add(e, reason);
        _queue.Acknowledge(e);
        Interlocked.Increment(ref _refused);
    }

    /// <summary>Runs an action on the sender's own loop after a wait.</summary>
    private void After(TimeSpan wait, Action act) =>
        _ = Task.Delay(wait, _clock).ContinueWith(_ => _messages.Writer.TryWrite(act), TaskScheduler.Default);
}
