using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Audit;
using Etl.Landing.Audit.Log;
using Etl.Landing.Connections;
using Etl.Landing.Exports.Joining;
using Etl.Landing.Parquet;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Landing.Sql.SqlServer;
using Etl.Landing.Stores;

namespace Etl.Landing;

/// <summary>Makes targets from the <c>land:</c> items of jobs. Making one opens nothing and touches no disk.</summary>
public sealed class TargetFactory : ITargetFactory
{
    /// <summary>How long a landing waits for another one in the same database file.</summary>
    private static readonly TimeSpan s_databaseWait = TimeSpan.FromMinutes(2);

    private readonly string _dataFolder;
    private readonly ConnectionSettings _connections;
    private readonly TimeProvider _time;
    private readonly Action<string> _warn;
    private readonly AuditHost? _audit;
    private readonly AuditLogs _logs;
    private readonly Dictionary<string, AuditLog> _openLogs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _told = [];

    /// <summary>Makes a factory.</summary>
    /// <param name="dataFolder">The data folder; datasets without a store lie in its <c>parquet</c>.</param>
    /// <param name="connections">Names that jobs use.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Takes one sentence that a person should read, such as of a damaged file that was replaced. May be called from several threads.</param>
    /// <param name="audit">What audit snapshots say of this installation; null where no job lands any.</param>
    public TargetFactory(string dataFolder, ConnectionSettings connections, TimeProvider time, Action<string>? warn = null, AuditHost? audit = null)
    {
        _dataFolder = Path.GetFullPath(dataFolder);
        _connections = connections;
        _time = time;
        _warn = warn ?? (_ => { });
        _audit = audit;
        _logs = new AuditLogs(_dataFolder, connections, time, _warn);
    }

    /// <inheritdoc/>
    public ITarget Create(LandSpec land, bool severalAccounts) => land switch
    {
        ParquetLandSpec parquet => new ParquetTarget(StoreOf(parquet), parquet, severalAccounts, _warn, _time),
        TableLandSpec table => new SqlTableTarget(WarehouseOf(table), table, _time, (step, sentence) => TellOnce($"{table.Connection}:{step}", sentence)),
        ExportRowsLandSpec rows => new ExportRowsTarget(ExportRows.StoreOf(_dataFolder, rows.Job, rows.Export, _time), rows, severalAccounts, _warn),
        AuditLandSpec audit => AuditOf(audit),
        _ => throw Unknown(land),
    };

    /// <inheritdoc/>
    public string NameOf(LandSpec land) => land switch
    {
        ParquetLandSpec parquet => ParquetTarget.NameOf(parquet),
        TableLandSpec table => SqlNames.TargetName(table),
        ExportRowsLandSpec rows => ExportRowsTarget.NameOf(rows),
        AuditLandSpec audit => AuditTarget.NameOf(audit),
        _ => throw Unknown(land),
    };

    private void TellOnce(string what, string sentence)
    {
        if (_told.TryAdd(what, 0)) _warn(sentence);
    }

    private IObjectStore StoreOf(ParquetLandSpec land) =>
        land.Store is null ? ObjectStores.Local(Path.Combine(_dataFolder, "parquet"), _time) : ObjectStores.Of(_connections.Store(land.Store), _time);

    private AuditTarget AuditOf(AuditLandSpec land)
    {
        var host = _audit ?? throw new ArgumentException("A factory that lands audit snapshots needs to know its host.", nameof(land));
        var log = _logs.Find(land);
        return new AuditTarget(land, host, () => Opened(log), log.Place);
    }

    // One for all windows: a log that is open reads only what was appended since, and its key is asked for once.
    private AuditLog Opened(LogPlace log)
    {
        lock (_openLogs)
        {
            if (!_openLogs.TryGetValue(log.Place.Name, out var open)) _openLogs[log.Place.Name] = open = _logs.Open(log);
            return open;
        }
    }

    private SqlWarehouse WarehouseOf(TableLandSpec land)
    {
        var connection = _connections.Connection(land.Connection);
        return connection.Kind switch
        {
            "sqlite" => new SqliteWarehouse(new SqliteDatabase(connection.Rest, "database", connection.Variable, s_databaseWait)),
            "postgres" => new PostgresWarehouse(connection.Rest, connection.Variable),
            "sqlserver" => new SqlServerWarehouse(new SqlServerClient(connection.Rest, connection.Variable), connection.Variable, _time),
            _ => throw connection.Unknown("sqlite", "postgres", "sqlserver"),
        };
    }

    private static EtlException Unknown(LandSpec land) =>
        new(FaultKind.Usage, $"This build cannot land as '{land.GetType().Name}'; it knows 'parquet', 'table', 'export' and 'audit'.") { Code = "target" };
}
