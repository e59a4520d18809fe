using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Etl.Benchmarks;

/// <summary>
/// Stands before a sandbox and answers every question that was asked before, for whatever dates, with the answer of the first time, after a fixed time: a service
/// that costs next to nothing, so that a load is the load of the workers.
/// </summary>
internal sealed partial class CannedService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _sandbox = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<(string Type, byte[] Body)>>> _answers = [];
    private int _asked;

    private CannedService(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    internal string Url => _app.Urls.First();

    /// <summary>Questions answered, and different ones of them.</summary>
    internal (int Asked, int Different) Count => (Volatile.Read(ref _asked), _answers.Count);

    /// <summary>Starts one.</summary>
    /// <param name="sandbox">Whom it asks the first time.</param>
    /// <param name="time">How long each answer takes.</param>
    internal static async Task<CannedService> StartAsync(Uri sandbox, TimeSpan time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var service = new CannedService(app);
        app.Run(context => service.AnswerAsync(context, sandbox, time));
        await app.StartAsync();
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _sandbox.Dispose();
    }

    private async Task AnswerAsync(HttpContext context, Uri sandbox, TimeSpan time)
    {
        Interlocked.Increment(ref _asked);
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var path = context.Request.Path + context.Request.QueryString;
        var (method, type) = (context.Request.Method, context.Request.ContentType);
        var answer = _answers.GetOrAdd(Changing().Replace(path + body, "#"), _ => new Lazy<Task<(string, byte[])>>(async () =>
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(sandbox, path));
            if (body.Length > 0) request.Content = new StringContent(body, Encoding.UTF8, System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type ?? "text/plain"));
            using var reply = await _sandbox.SendAsync(request);
            return (reply.Content.Headers.ContentType?.ToString() ?? "text/plain", await reply.Content.ReadAsByteArrayAsync());
        }));
        await Task.Delay(time);
        var (kind, bytes) = await answer.Value;
        context.Response.ContentType = kind;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    }

    // Sessions, days, seconds.
    [GeneratedRegex("(ks=|\"ks\" *: *\")[^&\"]*|[0-9]{8,}")]
    private static partial Regex Changing();
}
