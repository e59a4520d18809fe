using System.Text;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Landing.Audit;
using Etl.Landing.Audit.Erasing;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Connections;

namespace Etl.Testing.Crash;

/// <summary>Appends to an audit log as a target does: what is there already is not appended again.</summary>
public static class Auditing
{
    /// <summary>Appends the snapshot of a pull unless it is there, or takes a new key, whose file is <paramref name="pull"/> then, into use.</summary>
    public static async Task RunAsync(string data, string pull, string keyFile, bool rotate)
    {
        var logs = Logs(data, keyFile);
        using var log = logs.Open(logs.Find(new AuditLandSpec { Log = "compliance" }));
        if (rotate)
        {
            using var next = PemSigner.Open(pull, "test");
            await log.RotateAsync(next, default);
            return;
        }
        var key = new WindowKey("job", "main", "101", "2026-11-19");
        if ((await log.FindAsync(key, default))?.Manifest["pull"] as string == pull) return;
        await log.AppendAsync("snapshot", Facts(key, pull), [File("data.parquet", pull), File("raw/0001.json", "[]")], default);
    }

    /// <summary>Erases the files of the first snapshot.</summary>
    public static Task EraseAsync(string data, string keyFile) =>
        new AuditEraser(Logs(data, keyFile), TimeProvider.System).EraseAsync(Path.Combine(data, "audit", "compliance"), 0, [], "Request 118", default);

    private static AuditLogs Logs(string data, string keyFile) =>
        new(data, new ConnectionSettings(name => name == "ETL_AUDIT_KEY" ? "file:" + keyFile : null, data), TimeProvider.System, Console.Error.WriteLine);

    private static AuditFile File(string path, string content) => new(path, () => new MemoryStream(Encoding.UTF8.GetBytes(content)));

    private static CanonicalObject Facts(WindowKey key, string pull) => new()
    {
        ["pull"] = pull,
        ["window"] = new CanonicalObject
        {
            ["job"] = key.Job, ["source"] = key.Source, ["account"] = key.Account, ["label"] = key.Label,
            ["from"] = "2026-11-19T00:00:00Z", ["to"] = "2026-11-20T00:00:00Z", ["every"] = "day", ["timezone"] = "UTC",
        },
    };
}
