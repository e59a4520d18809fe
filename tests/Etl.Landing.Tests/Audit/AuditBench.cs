using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Etl.Core.Windows;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.TimeStamps;
using Etl.Landing.Audit.Verify;
using Etl.Testing;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Audit;

/// <summary>A data folder with a key and a log named <c>compliance</c>.</summary>
internal sealed class AuditBench : IDisposable
{
    public static readonly CancellationToken None = CancellationToken.None;

    public AuditBench() => Fingerprint = AuditKeys.Create(KeyFile);

    public TempFolder Data { get; } = new();

    public FakeClock Clock { get; } = new(new DateTimeOffset(2026, 11, 20, 2, 15, 0, TimeSpan.Zero));

    public List<string> Warnings { get; } = [];

    public string KeyFile => Data["keys/audit.pem"];

    public string Fingerprint { get; }

    /// <summary>Folder of the log.</summary>
    public string Folder => Data["audit/compliance"];

    public AuditLog Log(string? keyFile = null, AuditPlace? place = null, ITimeStamper? stamper = null, string? pin = null) => new(
        "compliance", place ?? AuditPlace.OfFolder(Folder, Clock), PemSigner.Open(keyFile ?? KeyFile, "ETL_AUDIT_KEY"), new AuditPin(AuditPin.PathOf(pin ?? Folder)), stamper, "etl test", Clock, Warnings.Add);

    /// <summary>The window of a day in November.</summary>
    public static WindowKey Key(int day, string job = "nightly") => new(job, "main", "101", $"2026-11-{day:00}");

    public static CanonicalObject Facts(int day, string pull = "p1", string job = "nightly") => new()
    {
        ["pull"] = pull,
        ["tenant"] = "101",
        ["window"] = new CanonicalObject
        {
            ["job"] = job, ["source"] = "main", ["account"] = "101", ["label"] = Key(day).Label,
            ["from"] = $"2026-11-{day:00}T00:00:00Z", ["to"] = $"2026-11-{day + 1:00}T00:00:00Z", ["every"] = "day", ["timezone"] = "UTC",
        },
    };

    public static AuditFile File(string path, string content, CanonicalObject? facts = null) => new(path, () => new MemoryStream(Encoding.UTF8.GetBytes(content)), facts);

    /// <summary>Three small files.</summary>
    public static IReadOnlyList<AuditFile> Files(string content = "rows", int bytes = 40) =>
    [
        File("data.parquet", content.PadRight(bytes, '.'), new CanonicalObject { ["rows"] = 3L }),
        File("raw/0001.json", $"[\"{content}\"]"),
        File("report.html", "<p>" + content),
    ];

    /// <summary>Appends a snapshot of a day.</summary>
    public async Task<AuditEntry> AppendAsync(int day, string pull = "p1", string job = "nightly", AuditLog? log = null, int bytes = 40)
    {
        Clock.Advance(TimeSpan.FromHours(1));
        if (log is not null) return await log.AppendAsync("snapshot", Facts(day, pull, job), Files($"{job} {day} {pull}", bytes), None);
        using var own = Log();
        return await own.AppendAsync("snapshot", Facts(day, pull, job), Files($"{job} {day} {pull}", bytes), None);
    }

    /// <summary>A log of days from the first of November.</summary>
    public async Task FillAsync(int days)
    {
        using var log = Log();
        for (var day = 1; day <= days; day++) await AppendAsync(day, log: log);
    }

    public AuditVerdict Verify(string? folder = null, string? key = null, string? old = null, bool quick = false) =>
        AuditVerifier.Verify(new AuditVerification(folder ?? Folder) { Key = key ?? Fingerprint, OldCheckpoint = old, Quick = quick });

    /// <summary>Copies a log's folder and what is pinned beside it.</summary>
    public string Copy(string name)
    {
        var to = Data[$"copies/{name}/compliance"];
        CopyFolder(Folder, to);
        return to;
    }

    public static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) System.IO.File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    public void Dispose() => Data.Dispose();
}

/// <summary>The second verifier, in a process of its own that is asked again and again.</summary>
internal sealed class SecondVerifier : IDisposable
{
    private readonly Process _process;

    public SecondVerifier()
    {
        var start = new ProcessStartInfo("python3", [Repository.PathOf("tests", "audit", "verify.py"), "--batch"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        _process = Process.Start(start)!;
    }

    /// <summary>Its verdict.</summary>
    public string Ask(string folder, string? key = null, string? old = null, bool quick = false)
    {
        List<string> arguments = [folder];
        if (key is not null) arguments.AddRange(["--key", key]);
        if (old is not null) arguments.AddRange(["--checkpoint", old]);
        if (quick) arguments.Add("--quick");
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(arguments));
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The second verifier died; its message is on stderr.");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
