using System.Text;
using Etl.Core.Jobs;
using Etl.Core.Raw;
using Etl.Core.Secrets;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Audit;
using Etl.Landing.Audit.Log;
using Etl.Landing.Raw;
using Etl.Testing.Files;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Audit.Snapshots;

/// <summary>A data folder with raw replies, an audit log in memory, and what a pipeline knows of a pull.</summary>
internal sealed class SnapshotBench : IDisposable
{
    public const string AdminSecret = "0123456789abcdef0123456789abcdef";

    public static readonly AuditLandSpec Land = new() { Log = "compliance", Retention = new AuditRetention(7, IsYears: true) };

    private readonly SemaphoreSlim _recording = new(1);

    public SnapshotBench()
    {
        Log = new MemoryAuditLog(LogFolder);
        Raw = new RawStore(Folder.Path, TimeProvider.System);
    }

    public TempFolder Folder { get; } = new();

    public string LogFolder => Folder["audit/compliance"];

    public MemoryAuditLog Log { get; }

    public RawStore Raw { get; }

    /// <summary>A target over the log in memory, or over another one in the same place.</summary>
    public AuditTarget Target(IAuditLog? log = null) => new(
        Land,
        new AuditHost { Raw = Raw, Tenant = "101", Service = "www.kaltura.com", Packages = "portable", Secrets = [new Secret(AdminSecret)] },
        () => log ?? Log,
        AuditPlace.OfFolder(LogFolder, TimeProvider.System));

    public static JobDefinition Job(WindowKey key) => new()
    {
        Name = key.Job,
        About = "Who finished which training.",
        Sources = [new SourceSpec { Name = key.Source, Action = "table", Report = "13", Filter = new Dictionary<string, FilterValue> { ["categoriesIdsIn"] = new(["12", "13"], IsList: true) } }],
        Window = new WindowSpec { TimeZone = "America/New_York" },
        Land = [Land],
        TextHash = new string('a', 64),
    };

    public static LandingOrder Order(IStagedPull pull) => new(pull.Key, Keys.Day(pull.Key.Label), pull.Stamp) { Job = Job(pull.Key), Record = Keys.Record(pull.Stamp, pull.Key) };

    /// <summary>Records replies of a pull.</summary>
    public async Task RecordAsync(IStagedPull pull, params string[] bodies)
    {
        using var capture = await Raw.BeginAsync(pull.Key, pull.Stamp.Pull, default);
        foreach (var body in bodies)
        {
            await using var reply = capture.Open(new RawRequest("report", "getTable", [KeyValuePair.Create("reportType", "13")]));
            await reply.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        }
        await capture.KeepAsync(
            new RawHead(pull.Key, Keys.Day(pull.Key.Label), pull.Stamp.Pull, pull.Stamp.PulledAt, pull.Stamp.DefinitionHash, Complete: true, pull.Stamp.Rows, pull.Stamp.ContentHash), default);
    }

    /// <summary>The same for a pull that several workers land.</summary>
    public async Task RecordOnceAsync(IStagedPull pull)
    {
        await _recording.WaitAsync();
        try
        {
            if (Raw.Find(pull.Key, pull.Stamp.Pull) is null) await RecordAsync(pull, "reply");
        }
        finally
        {
            _recording.Release();
        }
    }

    public async Task<LandingReceipt> LandAsync(IStagedPull pull, params string[] bodies)
    {
        await RecordAsync(pull, bodies.Length == 0 ? ["reply of " + pull.Stamp.Pull, "totals"] : bodies);
        return await Target().LandAsync(Order(pull), pull, default);
    }

    public string FileOf(long sequence, string path) => Path.Combine(LogFolder, Log.Entries[(int)sequence].Folder!, "files", path);

    public void Dispose()
    {
        _recording.Dispose();
        Folder.Dispose();
    }
}
