using System.Data.Common;
using Dapper;
using Etl.Core.Errors;
using Etl.Landing.Sql.Ledger;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>The ledger in one SQLite file: several threads and processes of one machine may use it at once.</summary>
public sealed class SqliteLedger : SqlLedger
{
    /// <summary>How long a call waits for another writer; every call writes for milliseconds.</summary>
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(30);

    private readonly SqliteDatabase _database;

    private SqliteLedger(SqliteDatabase database) => _database = database;

    /// <inheritdoc/>
    public override string Name => _database.Path;

    // 'now' is one instant for all expressions of a statement. This SQLite knows milliseconds only as text.
    private protected override string NowMilliseconds =>
        "(CAST(strftime('%s', 'now') AS INTEGER) * 1000 + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER))";

    private protected override string NowText => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

    private protected override LedgerTypes Types => SqliteTypes;

    internal static LedgerTypes SqliteTypes { get; } = new("TEXT", "TEXT", "INTEGER PRIMARY KEY AUTOINCREMENT");

    /// <summary>Opens the ledger, making the file when missing and bringing its tables to this build's version.</summary>
    /// <exception cref="EtlException">The file cannot be used, or a newer version wrote it.</exception>
    public static async Task<SqliteLedger> OpenAsync(string path, CancellationToken cancellation)
    {
        var ledger = new SqliteLedger(new SqliteDatabase(path, "ledger", "ETL_LEDGER", s_wait));
        await ledger.MigrateAsync(cancellation);
        return ledger;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _database.Release();
        return base.DisposeAsync();
    }

    private protected override Task<DbConnection> OpenAsync(CancellationToken cancellation) =>
        Task.FromResult<DbConnection>(_database.Open());

    private protected override async Task<IDisposable?> TurnAsync(CancellationToken cancellation) => await _database.TurnAsync(cancellation);

    private protected override Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken cancellation) =>
        Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(deferred: false));

    private protected override ValueTask EndAsync(DbTransaction transaction)
    {
        SqliteDatabase.End((SqliteTransaction)transaction);
        return ValueTask.CompletedTask;
    }

    private protected override EtlException? Explain(DbException fault, string doing) => _database.Explain(fault, doing);

    private protected override Task<int> ReadVersionAsync(DbConnection connection, DbTransaction transaction) =>
        connection.ExecuteScalarAsync<int>("PRAGMA user_version", transaction: transaction);

    private protected override Task WriteVersionAsync(DbConnection connection, DbTransaction transaction, int version) =>
        connection.ExecuteAsync(FormattableString.Invariant($"PRAGMA user_version = {version}"), transaction: transaction);
}
