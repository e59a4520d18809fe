using System.Globalization;
using System.IO.Compression;
using System.Text;
using Etl.Sandbox;

namespace Etl.Integration.Tests.Support;

/// <summary>A folder with jobs and data, and a sandbox to pull from.</summary>
internal sealed class Workshop : IAsyncDisposable
{
    private readonly HttpClient _http;

    private Workshop(SandboxServer sandbox, SandboxOptions options)
    {
        Sandbox = sandbox;
        Folder = Directory.CreateTempSubdirectory("etl-it-").FullName;
        _http = new HttpClient { BaseAddress = sandbox.BaseUrl };
        Environment = new Dictionary<string, string>
        {
            ["KALTURA_SERVICE_URL"] = sandbox.BaseUrl.ToString(),
            ["KALTURA_REPORTS_URL"] = sandbox.BaseUrl.ToString(),
            ["KALTURA_PARTNER_ID"] = options.PartnerId.ToString(CultureInfo.InvariantCulture),
            ["KALTURA_ADMIN_SECRET"] = options.AdminSecret,
        };
        Directory.CreateDirectory(Path.Combine(Folder, "jobs"));
    }

    public SandboxServer Sandbox { get; }

    public string Folder { get; }

    public Dictionary<string, string> Environment { get; }

    public string DataFolder => Path.Combine(Folder, "data");

    public string Warehouse => Path.Combine(DataFolder, "warehouse.db");

    public static async Task<Workshop> OpenAsync(SandboxOptions? options = null)
    {
        options ??= new SandboxOptions { Entries = 40, Users = 60, Days = 12 };
        return new Workshop(await SandboxServer.StartAsync(options, default), options);
    }

    /// <summary>Writes a job file: the given source and land lines, daily windows in New York, exact totals unless told otherwise.</summary>
    public void WriteJob(string name, string source = "{ report: 38, action: table }", int lookback = 2, string extra = "", string checks = "tolerance: 0%") =>
        File.WriteAllText(Path.Combine(Folder, "jobs", name + ".yaml"), $"""
            job: {name}
            source: {source}
            window: {"{"} every: day, timezone: America/New_York, lookback: {lookback}, settle: 2h {"}"}
            land:
              - parquet: {"{"} dataset: {name.Replace('-', '_')} {"}"}
              - table: {"{"} connection: warehouse, name: {name.Replace('-', '_')} {"}"}
            checks: {"{"} {checks} {"}"}
            {extra}
            """);

    public Task<EtlResult> RunAsync(params string[] arguments) => EtlProcess.RunAsync(Folder, Environment, arguments);

    public Task<EtlResult> RunAsync(IReadOnlyDictionary<string, string> more, params string[] arguments) =>
        EtlProcess.RunAsync(Folder, Environment.Concat(more).ToDictionary(), arguments);

    /// <summary>Asks the sandbox for a fault, see its <c>/sandbox/faults</c>.</summary>
    public async Task FaultAsync(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var reply = await _http.PostAsync(new Uri("/sandbox/faults", UriKind.Relative), content);
        Assert.True(reply.IsSuccessStatusCode, await reply.Content.ReadAsStringAsync());
    }

    public async Task<string> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var reply = await _http.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, text);
        return text;
    }

    /// <summary>What the sandbox says at an address of its own.</summary>
    public Task<string> GetAsync(string path) => _http.GetStringAsync(new Uri(path, UriKind.Relative));

    /// <summary>The sandbox's truth for a New York day, as JSON lines.</summary>
    public async Task<string[]> TruthAsync(string report, string label, int? account = null)
    {
        var (from, to, offset) = NewYorkDay(label);
        var text = await _http.GetStringAsync(new Uri($"/sandbox/truth?report={report}&from={from}&to={to}&tz={offset}&account={account}", UriKind.Relative));
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The sandbox's truth for any range, as JSON lines.</summary>
    public async Task<string[]> TruthAsync(string report, DateTimeOffset from, DateTimeOffset to, int timeZoneOffset)
    {
        var text = await _http.GetStringAsync(new Uri(
            $"/sandbox/truth?report={report}&from={from.ToUnixTimeSeconds()}&to={to.ToUnixTimeSeconds()}&tz={timeZoneOffset}", UriKind.Relative));
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The sandbox's truth of a custom report for a New York day, as JSON lines.</summary>
    public async Task<string[]> CustomTruthAsync(string id, string label, string parameters, bool byDays)
    {
        var (from, to, offset) = NewYorkDay(label);
        var day = label.Replace("-", "", StringComparison.Ordinal);
        var all = (byDays ? $"from_date_id={day};to_date_id={day};timezone_offset={offset}" : $"from_date={from};to_date={to}") + (parameters.Length > 0 ? ";" + parameters : "");
        var text = await _http.GetStringAsync(new Uri($"/sandbox/truth-custom?id={id}&params={Uri.EscapeDataString(all)}", UriKind.Relative));
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>No fault is in force any more.</summary>
    public async Task NoFaultsAsync()
    {
        using var reply = await _http.DeleteAsync(new Uri("/sandbox/faults", UriKind.Relative));
        Assert.True(reply.IsSuccessStatusCode);
    }

    /// <summary>What an API action answers, as text.</summary>
    public async Task<string> CallAsync(string service, string action, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Append(("format", "1")).Select(f => new KeyValuePair<string, string>(f.Item1, f.Item2)));
        using var reply = await _http.PostAsync(new Uri($"/api_v3/service/{service}/action/{action}", UriKind.Relative), form);
        return await reply.Content.ReadAsStringAsync();
    }

    /// <summary>Rows of a query on the warehouse, read by the sqlite3 program.</summary>
    public IReadOnlyList<System.Text.Json.JsonElement> Query(string sql)
    {
        var json = Sqlite3.Json(Warehouse, sql);
        return json.Length == 0 ? [] : [.. System.Text.Json.JsonDocument.Parse(json).RootElement.EnumerateArray()];
    }

    /// <summary>A job file, word for word.</summary>
    public void WriteJobText(string name, string yaml) => File.WriteAllText(Path.Combine(Folder, "jobs", name + ".yaml"), yaml);

    public string ParquetFile(string dataset, string label) =>
        Path.Combine(DataFolder, "parquet", dataset, $"date={label}", "data.parquet");

    /// <summary>Files that only a landing in progress may have.</summary>
    /// <param name="pullMayWait">True after a landing that broke off: its checked pull may wait for the next run.</param>
    public string[] Leftovers(bool pullMayWait = false) => !Directory.Exists(DataFolder) ? [] :
    [
        .. Directory.EnumerateFiles(DataFolder, "*.tmp", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }),
        .. Directory.Exists(Path.Combine(DataFolder, "staged")) && !pullMayWait ? Directory.EnumerateFileSystemEntries(Path.Combine(DataFolder, "staged")) : [],
    ];

    /// <summary>Lists of recorded pulls, oldest first.</summary>
    public string[] RawLists(params string[] below)
    {
        var folder = Path.Combine([DataFolder, "raw", "pulls", .. below]);
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.jsonl", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>Bodies of raw replies, decompressed.</summary>
    public string[] RawBodies() => [.. RawFiles().Where(f => f.EndsWith(".gz", StringComparison.Ordinal)).Select(f => Encoding.UTF8.GetString(Decompressed(f)))];

    /// <summary>Every file of raw capture.</summary>
    public string[] RawFiles() =>
        [.. Directory.EnumerateFiles(Path.Combine(DataFolder, "raw"), "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })];

    public static byte[] Decompressed(string path)
    {
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var copy = new MemoryStream();
        file.CopyTo(copy);
        return copy.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Sandbox.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Bounds of a New York day in unix seconds.</summary>
    public static (long From, long To) Bounds(string label)
    {
        var (from, to, _) = NewYorkDay(label);
        return (from, to);
    }

    /// <summary>Label of the New York day that closed last; a day closes two hours after its end.</summary>
    public static string LatestDay()
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.UtcNow.AddHours(-2), TimeZoneInfo.FindSystemTimeZoneById("America/New_York"));
        return local.Date.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    private static (long From, long To, int Offset) NewYorkDay(string label)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        var day = DateTime.ParseExact(label, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var from = new DateTimeOffset(day, zone.GetUtcOffset(day));
        var to = new DateTimeOffset(day.AddDays(1), zone.GetUtcOffset(day.AddDays(1)));
        return (from.ToUnixTimeSeconds(), to.ToUnixTimeSeconds(), -(int)from.Offset.TotalMinutes);
    }
}
