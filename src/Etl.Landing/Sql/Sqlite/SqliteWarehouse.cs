using System.Data;
using System.Data.Common;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Windows;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// Tables in an SQLite file. One writer at a time has the whole file, so beginning to write is the lock. Nothing is written before the landing's
/// one transaction, which reads the staged file that waits on the same disk.
/// </summary>
internal sealed class SqliteWarehouse(SqliteDatabase database) : SqlWarehouse
{
    /// <summary>
    /// What a landing may keep of the file in memory. With the engine's own 2 MB a window of many rows is written to the log and read back again and again
    /// while its indexes grow (docs/benchmarks); more than this saved little.
    /// </summary>
    private const int CacheKibibytes = 16 * 1024;

    // SQLITE_ERROR, which the engine gives for names that are not there.
    private const int NoSuchColumn = 1;

    // The engine's names of a row's number; a column of the table with such a name hides it.
    private static readonly string[] s_rowNumbers = ["rowid", "_rowid_", "oid"];

    public override SqlDialect Dialect { get; } = new SqliteDialect();

    // The engine waits for locks only, and SqliteDatabase says for how long.
    public override int CommandTimeoutSeconds => 0;

    public override bool FitsWhilePublishing => true;

    public override bool Exists => database.Exists;

    public override async Task<IDisposable?> TurnAsync(CancellationToken cancellation) => await database.TurnAsync(cancellation);

    public override Task<SqlSession> BeginAsync(CancellationToken cancellation) => Begin(connection =>
    {
        Tell(connection, FormattableString.Invariant($"PRAGMA cache_size = -{CacheKibibytes}"));
        return SqliteDatabase.Begin(connection, cancellation);
    });

    public override Task<SqlSession> BeginReadAsync(CancellationToken cancellation) => Begin(connection => connection.BeginTransaction(deferred: true));

    public override ValueTask EndAsync(DbConnection connection, DbTransaction transaction)
    {
        SqliteDatabase.End((SqliteTransaction)transaction);
        // The pool keeps the connection, and the engine would keep the pages.
        if (connection.State == ConnectionState.Open) Tell((SqliteConnection)connection, "PRAGMA shrink_memory");
        return ValueTask.CompletedTask;
    }

    public override Task LockAsync(SqlSession session, SqlTable table, WindowKey? window, CancellationToken cancellation) => Task.CompletedTask;

    public override async Task<SqlObject> LookAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        await session.ScalarAsync<string?>("SELECT type FROM sqlite_master WHERE name = @Name COLLATE NOCASE AND type IN ('table', 'view')", new { table.Name }, cancellation) switch
        {
            null => SqlObject.None,
            "table" => SqlObject.Table,
            _ => SqlObject.Other,
        };

    // Tuples: the engine gives no types for the columns of an empty answer, which a record's constructor would need.
    public override async Task<IReadOnlyList<SqlColumn>> ColumnsAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        [.. (await session.QueryAsync<(string Name, string Type)>("SELECT name, type FROM pragma_table_info(@Name) ORDER BY cid", new { table.Name }, cancellation))
            .Select(c => new SqlColumn(c.Name, c.Type))];

    public override Task<IReadOnlyList<string>> IndexesAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        session.QueryAsync<string>("SELECT name FROM pragma_index_list(@Name)", new { table.Name }, cancellation);

    public override async Task<bool> IsIndexNameFreeAsync(SqlSession session, SqlTable table, string index, CancellationToken cancellation) =>
        await session.ScalarAsync<long>("SELECT count(*) FROM sqlite_master WHERE name = @index COLLATE NOCASE", new { index }, cancellation) == 0;

    public override Task<SqlStage?> StageAsync(SqlStageOrder order, CancellationToken cancellation) => Task.FromResult<SqlStage?>(new SqliteStage(this, order.Table));

    public override Task InsertAsync(SqlSession session, SqlTable table, SqlRows rows, CancellationToken cancellation)
    {
        Insert(session, table, rows, cancellation);
        return Task.CompletedTask;
    }

    /// <summary>As <see cref="InsertAsync"/>; how many rows the engine says it inserted.</summary>
    public long Insert(SqlSession session, SqlTable table, SqlRows rows, CancellationToken cancellation)
    {
        var ordered = KeyOrder.Of(rows);
        using var insert = new SqliteInsert((SqliteConnection)session.Connection, Dialect.Quote(table), ordered, Dialect);
        foreach (var batch in ordered.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            insert.Add(batch);
        }
        return insert.Inserted;
    }

    /// <summary>
    /// True when no row that was inserted can have gone again within its statement: the table has no trigger, and nothing unique in it that could replace one
    /// row by another.
    /// </summary>
    public static async Task<bool> KeepsEveryRowAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        await session.ScalarAsync<long>(
            """
            SELECT (SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = @Name COLLATE NOCASE)
                 + (SELECT count(*) FROM sqlite_temp_master WHERE type = 'trigger' AND tbl_name = @Name COLLATE NOCASE)
                 + (SELECT count(*) FROM pragma_index_list(@Name) WHERE "unique") + (SELECT count(*) FROM pragma_table_info(@Name) WHERE pk)
            """,
            new { table.Name },
            cancellation) == 0;

    // A delete that goes by an index jumps about in the table, and so in the log: of 1,000,000 rows it took twice as long as by their numbers (docs/benchmarks).
    public override async Task<string?> RowNumberAsync(SqlSession session, SqlTableShape shape, CancellationToken cancellation)
    {
        var name = s_rowNumbers.FirstOrDefault(name => !shape.Columns.Any(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
        if (name is null) return null;
        try
        {
            await session.ScalarAsync<long?>($"SELECT {name} FROM {shape.Quoted} LIMIT 1", null, cancellation);
            return name;
        }
        catch (SqliteException fault) when (fault.SqliteErrorCode == NoSuchColumn)
        {
            return null; // A table WITHOUT ROWID.
        }
    }

    public override IEnumerable<RowBatch> Read(SqlSession session, string sql, TableSchema schema) => SqliteSelect.Read((SqliteConnection)session.Connection, sql, schema);

    public override EtlException? Explain(Exception fault, string doing) => fault is SqliteException ? database.Explain(fault, doing) : null;

    private static void Tell(SqliteConnection connection, string pragma)
    {
        using var command = connection.CreateCommand();
        command.CommandText = pragma;
        command.ExecuteNonQuery();
    }

    private Task<SqlSession> Begin(Func<SqliteConnection, SqliteTransaction> begin)
    {
        var connection = database.Open();
        try
        {
            SqliteFunctions.Register(connection);
            return Task.FromResult(new SqlSession(this, connection, begin(connection)));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
