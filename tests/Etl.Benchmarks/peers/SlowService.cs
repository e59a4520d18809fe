using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Etl.Benchmarks;

/// <summary>
/// Just enough of the service for tables by the page: every answer comes after the same time, however many are asked for at once. Notes when calls came and how many
/// were in flight.
/// </summary>
internal sealed class SlowService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly int _rows;
    private readonly TimeSpan _latency;
    private readonly Lock _lock = new();
    private int _inFlight;
    private long _first, _last;

    private SlowService(WebApplication app, int rows, TimeSpan latency) => (_app, _rows, _latency) = (app, rows, latency);

    /// <summary>Most calls at once that are expected; <see cref="FullSeconds"/> is about them.</summary>
    internal int Most { get; private init; }

    internal string Url { get; private set; } = "";

    /// <summary>Calls that were answered.</summary>
    internal int Calls { get; private set; }

    /// <summary>Most that were in flight at once.</summary>
    internal int Peak { get; private set; }

    /// <summary>From the first call to the last answer.</summary>
    internal double Seconds => Stopwatch.GetElapsedTime(_first, _last).TotalSeconds;

    /// <summary>From the first call to now.</summary>
    internal double SecondsUntilNow => Stopwatch.GetElapsedTime(_first).TotalSeconds;

    /// <summary>Of the time to the last answer, how long the most were in flight.</summary>
    internal double FullSeconds { get; private set; }

    /// <summary>Starts it on a free port of this machine.</summary>
    /// <param name="rows">Rows of every table.</param>
    /// <param name="latency">Time from a call to its answer.</param>
    /// <param name="most">Calls at once that are expected.</param>
    internal static async Task<SlowService> StartAsync(int rows, TimeSpan latency, int most)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var service = new SlowService(app, rows, latency) { Most = most };
        app.Run(service.AnswerAsync);
        await app.StartAsync().ConfigureAwait(false);
        service.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return service;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var due = Task.Delay(_latency);
        Count(1);
        using var reader = new StreamReader(context.Request.Body);
        var fields = (await reader.ReadToEndAsync().ConfigureAwait(false)).Split('&').Select(f => f.Split('=')).ToDictionary(f => WebUtility.UrlDecode(f[0]), f => WebUtility.UrlDecode(f[^1]));
        var several = fields.ContainsKey("1[action]");
        int Field(string name) => int.Parse(fields[several ? $"1[pager][{name}]" : $"pager[{name}]"], CultureInfo.InvariantCulture);
        // Totals that do not come along with a page are asked for by themselves.
        var table = several || fields.ContainsKey("pager[pageIndex]") ? Table(Field("pageIndex"), Field("pageSize")) : null;
        var total = $$"""{"header":"count_plays","data":"{{_rows}}","objectType":"KalturaReportTotal"}""";
        await due.ConfigureAwait(false);
        Count(-1);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(several ? $"[{table},{total}]" : table ?? total).ConfigureAwait(false);
    }

    private string Table(int page, int size)
    {
        var first = (page - 1) * size;
        var rows = string.Concat(Enumerable.Range(first, Math.Max(0, Math.Min(size, _rows - first))).Select(i => string.Create(CultureInfo.InvariantCulture, $"1_{i:D8}|title {i}|1;")));
        return $$"""{"header":"object_id|entry_name|count_plays","data":"{{rows}}","totalCount":{{_rows}},"objectType":"KalturaReportTable"}""";
    }

    private void Count(int change)
    {
        lock (_lock)
        {
            var now = Stopwatch.GetTimestamp();
            if (_first == 0) _first = now;
            else if (_inFlight >= Most) FullSeconds += Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
            _last = now;
            _inFlight += change;
            Peak = Math.Max(Peak, _inFlight);
            if (change < 0) Calls++;
        }
    }
}
