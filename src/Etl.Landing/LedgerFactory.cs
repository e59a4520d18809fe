using Etl.Core.Errors;
using Etl.Landing.Connections;
using Etl.Landing.Sql.Ledger;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Landing.Sql.SqlServer;

namespace Etl.Landing;

/// <summary>Opens the ledger that the settings name.</summary>
public static class LedgerFactory
{
    /// <summary>Code of the fault that the server answers and has no such database: nobody made it yet, or the name is wrong.</summary>
    public const string NoDatabase = "no-database";

    /// <summary>Opens <c>ETL_LEDGER</c>, or the SQLite file in the data folder.</summary>
    /// <exception cref="EtlException">The kind is not in this build, or the ledger cannot be used.</exception>
    public static async Task<SqlLedger> OpenAsync(ConnectionSettings connections, CancellationToken cancellation)
    {
        var value = connections.Ledger();
        return value.Kind switch
        {
            "sqlite" => await SqliteLedger.OpenAsync(value.Rest, cancellation),
            "postgres" => await PostgresLedger.OpenAsync(value.Rest, cancellation),
            "sqlserver" => await SqlServerLedger.OpenAsync(value.Rest, cancellation),
            _ => throw value.Unknown("sqlite", "postgres", "sqlserver"),
        };
    }
}
