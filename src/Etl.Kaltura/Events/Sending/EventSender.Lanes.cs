using Etl.Core.Errors;
using Etl.Kaltura.Events.Queue;

namespace Etl.Kaltura.Events.Sending;

/// <summary>The sender's own loop: every method here runs on it, one at a time.</summary>
public sealed partial class EventSender
{
    /// <summary>Events of one playback session, in order; the first is the one in hand.</summary>
    private sealed class Lane(string key, Host host)
    {
        public string Key { get; } = key;
        public Host Host { get; } = host;
        public Queue<QueuedEvent> Events { get; } = new();

        /// <summary>Attempts of the first event that failed.</summary>
        public int Failures { get; set; }

        /// <summary>Successes of the host when the first event was first tried.</summary>
        public long SuccessesBefore { get; set; }
    }

    private sealed class Host(Uri address)
    {
        public string Name { get; } = address.GetLeftPart(UriPartial.Authority);

        /// <summary>Lanes whose first event may be sent now.</summary>
        public Queue<Lane> Ready { get; } = new();

        /// <summary>Lanes whose first event used up its attempts, by number of that event.</summary>
        public SortedDictionary<long, Lane> Parked { get; } = [];

        public int InFlight { get; set; }

        /// <summary>Lanes that wait for their next attempt.</summary>
        public int Waiting { get; set; }

        public long Successes { get; set; }
        public bool IsAway { get; set; }
        public bool IsProbing { get; set; }
        public TimeSpan NextProbe { get; set; } = s_firstProbe;
        public EtlException? LastFault { get; set; }

        /// <summary>True when nothing of it will move by itself.</summary>
        public bool IsIdle => InFlight == 0 && Waiting == 0 && !IsProbing && (Ready.Count == 0 || IsAway);
    }

    private void Start()
    {
        foreach (var host in _hosts.Values)
        {
            while (!host.IsAway && host.InFlight < _options.Concurrency && host.Ready.Count > 0)
            {
                if (!MayStart()) return;
                Attempt(host.Ready.Dequeue());
            }
        }
    }

    private bool MayStart()
    {
        if (_options.Rate is not { } rate) return true;
        if (_isPacing) return false;
        var now = _clock.GetUtcNow();
        if (_nextStart > now)
        {
            _isPacing = true;
            After(_nextStart - now, () => _isPacing = false);
            return false;
        }
        // What was not used is not saved up, but for the coarse ticks of timers.
        var earliest = now - TimeSpan.FromMilliseconds(50);
        _nextStart = (_nextStart > earliest ? _nextStart : earliest) + TimeSpan.FromSeconds(1 / rate);
        return true;
    }

    private void Attempt(Lane lane)
    {
        var e = lane.Events.Peek();
        if (lane.Failures == 0) lane.SuccessesBefore = lane.Host.Successes;
        lane.Host.InFlight++;
        _ = Task.Run(async () =>
        {
            EventVerdict? verdict = null;
            try
            {
                verdict = await _transport.SendAsync(e.Event!, _abort.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Stopped after its grace: it stays in the queue.
            }
            catch (Exception fault)
            {
                verdict = new EventVerdict(EventFate.Halted, $"The event could not be sent: {fault.Message}") { Kind = FaultKind.Window };
            }
            _messages.Writer.TryWrite(() => Settle(lane, verdict));
        });
    }

    private void Settle(Lane lane, EventVerdict? verdict)
    {
        lane.Host.InFlight--;
        try
        {
            Judge(lane, verdict);
        }
        catch (IOException e)
        {
            // What is not noted is sent again by the next run.
            _halt ??= DiskFault(e);
        }
    }

    private EtlException DiskFault(IOException e) => new(FaultKind.Window,
        $"What became of an event could not be written beside the queue or to '{_options.RefusedPath}': {e.Message} Make room on the disk and run it again; that event may be delivered twice.", e) { Code = "queue-disk" };

    private void Judge(Lane lane, EventVerdict? verdict)
    {
        var host = lane.Host;
        switch (verdict?.Fate)
        {
            case EventFate.Delivered:
                Interlocked.Increment(ref _delivered);
                _queue.Acknowledge(lane.Events.Peek());
                Succeed(host);
                Next(lane);
                break;
            case EventFate.Refused:
                _isSessionRefused |= verdict.Kind == FaultKind.Refused;
                Refuse(lane.Events.Peek(), verdict.Reason);
                Succeed(host);
                Next(lane);
                break;
            case EventFate.Again:
                host.LastFault = Fault(verdict);
                if (lane.Failures < s_retries.Length && !host.IsAway) Wait(lane, verdict);
                else Park(lane);
                break;
            case EventFate.Halted:
                _halt ??= Fault(verdict);
                break;
        }
    }

    private static EtlException Fault(EventVerdict verdict) => new(verdict.Kind, verdict.Reason) { Code = "events", IsTransient = verdict.Fate == EventFate.Again };

    private void Next(Lane lane)
    {
        lane.Events.Dequeue();
        lane.Failures = 0;
        _held--;
        if (lane.Events.Count > 0) lane.Host.Ready.Enqueue(lane);
        else _lanes.Remove(lane.Key);
    }

    private void Wait(Lane lane, EventVerdict verdict)
    {
        var host = lane.Host;
        var wait = s_retries[lane.Failures++];
        host.Waiting++;
        After(wait > verdict.MinWait ? wait : verdict.MinWait, () =>
        {
            host.Waiting--;
            if (host.IsAway) Park(lane);
            else host.Ready.Enqueue(lane);
        });
    }

    private void Park(Lane lane)
    {
        var host = lane.Host;
        // Others got through meanwhile: the host is there, and this event is one that it cannot take for now.
        var isAlone = host.Successes > lane.SuccessesBefore;
        lane.Failures = 0;
        host.Parked[lane.Events.Peek().Number] = lane;
        if (!isAlone && !host.IsAway)
        {
            host.IsAway = true;
            _options.Warn($"{host.LastFault!.Message} Events stay in the queue{(_isLastCall ? "" : "; the host is tried again from time to time")}.");
        }
        if (_isLastCall || host.IsProbing) return;
        host.IsProbing = true;
        After(host.NextProbe, () => Probe(host));
        host.NextProbe = host.NextProbe * 2 < s_lastProbe ? host.NextProbe * 2 : s_lastProbe;
    }

    private void Probe(Host host)
    {
        host.IsProbing = false;
        if (_isLastCall || host.Parked.Count == 0 || _halt is not null || _abort.IsCancellationRequested) return;
        if (!host.IsAway)
        {
            Unpark(host);
            return;
        }
        // The oldest event is the probe, with one attempt.
        var (number, lane) = host.Parked.First();
        host.Parked.Remove(number);
        lane.Failures = s_retries.Length;
        Attempt(lane);
    }

    private void Succeed(Host host)
    {
        host.Successes++;
        if (!host.IsAway) return;
        host.IsAway = false;
        host.NextProbe = s_firstProbe;
        _options.Warn($"'{host.Name}' answers again; the queue is sent on.");
        Unpark(host);
    }

    private static void Unpark(Host host)
    {
        // Oldest first.
        foreach (var lane in host.Parked.Values) host.Ready.Enqueue(lane);
        host.Parked.Clear();
    }

    /// <summary>The input has ended: what waits for a host gets one more round and then stays.</summary>
    private void LastCall()
    {
        _isLastCall = true;
        foreach (var host in _hosts.Values)
        {
            host.IsAway = host.IsProbing = false;
            Unpark(host);
        }
    }
}
