using System.Buffers.Binary;
using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Windows;
using Npgsql;

namespace Etl.Landing.Sql.Postgres;

/// <summary>
/// Tables in PostgreSQL. Tables are made and grown in a short transaction of their own. A pull is then copied in the transaction that will
/// publish it, straight into the table where every row stays one: no reader sees it, a crash leaves nothing, and the lock is taken only when all rows
/// are there.
/// </summary>
internal sealed class PostgresWarehouse : SqlWarehouse
{
    /// <summary>How long to wait for a lock that a landing holds.</summary>
    private static readonly TimeSpan s_lockWait = TimeSpan.FromMinutes(2);

    /// <summary>How long to wait for a lock that changes a table's columns: whoever waits for that one makes every reader wait behind it. Asked for again and again.</summary>
    private static readonly TimeSpan s_shapeWait = TimeSpan.FromSeconds(5);

    /// <summary>How long a pull whose rows are there may wait for the job's other targets. A worker that hangs then loses its transaction and the locks of it.</summary>
    private static readonly TimeSpan s_stall = TimeSpan.FromHours(1);

    private readonly string _connectionString;
    private readonly TimeSpan _lockWait;
    private readonly TimeSpan _stall;
    private readonly PostgresFaults _faults;
    private string? _schema;

    /// <param name="connectionString">Keywords of Npgsql; may hold a password.</param>
    /// <param name="variable">The setting that a person would change.</param>
    /// <param name="lockWait">How long a landing waits for another one; null for two minutes.</param>
    /// <param name="stall">How long a transaction may stand still before the server ends it; null for an hour.</param>
    /// <exception cref="EtlException">The text is no connection string.</exception>
    public PostgresWarehouse(string connectionString, string variable, TimeSpan? lockWait = null, TimeSpan? stall = null)
    {
        var settings = PostgresSettings.OfRows(connectionString, variable);
        CommandTimeoutSeconds = settings.CommandTimeout;
        _connectionString = settings.ConnectionString;
        _lockWait = lockWait ?? s_lockWait;
        _stall = stall ?? s_stall;
        _faults = new PostgresFaults(PostgresSettings.PlaceOf(settings), variable);
    }

    public override SqlDialect Dialect { get; } = new PostgresDialect();

    public override int CommandTimeoutSeconds { get; }

    public override bool FitsWhilePublishing => false;

    public override Task<SqlSession> BeginAsync(CancellationToken cancellation) =>
        BeginAsync(IsolationLevel.ReadCommitted, Limits, cancellation);

    public override Task<SqlSession> BeginReadAsync(CancellationToken cancellation) =>
        BeginAsync(IsolationLevel.RepeatableRead, "SET TRANSACTION READ ONLY; " + Limits, cancellation);

    public override async ValueTask EndAsync(DbConnection connection, DbTransaction transaction)
    {
        try
        {
            await transaction.DisposeAsync();
        }
        catch (Exception fault) when (fault is NpgsqlException or IOException or InvalidOperationException)
        {
            // A broken connection has rolled back by itself.
        }
    }

    public override async Task<SqlTable> ResolveAsync(SqlSession session, SqlTable table, CancellationToken cancellation)
    {
        _schema ??= table.Schema is null
            ? await session.ScalarAsync<string?>("SELECT current_schema()", null, cancellation)
            : await session.ScalarAsync<string?>("SELECT nspname::text FROM pg_namespace WHERE nspname = @Schema", new { table.Schema }, cancellation);
        return _schema is not null
            ? table with { Schema = _schema }
            : throw new EtlException(
                FaultKind.Usage,
                table.Schema is null
                    ? $"There is no schema to look for table '{table}' in: the user's search_path names none that exists. Name it in the job as 'schema.{table.Name}'. Nothing was changed."
                    : $"Schema '{table.Schema}' of table '{table}' does not exist. Create it (CREATE SCHEMA {table.Schema}), or name another one in the job. Nothing was changed.")
                { Code = "schema-missing" };
    }

    public override Task LockAsync(SqlSession session, SqlTable table, WindowKey? window, CancellationToken cancellation) => window is { } key
        ? session.ExecuteAsync(
            "SELECT pg_advisory_xact_lock_shared(@all), pg_advisory_xact_lock(@one)", new { all = LockId("table", table), one = LockId("window", table, key.ToString()) }, cancellation)
        : session.ExecuteAsync("SELECT pg_advisory_xact_lock(@all)", new { all = LockId("table", table) }, cancellation);

    public override async Task LockShapeAsync(SqlSession session, SqlTable table, CancellationToken cancellation)
    {
        // One for all tables of a schema: they share etl_landing and its sisters.
        await session.ExecuteAsync("SELECT pg_advisory_xact_lock(@id)", new { id = LockId("shape", table.Beside("")) }, cancellation);
        await session.ExecuteAsync(Timeout(s_shapeWait), null, cancellation);
    }

    public override async Task<SqlObject> LookAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        await session.ScalarAsync<string?>(
            "SELECT c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = @Schema AND c.relname = @Name",
            new { table.Schema, table.Name },
            cancellation) switch
        {
            null => SqlObject.None,
            "r" or "p" => SqlObject.Table,
            _ => SqlObject.Other,
        };

    public override async Task<IReadOnlyList<SqlColumn>> ColumnsAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        [.. (await session.QueryAsync<(string Name, string Type)>(
            """
            SELECT a.attname::text, format_type(a.atttypid, a.atttypmod)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = @Schema AND c.relname = @Name AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """,
            new { table.Schema, table.Name },
            cancellation)).Select(c => new SqlColumn(c.Name, c.Type))];

    public override Task<IReadOnlyList<string>> IndexesAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        session.QueryAsync<string>("SELECT indexname::text FROM pg_indexes WHERE schemaname = @Schema AND tablename = @Name", new { table.Schema, table.Name }, cancellation);

    public override async Task<bool> IsIndexNameFreeAsync(SqlSession session, SqlTable table, string index, CancellationToken cancellation) =>
        await LookAsync(session, table.Beside(index), cancellation) == SqlObject.None;

    public override async Task<SqlStage?> StageAsync(SqlStageOrder order, CancellationToken cancellation)
    {
        var session = await BeginAsync(cancellation);
        try
        {
            // From here to the end of the transaction nobody changes the table's columns; rows may come and go.
            await session.ExecuteAsync($"LOCK TABLE {Dialect.Quote(order.Table)} IN ROW EXCLUSIVE MODE", null, cancellation);
            if (!await order.SchemaStays(session, cancellation))
            {
                await session.DisposeAsync();
                return null;
            }
            var waiting = order.IntoTable ? order.Table : PostgresStage.Waiting;
            if (!order.IntoTable) await PostgresStage.MakeAsync(session, order.Rows, cancellation);
            var before = await InsertedAsync(session, waiting, cancellation);
            await InsertAsync(session, waiting, order.Rows, cancellation);
            var loaded = await InsertedAsync(session, waiting, cancellation) - before;
            if (!order.IntoTable) await PostgresStage.FinishAsync(session, cancellation);
            return new PostgresStage(session, loaded > 0 ? loaded : null);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public override Task InsertAsync(SqlSession session, SqlTable table, SqlRows rows, CancellationToken cancellation) =>
        PostgresCopy.WriteAsync((NpgsqlConnection)session.Connection, Dialect.Quote(table), rows, Dialect, cancellation);

    public override IEnumerable<RowBatch> Read(SqlSession session, string sql, TableSchema schema) => PostgresCopy.Read((NpgsqlConnection)session.Connection, sql, schema);

    public override bool IsDeadlock(Exception fault) =>
        fault is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    public override bool IsLockTimeout(Exception fault) => fault is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    public override EtlException? Explain(Exception fault, string doing) => _faults.Explain(fault, doing);

    // What a server, a database or a role allows the queries of people would end every large landing: how long a statement may take says 'Command Timeout'.
    // The last limit is known to PostgreSQL 17 and later only.
    private string Limits =>
        $"{Timeout(_lockWait)}; SET LOCAL idle_in_transaction_session_timeout = {Milliseconds(_stall)}; SET LOCAL statement_timeout = 0; "
        + "SELECT set_config('transaction_timeout', '0', true) WHERE current_setting('transaction_timeout', true) IS NOT NULL";

    private static string Timeout(TimeSpan wait) => "SET LOCAL lock_timeout = " + Milliseconds(wait);

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    private static long LockId(string what, SqlTable table, string window = "") =>
        BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"etl {what}\n{table}\n{window}")));

    // What this connection has put into a table since it last reported, which it never does within a transaction. Reading half a million fresh rows
    // again to count them takes a quarter of the time that their COPY took. No difference says nothing: the server may be set to keep no counts, and
    // keeps those of a partitioned table with its parts.
    private Task<long> InsertedAsync(SqlSession session, SqlTable table, CancellationToken cancellation) => session.ScalarAsync<long>(
        "SELECT coalesce(pg_stat_get_xact_tuples_inserted(@table::regclass), 0)", new { table = Dialect.Quote(table) }, cancellation);

    private async Task<SqlSession> BeginAsync(IsolationLevel isolation, string settings, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            var session = new SqlSession(this, connection, await connection.BeginTransactionAsync(isolation, cancellation));
            await session.ExecuteAsync(settings, null, cancellation);
            return session;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
