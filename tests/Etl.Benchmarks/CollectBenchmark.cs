using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Etl.Benchmarks;

/// <summary>
/// How many events the collector of <c>etl sandbox --data</c> takes per cpu-second of its own process, by the POST form of stats.collect with a session
/// token, one request per event over kept connections; then, how long its reports take over them.
/// </summary>
internal static class CollectBenchmark
{
    private const int Connections = 64, EventsPerSession = 8, Entries = 200;

    internal static int Run(string[] args)
    {
        var events = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 200_000;
        var folder = Directory.CreateTempSubdirectory("etl-collect-").FullName;
        try
        {
            return RunAsync(events, folder).GetAwaiter().GetResult();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RunAsync(int events, string folder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "etl.dll"), "sandbox", "--empty", "--port", "0", "--data", folder, "--json"])
        { RedirectStandardOutput = true };
        using var server = Process.Start(start)!;
        try
        {
            var told = System.Text.Json.JsonDocument.Parse((await server.StandardOutput.ReadLineAsync().ConfigureAwait(false))!).RootElement;
            var url = new Uri(told.GetProperty("url").GetString()!);
            using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromMinutes(5) };
            var (partner, ks) = (told.GetProperty("partnerId").GetInt32(), await StartAsync(http, told).ConfigureAwait(false));

            // A tenth first, so that the figure is that of a warm process.
            await SendAsync(url, partner, ks, 0, events / 10).ConfigureAwait(false);
            server.Refresh();
            var (cpu, clock) = (server.TotalProcessorTime, Stopwatch.StartNew());
            await SendAsync(url, partner, ks, events / 10, events).ConfigureAwait(false);
            var seconds = clock.Elapsed.TotalSeconds;
            server.Refresh();
            var spent = (server.TotalProcessorTime - cpu).TotalSeconds;
            var culture = CultureInfo.InvariantCulture;
            Console.WriteLine(string.Create(culture, $"collect: {events:N0} events, {events / spent:N0} per cpu-second of the collector, {events / seconds:N0} per second, {new FileInfo(Path.Combine(folder, "events.log")).Length / (events * 1.1):N0} bytes each"));
            foreach (var report in new[] { 38, 2, 13, 21, 36, 34, 40 })
            {
                clock.Restart();
                var answer = await AskAsync(http, ks, report).ConfigureAwait(false);
                Console.WriteLine(string.Create(culture, $"report {report}: {clock.Elapsed.TotalMilliseconds:N0} ms, {answer.Length:N0} bytes"));
            }
            return 0;
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync().ConfigureAwait(false);
        }
    }

    private static async Task<string> StartAsync(HttpClient http, System.Text.Json.JsonElement told)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["secret"] = told.GetProperty("adminSecret").GetString()!, ["partnerId"] = $"{told.GetProperty("partnerId").GetInt32()}", ["type"] = "2", ["format"] = "1", ["userId"] = "viewer@example.com",
        });
        using var answer = await http.PostAsync(new Uri("api_v3/service/session/action/start", UriKind.Relative), form).ConfigureAwait(false);
        return (await answer.Content.ReadAsStringAsync().ConfigureAwait(false)).Trim('"');
    }

    private static async Task<string> AskAsync(HttpClient http, string ks, int report)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["ks"] = ks, ["format"] = "1", ["reportType"] = $"{report}", ["reportInputFilter[objectType]"] = "KalturaEndUserReportInputFilter", ["reportInputFilter[fromDate]"] = $"{now - 86_400}",
            ["reportInputFilter[toDate]"] = $"{now + 86_400}", ["pager[pageSize]"] = "500", ["pager[pageIndex]"] = "1", ["responseOptions[delimiter]"] = "|",
        });
        using var answer = await http.PostAsync(new Uri("api_v3/service/report/action/getTable", UriKind.Relative), form).ConfigureAwait(false);
        var text = await answer.Content.ReadAsStringAsync().ConfigureAwait(false);
        return text.Contains("\"totalCount\"", StringComparison.Ordinal) ? text : throw new InvalidOperationException($"Report {report} answered: {text}");
    }

    private static Task SendAsync(Uri url, int partner, string ks, int first, int count) => Task.WhenAll(Enumerable.Range(0, Connections).Select(c => Task.Run(async () =>
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(url.Host, url.Port).ConfigureAwait(false);
        var stream = client.GetStream();
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[4_096];
            for (var i = first + c; i < first + count; i += Connections)
            {
                await stream.WriteAsync(Request(url, partner, ks, i)).ConfigureAwait(false);
                await AnswerAsync(stream, buffer).ConfigureAwait(false);
            }
        }
    })));

    private static byte[] Request(Uri url, int partner, string ks, int number)
    {
        // The events of a session stay on one connection: neighbours there are as far apart as there are connections.
        var turn = number / Connections;
        var session = $"bench_{turn / EventsPerSession}_{number % Connections}";
        var body = $"ks={Uri.EscapeDataString(ks)}&format=1&event[objectType]=KalturaStatsEvent&event[partnerId]={partner}&event[entryId]=1_bench{number % Connections * 31 % Entries:000}&event[eventType]={1 + turn % EventsPerSession % 7}"
            + $"&event[sessionId]={session}&event[eventTimestamp]=1773144000&event[referrer]=https://my-app.example.com/player&event[duration]=600000";
        return Encoding.ASCII.GetBytes($"POST /api_v3/service/stats/action/collect HTTP/1.1\r\nHost: {url.Authority}\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0) Chrome/130.0\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    /// <summary>Reads one answer, which comes whole or in chunks, until its last bytes.</summary>
    private static async Task AnswerAsync(NetworkStream stream, byte[] buffer)
    {
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            if (read == 0)
                throw new InvalidOperationException("The collector closed the connection.");
            length += read;
            var text = Encoding.ASCII.GetString(buffer, 0, length);
            if (!text.Contains("\r\n\r\n", StringComparison.Ordinal))
                continue;
            if (!text.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || text.Contains("KalturaAPIException", StringComparison.Ordinal))
                throw new InvalidOperationException($"The collector answered: {text}");
            if (text.Contains("chunked", StringComparison.OrdinalIgnoreCase) ? text.EndsWith("0\r\n\r\n", StringComparison.Ordinal) : text.EndsWith("true", StringComparison.Ordinal))
                return;
        }
    }
}
