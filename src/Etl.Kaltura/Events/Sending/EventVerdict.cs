using Etl.Core.Errors;

namespace Etl.Kaltura.Events.Sending;

/// <summary>What is to become of an event after an attempt.</summary>
internal enum EventFate
{
    /// <summary>The service has it.</summary>
    Delivered,
    /// <summary>The service will never take it.</summary>
    Refused,
    /// <summary>Another attempt may work.</summary>
    Again,
    /// <summary>Nothing will work until a person has changed something; the event stays.</summary>
    Halted,
}

/// <summary>Outcome of one attempt. <paramref name="Reason"/> is a sentence without credentials.</summary>
internal sealed record EventVerdict(EventFate Fate, string Reason = "")
{
    public static EventVerdict Delivered { get; } = new(EventFate.Delivered);

    /// <summary>Who must act.</summary>
    public FaultKind Kind { get; init; } = FaultKind.Unreachable;

    /// <summary>Least wait before the next attempt.</summary>
    public TimeSpan MinWait { get; init; }
}

/// <summary>Makes one attempt to deliver an event.</summary>
internal interface IEventTransport
{
    /// <summary>The host that takes this event.</summary>
    /// <exception cref="EtlException">None is configured.</exception>
    Uri HostOf(KalturaEvent e);

    /// <summary>One attempt; throws on cancellation only.</summary>
    Task<EventVerdict> SendAsync(KalturaEvent e, CancellationToken cancellation);
}
