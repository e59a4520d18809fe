using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Etl.Benchmarks;

/// <summary>
/// How long <c>etl sandbox --data</c> takes to be there again when its log holds many events. The log is written here, by the form that
/// <c>docs/collector.md</c> describes and with the events of <see cref="CollectBenchmark"/>; then a report over all of it is asked for.
/// </summary>
internal static class RestartBenchmark
{
    private const int PartnerId = 1_234_567, EventsPerSession = 8, Entries = 200, Connections = 64;

    internal static int Run(string[] args)
    {
        var events = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5_000_000;
        var folder = Directory.CreateTempSubdirectory("etl-restart-").FullName;
        try
        {
            var log = Path.Combine(folder, "events.log");
            WriteLog(log, events);
            for (var round = 0; round < 2; round++) Measure(folder, log, events);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(string folder, string log, int events)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "etl.dll"), "sandbox", "--empty", "--port", "0", "--data", folder, "--json"]) { RedirectStandardOutput = true };
        var clock = Stopwatch.StartNew();
        using var server = Process.Start(start)!;
        try
        {
            // Its address is told when it answers.
            var told = JsonDocument.Parse(server.StandardOutput.ReadLine()!).RootElement;
            var seconds = clock.Elapsed.TotalSeconds;
            server.Refresh();
            var cpu = server.TotalProcessorTime.TotalSeconds;
            using var http = new HttpClient { BaseAddress = new Uri(told.GetProperty("url").GetString()!) };
            var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            var truth = http.GetStringAsync(new Uri($"sandbox/truth?report=38&from={now - 86_400}&to={now + 86_400}", UriKind.Relative)).GetAwaiter().GetResult();
            var plays = truth.Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(l => JsonDocument.Parse(l).RootElement.GetProperty("count_plays").GetInt64());
            if (told.GetProperty("partnerId").GetInt32() != PartnerId || plays == 0) throw new InvalidOperationException($"The sandbox has account {told.GetProperty("partnerId")} and {plays} plays.");
            server.Refresh();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"restart: {events:N0} events, {new FileInfo(log).Length / 1e6:N0} MB, there after {seconds:0.0} s, {cpu:0.0} cpu-seconds, {server.PeakWorkingSet64 / 1e6:N0} MB of memory, {plays:N0} plays"));
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
        }
    }

    private static void WriteLog(string path, int events)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        var payload = new MemoryStream();
        var at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Span<byte> head = stackalloc byte[25];
        Span<byte> frame = stackalloc byte[8];
        for (var number = 0; number < events; number++)
        {
            var turn = number / Connections;
            payload.SetLength(0);
            BinaryPrimitives.WriteInt64LittleEndian(head, at);
            head[8] = 0;
            BinaryPrimitives.WriteInt64LittleEndian(head[9..], PartnerId);
            var type = 1 + turn % EventsPerSession % 7;
            BinaryPrimitives.WriteInt64LittleEndian(head[17..], type);
            payload.Write(head);
            using (var writer = new BinaryWriter(payload, Encoding.UTF8, leaveOpen: true))
            {
                foreach (var text in (string[])["127.0.0.1", "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0", "viewer@example.com", "", ""]) writer.Write(text);
                (string, string)[] parameters =
                [
                    ("objectType", "KalturaStatsEvent"), ("partnerId", $"{PartnerId}"), ("entryId", $"1_bench{number % Connections * 31 % Entries:000}"), ("eventType", $"{type}"),
                    ("sessionId", $"bench_{turn / EventsPerSession}_{number % Connections}"), ("eventTimestamp", "1773144000"), ("referrer", "https://my-app.example.com/player"), ("duration", "600000"),
                ];
                writer.Write7BitEncodedInt(parameters.Length);
                foreach (var (name, value) in parameters)
                {
                    writer.Write(name);
                    writer.Write(value);
                }
            }
            var bytes = payload.GetBuffer().AsSpan(0, (int)payload.Length);
            BinaryPrimitives.WriteInt32LittleEndian(frame, bytes.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Crc(bytes));
            file.Write(frame);
            file.Write(bytes);
        }
    }

    // CRC-32 of IEEE 802.3.
    private static readonly uint[] s_crc = [.. Enumerable.Range(0, 256).Select(i => Enumerable.Range(0, 8).Aggregate((uint)i, (c, _) => (c & 1) != 0 ? 0xEDB88320 ^ c >> 1 : c >> 1))];

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes) crc = s_crc[(crc ^ b) & 255] ^ crc >> 8;
        return ~crc;
    }
}
