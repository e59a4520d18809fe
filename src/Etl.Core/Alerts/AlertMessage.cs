namespace Etl.Core.Alerts;

/// <summary>What a message says.</summary>
public enum AlertMessageKind
{
    Firing,
    Resolved,
    /// <summary>A person tries the channel out.</summary>
    Test,
}

/// <summary>One message to one channel, complete: what is tried again is the same.</summary>
public sealed record AlertMessage
{
    /// <summary>Unique; a receiver that sees it twice has seen one message.</summary>
    public required string Id { get; init; }

    public required AlertKey Key { get; init; }
    public required string Channel { get; init; }
    public required AlertMessageKind Kind { get; init; }

    /// <summary>One line that says what happened.</summary>
    public required string Subject { get; init; }

    /// <summary>The facts as one JSON object.</summary>
    public required string Body { get; init; }
}

/// <summary>Takes messages to people. One is made for each name that settings give.</summary>
public interface IAlertChannel
{
    /// <summary>Delivers one message.</summary>
    /// <exception cref="Errors.EtlException">It could not be delivered; the message names no address beyond its host and no secret.</exception>
    Task DeliverAsync(AlertMessage message, CancellationToken cancellation);
}

/// <summary>Finds channels by name.</summary>
public interface IAlertChannels
{
    /// <summary>The channel of a name.</summary>
    /// <exception cref="Errors.EtlException">Settings do not say what it is, or what they say cannot be used.</exception>
    IAlertChannel Find(string name);
}

/// <summary>Names of channels.</summary>
public static class AlertChannels
{
    /// <summary>A line in the output of the server; there without any setting.</summary>
    public const string Log = "log";
}
