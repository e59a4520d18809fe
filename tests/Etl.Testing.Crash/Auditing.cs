using System.Text;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Landing.Audit;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Connections;

namespace Etl.Testing.Crash;

/// <summary>Appends to an audit log as a target does: what is there already is not appended again.</summary>
internal static class Auditing
{
    public static async Task RunAsync(string data, string pull, string keyFile, bool rotate)
    {
        var settings = new ConnectionSettings(name => name == "ETL_AUDIT_KEY" ? "file:" + keyFile : null, data);
        var logs = new AuditLogs(data, settings, TimeProvider.System, Console.Error.WriteLine);
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
