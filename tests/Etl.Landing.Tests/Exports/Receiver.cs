using System.Net;

namespace Etl.Landing.Tests.Exports;

/// <summary>Takes posts on this machine, one at a time.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _run;

    public Receiver()
    {
        // A port that was free a moment ago may be taken by now: then another one is tried.
        for (var tries = 0; ; tries++)
        {
            Address = $"http://127.0.0.1:{Random.Shared.Next(20_000, 60_000)}/hook/";
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add(Address);
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (tries < 20)
            {
            }
        }
        _run = Task.Run(RunAsync);
    }

    public string Address { get; private set; }
    public Func<int, int> Answer { get; set; } = _ => 200;
    public List<(string Id, string Time, string Signature, byte[] Body, int Status)> Posts { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _run;
        _listener.Close();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var headers = context.Request.Headers;
            var status = Answer(Posts.Count + 1);
            Posts.Add((headers["Etl-Id"]!, headers["Etl-Timestamp"]!, headers["Etl-Signature"]!, body.ToArray(), status));
            context.Response.StatusCode = status;
            context.Response.Close();
        }
    }
}
