using System.Reflection;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.TimeStamps;
using Etl.Landing.Connections;
using Etl.Landing.Stores;

namespace Etl.Landing.Audit;

/// <summary>Opens audit logs by their names.</summary>
internal static class AuditLogs
{
    /// <summary>The folder of a log that has no store.</summary>
    public static string FolderOf(string dataFolder, string log) => Path.Combine(Path.GetFullPath(dataFolder), "audit", log);

    /// <summary>Opens a log for writing. Reads the key; opens nothing else yet.</summary>
    /// <param name="log">Its name.</param>
    /// <param name="dataFolder">The data folder; the pinned key is there even when the log is in a store.</param>
    /// <param name="store">A store whose names are the log's; null for the data folder.</param>
    /// <param name="settings">Key and time stamp authority.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Takes one sentence that a person should read.</param>
    /// <exception cref="Core.Errors.EtlException">The key or the authority is not configured rightly.</exception>
    public static AuditLog Open(string log, string dataFolder, IObjectStore? store, ConnectionSettings settings, TimeProvider time, Action<string> warn)
    {
        var folder = FolderOf(dataFolder, log);
        var place = store is null ? AuditPlace.OfFolder(folder, time) : AuditPlace.OfStore(store, time);
        var stamper = HttpTimeStamper.Of(settings.TimeStampAuthority());
        return new AuditLog(log, place, AuditSigners.Open(settings.AuditKey(log)), new AuditPin(AuditPin.PathOf(folder)), stamper, Tool, time, warn);
    }

    private static string Tool => "etl " + typeof(AuditLogs).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
