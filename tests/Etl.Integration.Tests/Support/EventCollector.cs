using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Etl.Integration.Tests.Support;

/// <summary>A collector of its own making: takes both APIs as forms, notes what it took, and answers what its script says.</summary>
internal sealed class EventCollector : IDisposable
{
    private readonly HttpListener _listener;
    private readonly List<IReadOnlyDictionary<string, string>> _taken = [];
    private readonly int _port;
    private CancellationTokenSource _held = new();
    private int _holdAfter = int.MaxValue;

    public EventCollector(int? port = null)
    {
        _port = port ?? FreePort();
        _listener = new HttpListener();
        _listener.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _listener.Start();
        _ = LoopAsync();
    }

    public int Port => _port;

    public string Url => $"http://127.0.0.1:{_port}";

    /// <summary>Status of the answer to these fields; a request that is answered 200 is taken.</summary>
    public Func<IReadOnlyDictionary<string, string>, int> Status { get; set; } = _ => 200;

    /// <summary>Once so many were taken, a request gets no answer and is not taken, so that a sender cannot end before it is killed. Set anew, it lets go of those that wait.</summary>
    public int HoldAfter
    {
        set
        {
            lock (_taken)
            {
                _held.Cancel();
                _held = new CancellationTokenSource();
                _holdAfter = value;
            }
        }
    }

    /// <summary>Header and data of a report's totals, by its number; null where no reports are asked.</summary>
    public Func<string, (string Header, string Data)>? Totals { get; set; }

    /// <summary>Fields of every request that was taken, in order.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Taken
    {
        get
        {
            lock (_taken) return [.. _taken];
        }
    }

    public int Count
    {
        get
        {
            lock (_taken) return _taken.Count;
        }
    }

    public Dictionary<string, string> Environment => new()
    {
        ["KALTURA_SERVICE_URL"] = Url, ["KALTURA_ANALYTICS_URL"] = Url, ["KALTURA_PARTNER_ID"] = "101", ["KALTURA_ADMIN_SECRET"] = "0123456789abcdef0123456789abcdef",
    };

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        HoldAfter = int.MaxValue;
        _listener.Close();
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                _ = Task.Run(() => ServeAsync(context));
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        try
        {
            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            var fields = (await reader.ReadToEndAsync()).Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2))
                .ToDictionary(p => WebUtility.UrlDecode(p[0]), p => WebUtility.UrlDecode(p[1]), StringComparer.Ordinal);
            if (context.Request.Url!.AbsolutePath.EndsWith("/report/action/getTotal", StringComparison.Ordinal))
            {
                var (header, data) = Totals!(fields["reportType"]);
                await context.Response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new { header, data, objectType = "KalturaReportTotal" }));
                context.Response.Close();
                return;
            }
            var status = Status(fields);
            CancellationToken held = default;
            lock (_taken)
            {
                if (_taken.Count >= _holdAfter) held = _held.Token;
                else if (status == 200) _taken.Add(fields);
            }
            if (held.CanBeCanceled)
            {
                await Task.Delay(Timeout.Infinite, held).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Response.Abort();
                return;
            }
            context.Response.StatusCode = status;
            // With a stated length head and body go out together: apart, each answer would wait 40 ms for an acknowledgement.
            var body = "1793000001"u8.ToArray();
            context.Response.ContentLength64 = body.Length;
            await context.Response.OutputStream.WriteAsync(body);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The sender was killed, or this was closed.
        }
    }
}
