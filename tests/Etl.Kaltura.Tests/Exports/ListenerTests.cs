using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Text.Json;
using Etl.Core.Secrets;
using Etl.Core.Webhooks;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Sending;
using Etl.Kaltura.Tests.Events;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>The framework's own telemetry, as an exporter would attach to it, never sees the session in an address.</summary>
public class ListenerTests
{
    [Fact]
    public async Task Traces_events_and_diagnostics_of_a_download_do_not_hold_its_session()
    {
        using var ears = new Ears();
        await using var service = new CsvService();
        // A path of its own: other tests are heard too, and one has a service whose errors hold addresses.
        service.Address = _ => JsonSerializer.Serialize(service.Url().Replace("/serve/", "/serve/listener0path/", StringComparison.Ordinal));

        await service.PullAsync();

        Assert.Contains("/serve/listener0path/", Assert.Single(service.FileCalls).Path, StringComparison.Ordinal);
        Assert.Contains(ears.Heard, s => s.Contains("RequestStart", StringComparison.Ordinal));
        Assert.DoesNotContain(ears.Heard, s => s.Contains("file0session", StringComparison.Ordinal) || s.Contains("listener0path", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Diagnostics_of_an_event_that_is_sent_by_get_do_not_hold_its_session()
    {
        using var ears = new Ears();
        await using var server = new ScriptedServer { Script = _ => "1" };
        using var connection = new KalturaConnection(new KalturaSettings { PartnerId = "101", ServiceUrl = server.Url, AnalyticsUrl = server.Url, AdminSecret = new Secret(Rig.AdminSecret) });
        using var transport = new EventTransport(connection, new EventSenderOptions { RefusedPath = "x", Method = EventMethod.Get });

        await transport.SendAsync(await EventFormTests.OneAsync("""{"api":"analytics.trackEvent","eventType":10003,"partnerId":101}"""), default);

        var sent = Assert.Single(server.Calls).Path;
        var start = sent.IndexOf("&ks=", StringComparison.Ordinal) + "&ks=".Length;
        var session = sent[start..sent.IndexOf('&', start)];
        Assert.True(session.Length > 60);
        Assert.Contains(ears.Heard, s => s.Contains("RequestStart", StringComparison.Ordinal));
        Assert.DoesNotContain(ears.Heard, s => s.Contains(session[..40], StringComparison.Ordinal) || s.Contains(Uri.UnescapeDataString(session)[..40], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Diagnostics_of_a_webhook_do_not_hold_the_token_in_its_address()
    {
        using var ears = new Ears();
        await using var server = new ScriptedServer { Script = _ => "1" };
        using var client = WebhookReceiver.NewClient();
        var address = new Uri(server.Url, "/hooks/token0in0path?key=token0in0query").ToString();
        var receiver = WebhookReceiver.Make("team", "ETL_WEBHOOK_TEAM", address, "https://…", new Secret("0123456789abcdef"), client, TimeProvider.System);

        await receiver.PostAsync("1", "{}"u8.ToArray(), default);

        Assert.EndsWith("/hooks/token0in0path?key=token0in0query", Assert.Single(server.Calls).Path, StringComparison.Ordinal);
        Assert.Contains(ears.Heard, s => s.Contains("RequestStart", StringComparison.Ordinal));
        Assert.DoesNotContain(ears.Heard, s => s.Contains("token0in0", StringComparison.Ordinal));
    }

    /// <summary>All that can be heard of requests in this process.</summary>
    private sealed class Ears : IDisposable
    {
        private readonly Events _events;
        private readonly ActivityListener _activities;
        private readonly IDisposable _diagnostics;

        public Ears()
        {
            _events = new Events(Heard);
            _activities = new ActivityListener
            {
                ShouldListenTo = _ => true,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = a => Heard.Enqueue($"{a.OperationName} {a.DisplayName} {string.Join(' ', a.TagObjects.Select(t => $"{t.Key}={t.Value}"))}"),
            };
            ActivitySource.AddActivityListener(_activities);
            _diagnostics = DiagnosticListener.AllListeners.Subscribe(new Diagnostics(Heard));
        }

        public ConcurrentQueue<string> Heard { get; } = new();

        public void Dispose()
        {
            _diagnostics.Dispose();
            _activities.Dispose();
            _events.Dispose();
        }
    }

    private sealed class Events(ConcurrentQueue<string> seen) : EventListener
    {
        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name is "System.Net.Http" or "System.Net.NameResolution" or "System.Net.Sockets" or "System.Net.Security")
                EnableEvents(eventSource, EventLevel.LogAlways, EventKeywords.All);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            seen?.Enqueue($"{eventData.EventName} {string.Join(' ', eventData.Payload ?? (IReadOnlyList<object?>)[])}");
    }

    private sealed class Diagnostics(ConcurrentQueue<string> seen) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value) => value.Subscribe(this);
        public void OnNext(KeyValuePair<string, object?> value) => seen.Enqueue($"{value.Key} {value.Value}");

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
