using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>One request as it came in.</summary>
internal sealed record RecordedCall(string Path, IReadOnlyDictionary<string, string> Headers, IReadOnlyDictionary<string, string> Form, string Body)
{
    public string Action => Path[(Path.LastIndexOf('/') + 1)..];
    public string Filter(string field) => Form.GetValueOrDefault($"reportInputFilter[{field}]", "");
    public int Page => int.Parse(Form["pager[pageIndex]"], CultureInfo.InvariantCulture);
    public int Size => int.Parse(Form["pager[pageSize]"], CultureInfo.InvariantCulture);
}

/// <summary>One answer, with the ways in which it can go wrong on the wire.</summary>
internal sealed record Answer(byte[] Body)
{
    public int Status { get; init; } = 200;
    public Dictionary<string, string> Headers { get; init; } = new() { ["Content-Type"] = "application/json" };

    /// <summary>Send no Content-Length: the end of the connection ends the body.</summary>
    public bool CloseDelimited { get; init; }

    /// <summary>Content-Length sent instead of the true one.</summary>
    public int? StatedLength { get; init; }

    /// <summary>Stop for ever after this many body bytes, until the test ends.</summary>
    public int? HangAfter { get; init; }

    /// <summary>Wait between single bytes.</summary>
    public TimeSpan? Drip { get; init; }

    /// <summary>Close the connection without any answer.</summary>
    public bool Reset { get; init; }

    public static implicit operator Answer(string body) => new(Encoding.UTF8.GetBytes(body));

    public Answer With(string header, string value) => this with { Headers = new(Headers) { [header] = value } };
}

/// <summary>An HTTP server in this process that answers from a script and records what it was asked. One request per connection.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<RecordedCall> _calls = [];
    private readonly List<string> _roundTrips = [];
    private readonly Task _loop;

    public ScriptedServer()
    {
        _listener.Start();
        _loop = LoopAsync();
    }

    public Func<RecordedCall, Answer> Script { get; set; } = _ => new Answer([]) { Status = 404 };

    /// <summary>Changes the joined answer of a multirequest.</summary>
    public Func<Answer, Answer>? OnMultirequest { get; set; }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public IReadOnlyList<RecordedCall> Calls
    {
        get
        {
            lock (_calls) return [.. _calls];
        }
    }

    /// <summary>Paths of the requests as they came: a multirequest is one of them, and several of <see cref="Calls"/>.</summary>
    public IReadOnlyList<string> RoundTrips
    {
        get
        {
            lock (_roundTrips) return [.. _roundTrips];
        }
    }

    public IEnumerable<RecordedCall> Tables => Calls.Where(c => c.Action == "getTable");
    public IEnumerable<RecordedCall> TotalCalls => Calls.Where(c => c.Action == "getTotal");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        try
        {
            await _loop;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            var stream = client.GetStream();
            var call = await ReadAsync(stream);
            if (call is null) return;
            var answer = Answer(call);
            if (answer.Reset)
            {
                client.Client.LingerState = new LingerOption(true, 0);
                return;
            }
            await WriteAsync(stream, answer);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private Answer Answer(RecordedCall call)
    {
        lock (_roundTrips) _roundTrips.Add(call.Path);
        if (!call.Path.EndsWith("/multirequest", StringComparison.Ordinal)) return One(call);
        var answers = ScriptedMultirequest.Split(call).Select(One).ToList();
        var whole = ScriptedMultirequest.Join(answers);
        return OnMultirequest?.Invoke(whole) ?? whole;
    }

    private Answer One(RecordedCall call)
    {
        lock (_calls) _calls.Add(call);
        return Script(call);
    }

    private async Task<RecordedCall?> ReadAsync(NetworkStream stream)
    {
        var received = new MemoryStream();
        var buffer = new byte[64 << 10];
        var end = -1;
        while (end < 0)
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0) return null;
            received.Write(buffer, 0, read);
            end = received.GetBuffer().AsSpan(0, (int)received.Length).IndexOf("\r\n\r\n"u8);
        }
        var lines = Encoding.ASCII.GetString(received.GetBuffer(), 0, end).Split("\r\n");
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        var length = int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture);
        while (received.Length < end + 4 + length)
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0) return null;
            received.Write(buffer, 0, read);
        }
        var body = Encoding.UTF8.GetString(received.GetBuffer(), end + 4, length);
        var isForm = headers.GetValueOrDefault("Content-Type", "").StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal);
        var form = (isForm ? body : "").Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2))
            .ToDictionary(p => WebUtility.UrlDecode(p[0]), p => WebUtility.UrlDecode(p[1]), StringComparer.Ordinal);
        return new RecordedCall(lines[0].Split(' ')[1], headers, form, body);
    }

    private async Task WriteAsync(NetworkStream stream, Answer answer)
    {
        var head = new StringBuilder(FormattableString.Invariant($"HTTP/1.1 {answer.Status} Scripted\r\nConnection: close\r\n"));
        foreach (var (name, value) in answer.Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (!answer.CloseDelimited) head.Append(CultureInfo.InvariantCulture, $"Content-Length: {answer.StatedLength ?? answer.Body.Length}\r\n");
        head.Append("\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()), _stop.Token);
        if (answer.Drip is { } wait)
        {
            foreach (var b in answer.Body)
            {
                await stream.WriteAsync(new[] { b }, _stop.Token);
                await Task.Delay(wait, _stop.Token);
            }
        }
        else
        {
            await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.HangAfter ?? int.MaxValue, answer.Body.Length)), _stop.Token);
            if (answer.HangAfter is not null) await Task.Delay(Timeout.Infinite, _stop.Token);
        }
        await stream.FlushAsync(_stop.Token);
        stream.Socket.Shutdown(SocketShutdown.Send);
    }
}
