using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Core.Telemetry;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Tests.Api;

public sealed class TracedTransportTests
{
    [Fact]
    public async Task Call_is_a_span_and_a_count_without_session_or_question()
    {
        var service = "canary" + Guid.NewGuid().ToString("N");
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EtlActivity.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a =>
            {
                if ((string?)a.GetTagItem("rpc.service") == service) spans.Enqueue(a);
            },
        };
        ActivitySource.AddActivityListener(listener);
        var counted = new ConcurrentQueue<string>();
        using var meters = new MeterListener { InstrumentPublished = (i, l) => { if (i.Meter == EtlActivity.Meter && i.Name == "etl.calls") l.EnableMeasurementEvents(i); } };
        meters.SetMeasurementEventCallback<long>((_, value, tags, _) => counted.Enqueue($"{value} {string.Join(' ', tags.ToArray().Select(t => t.Value))}"));
        meters.Start();

        var request = new ApiRequest(service, "getTable", [new("filter", "secret-filter")]) { Page = 2 };
        await (await new TracedTransport(new Answers(null)).SendAsync(request, new Secret("djJ8session"), CancellationToken.None)).DisposeAsync();
        await Assert.ThrowsAsync<EtlException>(() => new TracedTransport(new Answers(new EtlException(FaultKind.Unreachable, "djJ8session") { Code = "HTTP-503", IsTransient = true }))
            .SendAsync(request, new Secret("djJ8session"), CancellationToken.None));

        Assert.Equal([$"1 {service}.getTable ok", $"1 {service}.getTable transient"], counted.Where(c => c.Contains(service, StringComparison.Ordinal)));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], spans.Select(s => s.Status));
        Assert.All(spans, s => Assert.Equal(("call", ActivityKind.Client, "getTable", 2), (s.OperationName, s.Kind, s.GetTagItem("rpc.method"), s.GetTagItem("etl.page"))));
        Assert.Equal("HTTP-503", spans.Last().GetTagItem("error.type"));
        var told = string.Join('\n', spans.Select(s => $"{s.StatusDescription} {string.Join(' ', s.TagObjects)} {s.Events.Count()}"));
        Assert.DoesNotContain("djJ8session", told, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-filter", told, StringComparison.Ordinal);
    }

    private sealed class Answers(Exception? fault) : IKalturaTransport
    {
        public Task<ApiReply> SendAsync(ApiRequest request, Secret? session, CancellationToken cancellation) =>
            fault is null ? Task.FromResult(new ApiReply(new MemoryStream())) : Task.FromException<ApiReply>(fault);
    }
}
