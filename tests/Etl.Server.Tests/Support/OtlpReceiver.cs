using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Etl.Server.Tests.Support;

/// <summary>A collector that keeps what is sent over http/protobuf and reads as much of it as the tests need.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;

    private OtlpReceiver(WebApplication application) => _application = application;

    public ConcurrentQueue<(string Path, byte[] Body)> Received { get; } = new();

    public string Url => _application.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        var receiver = new OtlpReceiver(application);
        application.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            receiver.Received.Enqueue((context.Request.Path, body.ToArray()));
            context.Response.ContentType = "application/x-protobuf";
        });
        await application.StartAsync();
        return receiver;
    }

    /// <summary>Spans as (name, id, id of the parent): ExportTraceServiceRequest.resource_spans(1).scope_spans(2).spans(2).</summary>
    public IReadOnlyList<(string Name, string Id, string Parent)> Spans() =>
    [
        .. from request in Received
        where request.Path == "/v1/traces"
        from resource in Fields(request.Body, 1)
        from scope in Fields(resource, 2)
        from span in Fields(scope, 2)
        select (Encoding.UTF8.GetString(Fields(span, 5).Single()), Convert.ToHexString(Fields(span, 2).Single()), Convert.ToHexString(Fields(span, 4).FirstOrDefault([]))),
    ];

    /// <summary>Names of metrics: resource_metrics(1).scope_metrics(2).metrics(2).name(1).</summary>
    public IReadOnlyCollection<string> Metrics() =>
        (from request in Received
         where request.Path == "/v1/metrics"
         from resource in Fields(request.Body, 1)
         from scope in Fields(resource, 2)
         from metric in Fields(scope, 2)
         select Encoding.UTF8.GetString(Fields(metric, 1).Single())).ToHashSet();

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    /// <summary>The length-delimited fields of a message with one number.</summary>
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            switch (tag & 7)
            {
                case 0: Varint(message, ref at); break;
                case 1: at += 8; break;
                case 5: at += 4; break;
                default:
                    var length = (int)Varint(message, ref at);
                    if ((int)(tag >> 3) == number) found.Add(message[at..(at + length)]);
                    at += length;
                    break;
            }
        }
        return found;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }
}
