using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Etl.Landing.Tests.Stores.Fakes;

/// <summary>
/// Stands between a client and a real server and, as told, answers itself, loses an answer or lets something happen first. All else
/// passes as it is: signatures do not cover the host. One request per connection, so that no client takes a broken
/// connection for an idle one and sends again by itself.
/// </summary>
internal sealed class BlobProxy : IAsyncDisposable
{
    private static readonly HttpClient s_http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Uri _upstream;
    private readonly List<Rule> _rules = [];
    private readonly List<string> _faults = [];
    private readonly Task _serving;

    public BlobProxy(Uri upstream)
    {
        _upstream = upstream;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>What a rule does with a request; null breaks the connection.</summary>
    private delegate Task<byte[]?> Act(Request request);

    public Uri Url { get; }

    /// <summary>Method and query parameter <c>comp</c> or else <c>restype</c> of each request, such as <c>PUT block</c>, in order.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>The next requests of a kind get this answer and go nowhere.</summary>
    public void Answer(string kind, int status, string code, int times = 1, params (string Name, string Value)[] headers) => Add(kind, times, request =>
    {
        var body = request.Method == "HEAD" ? "" : $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><AuthenticationErrorDetail>the text that was signed</AuthenticationErrorDetail></Error>";
        (string, string)[] all = [("x-ms-error-code", code), ("x-ms-request-id", "req-1"), ("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture)), .. headers];
        return Task.FromResult<byte[]?>(Bytes(status, all, Encoding.UTF8.GetBytes(body)));
    });

    /// <summary>The next request of a kind is carried out, something happens, and its answer is lost.</summary>
    public void LoseAnswer(string kind, Func<Task>? then = null) => Add(kind, 1, async request =>
    {
        await ForwardAsync(request);
        if (then is not null) await then();
        return null;
    });

    /// <summary>The connections of the next requests of a kind break before anything is carried out.</summary>
    public void Break(string kind, int times = 1) => Add(kind, times, _ => Task.FromResult<byte[]?>(null));

    /// <summary>Something happens before the next request of a kind is carried out.</summary>
    public void Before(string kind, Func<Task> first) => Add(kind, 1, async request =>
    {
        await first();
        return await ForwardAsync(request);
    });

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
        Assert.Empty(_faults);
    }

    private void Add(string kind, int times, Act act)
    {
        lock (_rules) _rules.Add(new Rule(kind, act) { Left = times });
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _ = Task.Run(() => HandleAsync(client));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task HandleAsync(TcpClient client)
    {
        using var held = client;
        try
        {
            await using var stream = client.GetStream();
            if (await Request.ReadAsync(stream) is not { } request) return;
            if (await Take(request)(request) is { } answer) await stream.WriteAsync(answer);
            else client.Client.Close(0);
        }
        catch (IOException)
        {
            // The client has gone.
        }
        catch (Exception fault)
        {
            lock (_rules) _faults.Add(fault.ToString());
        }
    }

    private Act Take(Request request)
    {
        lock (_rules)
        {
            Requests.Add(request.Kind);
            if (_rules.Find(r => r.Kind == request.Kind && r.Left > 0) is not { } rule) return async r => await ForwardAsync(r);
            rule.Left--;
            return rule.Act;
        }
    }

    private async Task<byte[]> ForwardAsync(Request request)
    {
        using var forward = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(_upstream, request.Target));
        if (request.Method == "PUT") forward.Content = new ByteArrayContent(request.Body);
        foreach (var (name, value) in request.Headers.Where(h => h.Name is not ("Host" or "Content-Length" or "Connection")))
            if (!forward.Headers.TryAddWithoutValidation(name, value)) forward.Content?.Headers.TryAddWithoutValidation(name, value);
        using var answer = await s_http.SendAsync(forward);
        var body = await answer.Content.ReadAsByteArrayAsync();
        var headers = answer.Headers.Concat(answer.Content.Headers)
            .Where(h => h.Key is not ("Transfer-Encoding" or "Content-Length" or "Connection" or "Keep-Alive"))
            .Select(h => (h.Key, string.Join(',', h.Value)));
        var length = request.Method == "HEAD" ? answer.Content.Headers.ContentLength ?? 0 : body.Length;
        return Bytes((int)answer.StatusCode, [.. headers, ("Content-Length", length.ToString(CultureInfo.InvariantCulture))], body);
    }

    private static byte[] Bytes(int status, IEnumerable<(string Name, string Value)> headers, byte[] body) =>
    [
        .. Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\n{string.Concat(headers.Select(h => $"{h.Name}: {h.Value}\r\n"))}Connection: close\r\n\r\n"),
        .. body,
    ];

    private sealed class Rule(string kind, Act act)
    {
        public string Kind => kind;

        public Act Act => act;

        public int Left { get; set; }
    }

    private sealed record Request(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
    {
        public string Kind
        {
            get
            {
                var query = Target.Contains('?', StringComparison.Ordinal) ? Target[(Target.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&') : [];
                return $"{Method} {Of("comp=") ?? Of("restype=")}".Trim();

                string? Of(string name) => query.FirstOrDefault(q => q.StartsWith(name, StringComparison.Ordinal))?[name.Length..];
            }
        }

        public static async Task<Request?> ReadAsync(Stream stream)
        {
            var head = new List<byte>();
            var one = new byte[1];
            while (head.Count < 4 || !head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
            {
                if (await stream.ReadAsync(one) == 0) return null;
                head.Add(one[0]);
            }
            var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            var headers = lines[1..].Select(l => l.Split(':', 2)).Select(p => (p[0], p[1].Trim())).ToList();
            var length = headers.FirstOrDefault(h => h.Item1 == "Content-Length").Item2 is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
            var body = new byte[length];
            await stream.ReadExactlyAsync(body);
            var parts = lines[0].Split(' ');
            return new Request(parts[0], parts[1], headers, body);
        }
    }
}
