using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>The framework's own telemetry, as an exporter would attach to it, never sees the session in an address.</summary>
public class ListenerTests
{
    [Fact]
    public async Task Traces_events_and_diagnostics_of_a_download_do_not_hold_its_session()
    {
        var seen = new ConcurrentQueue<string>();
        using var events = new Events(seen);
        using var activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a => seen.Enqueue($"{a.OperationName} {a.DisplayName} {string.Join(' ', a.TagObjects.Select(t => $"{t.Key}={t.Value}"))}"),
        };
        ActivitySource.AddActivityListener(activities);
        using var diagnostics = DiagnosticListener.AllListeners.Subscribe(new Diagnostics(seen));
        await using var service = new CsvService();

        await service.PullAsync();

        Assert.Contains(seen, s => s.Contains("RequestStart", StringComparison.Ordinal));
        Assert.DoesNotContain(seen, s => s.Contains("file0session", StringComparison.Ordinal) || s.Contains("/serve/", StringComparison.Ordinal));
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
