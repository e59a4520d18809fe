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

    /// <summary>Fall silent after this many body bytes, until the client hangs up; <c>-1</c> before the status line already.</summary>
    public int? HangAfter { get; init; }

    /// <summary>Time of the test's clock between single bytes.</summary>
    public TimeSpan? Drip { get; init; }

    /// <summary>Send the body in pieces of this many bytes, without waiting.</summary>
    public int? Slice { get; init; }

    /// <summary>These bytes are the whole answer, head included.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>Send <see cref="Raw"/>, then this over and over until the client hangs up.</summary>
    public byte[]? ForEver { get; init; }

    /// <summary>Break off with a reset instead of an end.</summary>
    public bool EndsInReset { get; init; }

    /// <summary>Keep the connection for the next request.</summary>
    public bool KeepAlive { get; init; }

    /// <summary>Close the connection without any answer.</summary>
    public bool Reset { get; init; }

    public static implicit operator Answer(string body) => new(Encoding.UTF8.GetBytes(body));

    public Answer With(string header, string value) => this with { Headers = new(Headers) { [header] = value } };
}

/// <summary>An HTTP server in this process, over raw sockets, that answers from a script and records what it was asked. One request per connection, unless an answer keeps it.</summary>
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

    /// <summary>What time does while an answer hangs or drips: nothing of itself, or passes by the test's clock.</summary>
    public Func<CancellationToken, Task> Silence { get; set; } = stop => Task.Delay(Timeout.Infinite, stop);

    /// <summary>Lets time of the test's clock pass between two bytes of a drip.</summary>
    public Func<TimeSpan, CancellationToken, Task> Pause { get; set; } = Task.Delay;

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
            client.NoDelay = true;
            var stream = client.GetStream();
            Answer answer;
            do
            {
                var call = await ReadAsync(stream);
                if (call is null) return;
                answer = Answer(call);
                if (!answer.Reset) await WriteAsync(stream, answer);
                if (answer.Reset || answer.EndsInReset)
                {
                    client.Client.LingerState = new LingerOption(true, 0);
                    return;
                }
            }
            while (answer.KeepAlive);
            stream.Socket.Shutdown(SocketShutdown.Send);
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
        if (answer.Raw is { } raw)
        {
            await stream.WriteAsync(raw, _stop.Token);
            while (answer.ForEver is { } piece) await stream.WriteAsync(piece, _stop.Token);
            return;
        }
        if (answer.HangAfter < 0)
        {
            await HangAsync(stream);
            return;
        }
        var head = new StringBuilder(FormattableString.Invariant($"HTTP/1.1 {answer.Status} Scripted\r\nConnection: {(answer.KeepAlive ? "keep-alive" : "close")}\r\n"));
        foreach (var (name, value) in answer.Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (!answer.CloseDelimited) head.Append(CultureInfo.InvariantCulture, $"Content-Length: {answer.StatedLength ?? answer.Body.Length}\r\n");
        head.Append("\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()), _stop.Token);
        if (answer.Drip is { } wait)
        {
            foreach (var b in answer.Body)
            {
                await stream.WriteAsync(new[] { b }, _stop.Token);
                await Pause(wait, _stop.Token);
            }
        }
        else if (answer.Slice is { } size)
        {
            foreach (var piece in answer.Body.Chunk(size)) await stream.WriteAsync(piece, _stop.Token);
        }
        else
        {
            await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.HangAfter ?? int.MaxValue, answer.Body.Length)), _stop.Token);
            if (answer.HangAfter is not null) await HangAsync(stream);
        }
        await stream.FlushAsync(_stop.Token);
    }

    /// <summary>Silent until the client hangs up, or until the silence itself is over.</summary>
    private async Task HangAsync(NetworkStream stream)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var silence = Silence(gone.Token);
        await Task.WhenAny(silence, stream.ReadAsync(new byte[1], gone.Token).AsTask());
        await gone.CancelAsync();
        await Task.WhenAny(silence);
    }
}
