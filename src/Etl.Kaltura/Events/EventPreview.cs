namespace Etl.Kaltura.Events;

/// <summary>The request of an event as it would be sent, for people to look at.</summary>
public static class EventPreview
{
    /// <summary>Method, address and fields; a session token is never among them.</summary>
    /// <exception cref="Core.Errors.EtlException">The address that its API needs is not set.</exception>
    public static (string Method, string Address, IReadOnlyList<KeyValuePair<string, string>> Fields) Of(KalturaEvent e, KalturaConnection connection, Sending.EventSenderOptions options)
    {
        using var transport = new Sending.EventTransport(connection, options);
        var fields = EventForm.Fields(e, options.Method, session: null, options.Sign);
        using var message = EventForm.Message(e, options.Method, transport.HostOf(e), fields);
        return (message.Method.Method, message.RequestUri!.GetLeftPart(UriPartial.Path) + $"?service={e.Api.Service}&action={e.Api.Action}", fields);
    }
}
