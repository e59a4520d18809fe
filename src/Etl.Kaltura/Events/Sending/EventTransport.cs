using System.Text;
using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Kaltura.Api;
using Etl.Kaltura.Sessions;
using Etl.Parsing;

namespace Etl.Kaltura.Events.Sending;

/// <summary>
/// Sends one event over HTTP. The transport of reports posts forms and reads JSON only; the collecting APIs also take GET, answer bare numbers, nothing or XML,
/// and say 400 and 401 where reports say 200, so they have one of their own.
/// </summary>
internal sealed class EventTransport : IEventTransport, IDisposable
{
    private const int MaxAnswerBytes = 64 << 10;

    private readonly HttpClient _client;
    private readonly KalturaConnection _connection;
    private readonly EventSenderOptions _options;

    public EventTransport(KalturaConnection connection, EventSenderOptions options)
    {
        (_connection, _options) = (connection, options);
        _client = OutboundHttp.NewClient(HttpTransport.Options(connection.Settings, TimeProvider.System) with { Gunzip = true, MaxBufferedBytes = MaxAnswerBytes });
    }

    private KalturaSettings Settings => _connection.Settings;

    public Uri HostOf(KalturaEvent e) =>
        e.Api == EventCatalog.Default.StatsCollect ? Settings.ServiceUrl
        : Settings.AnalyticsUrl ?? throw new EtlException(FaultKind.Usage, "KALTURA_ANALYTICS_URL is not set, and analytics.trackEvent is served by a host of its own. Set it to that host, such as 'https://analytics.kaltura.com'.") { Code = "settings" };

    public async Task<EventVerdict> SendAsync(KalturaEvent e, CancellationToken cancellation)
    {
        try
        {
            var sessions = Settings is { AdminSecret: null, AppToken: null, Ks: null } ? null : _connection.SessionsOf(e.AsUser);
            for (var isRenewed = false; ; isRenewed = true)
            {
                var session = sessions is null ? null : await sessions.GetAsync(e.Privileges, cancellation).ConfigureAwait(false);
                var (verdict, isSession) = await AttemptAsync(e, session, cancellation).ConfigureAwait(false);
                if (!isSession || isRenewed || session is null || !sessions!.CanRenew) return verdict;
                sessions.Drop(session);
            }
        }
        catch (EtlException fault)
        {
            // No session to be had: the event is not to blame.
            return new(fault.IsTransient ? EventFate.Again : EventFate.Halted, fault.Message) { Kind = fault.Kind };
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<(EventVerdict Verdict, bool IsSession)> AttemptAsync(KalturaEvent e, Session? session, CancellationToken cancellation)
    {
        var root = HostOf(e);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.Timeout);
        try
        {
            using var message = EventForm.Message(e, _options.Method, root, EventForm.Fields(e, _options.Method, session?.Token, _options.Sign));
            using var response = await _client.SendAsync(message, HttpCompletionOption.ResponseContentRead, limit.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
            return Judge(e, root, response, body);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (new(EventFate.Again, $"{e.Api.Name}: no answer from '{root.Host}' within {_options.Timeout.TotalSeconds:0} s."), false);
        }
        catch (HttpRequestException fault)
        {
            return (new(EventFate.Again, $"{e.Api.Name}: '{root.GetLeftPart(UriPartial.Authority)}' could not be reached ({fault.HttpRequestError})."), false);
        }
    }

    private (EventVerdict, bool IsSession) Judge(KalturaEvent e, Uri root, HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        var variable = e.Api == EventCatalog.Default.StatsCollect ? "KALTURA_SERVICE_URL" : "KALTURA_ANALYTICS_URL";
        var said = $"{e.Api.Name}: '{root.Host}' answered HTTP {status}";
        switch (status)
        {
            case >= 200 and < 300:
                break;
            case 400 or 401 or 413 or 414 or 422:
                return (new(EventFate.Refused, $"{said}{Excerpt(body)}.") { Kind = status == 401 ? FaultKind.Refused : FaultKind.Window }, status == 401);
            case 408 or 425 or 429 or >= 500:
                return (new(EventFate.Again, $"{said}.") { MinWait = response.Headers.RetryAfter?.Delta is { } wait && wait < Settings.Retry.MaxRetryAfter ? wait : TimeSpan.Zero }, false);
            case 403:
                return (new(EventFate.Halted, $"{said}, before the service itself. Check proxies and network rules.") { Kind = FaultKind.Refused }, false);
            default:
                return (new(EventFate.Halted, $"{said}. Check {variable}."), false);
        }
        var error = ServiceErrorReader.TryRead(body)
            ?? (body.Length == 0 && response.Headers.TryGetValues("X-Kaltura", out var values) && values.First() is { } head && head.StartsWith("error-", StringComparison.Ordinal)
                ? new ServiceError(head["error-".Length..], "", new Dictionary<string, string>()) : null);
        if (error is not null) return Judge(e, error);
        // A login page of a network says 200 too; what it was given would be lost.
        return IsAnswer(body)
            ? (EventVerdict.Delivered, false)
            : (new(EventFate.Halted, $"{said}, but not as the collector does{Excerpt(body)}. Check {variable}, and whether a login page of the network stands in between."), false);
    }

    private (EventVerdict, bool IsSession) Judge(KalturaEvent e, ServiceError error)
    {
        var fault = ErrorRules.Exception(e.Api.Name, error.Code, error.Message, error.Args, _connection.Api.Mask);
        var fate = fault switch
        {
            { IsTransient: true } => EventFate.Again,
            { Code: "SERVICE_DOES_NOT_EXISTS" or "ACTION_DOES_NOT_EXISTS" or "SERVICE_NOT_SPECIFIED" or "ACTION_NOT_SPECIFIED" } => EventFate.Halted,
            _ => EventFate.Refused,
        };
        return (new(fate, fault.Message) { Kind = fault.Kind, MinWait = fault.MinWait }, error.Code == ErrorRules.InvalidSession);
    }

    /// <summary>A Unix time, <c>null</c>, <c>true</c>, nothing, an object, or the XML of a request that did not ask for JSON.</summary>
    private static bool IsAnswer(ReadOnlySpan<byte> body)
    {
        body = body.TrimStart(" \t\r\n\uFEFF\""u8);
        return body.IsEmpty || body[0] is (byte)'{' or (>= (byte)'0' and <= (byte)'9') || body.StartsWith("null"u8) || body.StartsWith("true"u8)
            || body.StartsWith("<xml"u8) || body.StartsWith("<?xml"u8);
    }

    private string Excerpt(byte[] body) =>
        body.Length == 0 ? "" : $": '{_connection.Api.Mask.Clean(new string([.. Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, 200)).Select(c => char.IsControl(c) ? ' ' : c)]), 120)}'";
}
