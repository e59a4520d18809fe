using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Etl.Benchmarks;

/// <summary>
/// Just enough of the service for one report file: one row of the table, the totals, an address, and behind it a file of rows that are made
/// while they are sent. Plain sockets, since the server must not be what is measured.
/// </summary>
internal sealed class FileServer : IDisposable
{
    private const int TextPool = 1 << 20;

    // Around the text: "1_00000000","…","1" and a line feed.
    private const int AroundText = 20;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _pool = new byte[TextPool * 2];
    private readonly int _rows, _textLength;
    private string _title = "";

    internal FileServer(long bytes, int rows)
    {
        _rows = rows;
        _textLength = (int)(bytes / rows) - AroundText;
        var random = new Random(20260301);
        var words = new[] { "introduction", "to", "advanced", "biology", "lecture", "week", "webinar", "review", "sales", "training", "of", "the", "cloud", "statistics" };
        for (var i = 0; i < _pool.Length;)
            foreach (var b in Encoding.ASCII.GetBytes($"{words[random.Next(words.Length)]}{random.Next(1000)} ").Take(_pool.Length - i)) _pool[i++] = b;
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    /// <summary>Settings of an account of a service that asks for none.</summary>
    internal static Dictionary<string, string> Account(string url) => new()
    {
        ["KALTURA_SERVICE_URL"] = url, ["KALTURA_PARTNER_ID"] = "1234567", ["KALTURA_ADMIN_SECRET"] = "0123456789abcdef0123456789abcdef",
    };

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Bytes of the file that was sent last.</summary>
    internal long FileBytes { get; private set; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await _listener.AcceptTcpClientAsync().ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var held = client;
        using var stream = client.GetStream();
        var request = await ReadAsync(stream).ConfigureAwait(false);
        if (request.StartsWith("GET ", StringComparison.Ordinal))
        {
            await SendFileAsync(stream).ConfigureAwait(false);
        }
        else if (request.Contains("multirequest", StringComparison.OrdinalIgnoreCase))
        {
            // Table and totals are asked in one round trip.
            var table = $$"""{"header":"object_id|entry_name|count_plays","data":"1_00000000|a|1;","totalCount":{{_rows}},"objectType":"KalturaReportTable"}""";
            var total = $$"""{"header":"count_plays","data":"{{_rows}}","objectType":"KalturaReportTotal"}""";
            await SendAsync(stream, $"[{table},{total}]").ConfigureAwait(false);
        }
        else
        {
            var body = request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            _title = WebUtility.UrlDecode(body.Split('&').First(f => f.StartsWith("reportTitle=", StringComparison.Ordinal))["reportTitle=".Length..]);
            await SendAsync(stream, $"\"http:\\/\\/127.0.0.1:{Port}\\/api_v3\\/index.php\\/service\\/report\\/action\\/serve\\/ks\\/none\\/id\\/1\\/report.csv\"").ConfigureAwait(false);
        }
    }

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        var buffer = new byte[1 << 16];
        var length = 0;
        while (true)
        {
            length += await stream.ReadAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            var text = Encoding.UTF8.GetString(buffer, 0, length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) continue;
            var size = text.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
            if (size is null || length - end - 4 >= int.Parse(size.Split(':')[1], CultureInfo.InvariantCulture)) return text;
        }
    }

    private static async Task SendAsync(NetworkStream stream, string json)
    {
        var body = Encoding.UTF8.GetBytes(json);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n")).ConfigureAwait(false);
        await stream.WriteAsync(body).ConfigureAwait(false);
    }

    private async Task SendFileAsync(NetworkStream stream)
    {
        const string Dashes = "\"# ------------------------------------\"\n";
        var head = Encoding.UTF8.GetBytes(
            "\uFEFF\"" + _title + "\"\n\"Thursday, November 19, 2026\",\"Thursday, November 19, 2026\"\n\"etl\"\n" + Dashes + "\"\"\n"
            + "\"\"\n" + Dashes + "\"# Total\"\n" + Dashes + $"\"count_plays\"\n\"{_rows}\"\n"
            + "\"\"\n" + Dashes + $"\"# Table\",\"\",\"Total Count\",\"{_rows}\"\n" + Dashes + "\"object_id\",\"entry_name\",\"count_plays\"\n");
        FileBytes = head.Length + ((long)_rows * (_textLength + AroundText));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: {FileBytes}\r\nAccept-Ranges: bytes\r\nConnection: close\r\n\r\n")).ConfigureAwait(false);
        await stream.WriteAsync(head).ConfigureAwait(false);
        var block = new MemoryStream();
        for (var row = 0; row < _rows; row++)
        {
            block.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"1_{row:D8}\",\"")));
            block.Write(_pool, (int)(row * 7919L % TextPool), _textLength);
            block.Write("\",\"1\"\n"u8);
            if (block.Length < 1 << 18 && row < _rows - 1) continue;
            await stream.WriteAsync(block.GetBuffer().AsMemory(0, (int)block.Length)).ConfigureAwait(false);
            block.SetLength(0);
        }
    }
}
