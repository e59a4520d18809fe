using System.Data;
using System.Data.Common;
using System.Security.Cryptography;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Runs;
using Etl.Core.Windows;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>
/// Tables in SQL Server. Rows wait in a staging table of their own. Who publishes holds the table's application lock and the table itself, so
/// that readers without row versions see the old rows or the new ones; who makes or grows tables holds another lock. Both go with the transaction.
/// </summary>
internal sealed class SqlServerWarehouse(ISqlServerClient client, string setting, TimeProvider time) : SqlWarehouse
{
    /// <summary>How long a landing waits for the landings and queries before it.</summary>
    private static readonly TimeSpan s_lockWait = TimeSpan.FromMinutes(10);

    /// <summary>How long a change of a table waits for queries; the caller asks again.</summary>
    private static readonly TimeSpan s_shapeWait = TimeSpan.FromSeconds(30);

    private const int StageTries = 5;
    private const string StageWord = "etl_stage_", WindowProperty = "etl_window";

    public override SqlDialect Dialect { get; } = new SqlServerDialect();

    public override int CommandTimeoutSeconds => 1_800;

    // A staging table outlives no change of the target unseen: SqlServerStage looks again under the table's lock.
    public override bool FitsWhilePublishing => false;

    public ISqlServerClient Client => client;

    public override Task<SqlSession> BeginAsync(CancellationToken cancellation) => BeginAsync(IsolationLevel.ReadCommitted, cancellation);

    // What was read stays until the end; ResolveAsync also keeps publishing landings out.
    public override Task<SqlSession> BeginReadAsync(CancellationToken cancellation) => BeginAsync(IsolationLevel.RepeatableRead, cancellation);

    public override ValueTask EndAsync(DbConnection connection, DbTransaction transaction) => SqlServerConnections.EndAsync(transaction);

    public override async Task<SqlTable> ResolveAsync(SqlSession session, SqlTable table, CancellationToken cancellation)
    {
        var schema = table.Schema is null
            ? await session.ScalarAsync<string?>("SELECT SCHEMA_NAME()", null, cancellation)
            : await session.ScalarAsync<string?>("SELECT name FROM sys.schemas WHERE name = @schema", new { schema = table.Schema }, cancellation);
        if (schema is null)
            throw new EtlException(
                FaultKind.Usage,
                $"Table '{table}' is in a schema that the database of {setting} does not have, or the login has no default schema. Make the schema, or name another table in the job.")
                { Code = "schema-missing" };
        var resolved = table with { Schema = schema };
        if (session.Transaction.IsolationLevel == IsolationLevel.RepeatableRead) await LockAsync(session, LockOf(resolved), "Shared", s_lockWait, cancellation);
        return resolved;
    }

    /// <inheritdoc/>
    /// <remarks>One landing at a time in a table, of whatever window: deletes look at rows of others on their way, and would meet as deadlocks.</remarks>
    public override async Task LockAsync(SqlSession session, SqlTable table, WindowKey? window, CancellationToken cancellation)
    {
        await LockAsync(session, LockOf(table), "Exclusive", s_lockWait, cancellation);
        // Queries that run now end first, and later ones wait for the commit: without row versions they would see some old and some new rows.
        if (await LookAsync(session, table, cancellation) == SqlObject.Table)
            await session.ExecuteAsync($"SELECT TOP (1) 1 AS one FROM {Dialect.Quote(table)} WITH (TABLOCKX, HOLDLOCK)", null, cancellation);
    }

    public override async Task LockShapeAsync(SqlSession session, SqlTable table, CancellationToken cancellation)
    {
        await LockAsync(session, "etl-shape:" + table.Schema?.ToUpperInvariant(), "Exclusive", s_lockWait, cancellation);
        await session.ExecuteAsync(FormattableString.Invariant($"SET LOCK_TIMEOUT {s_shapeWait.TotalMilliseconds}"), null, cancellation);
    }

    public override async Task<SqlObject> LookAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        (await session.ScalarAsync<string?>(
            "SELECT o.type FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE s.name = @schema AND o.name = @name", Named(table), cancellation))?.Trim() switch
        {
            null => SqlObject.None,
            "U" => SqlObject.Table,
            _ => SqlObject.Other,
        };

    public override async Task<IReadOnlyList<SqlColumn>> ColumnsAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
    [
        .. (await session.QueryAsync<(string Name, string Type, int Bytes, int Scale, string? Collation)>(
            """
            SELECT c.name, t.name, CONVERT(int, c.max_length), CONVERT(int, c.scale), c.collation_name
            FROM sys.columns c
            JOIN sys.types t ON t.user_type_id = c.user_type_id
            JOIN sys.objects o ON o.object_id = c.object_id
            JOIN sys.schemas s ON s.schema_id = o.schema_id
            WHERE s.name = @schema AND o.name = @name
            ORDER BY c.column_id
            """,
            Named(table),
            cancellation)).Select(c => new SqlColumn(c.Name, SqlServerTypes.Spell(c.Type, c.Bytes, c.Scale, c.Collation))),
    ];

    public override Task<IReadOnlyList<string>> IndexesAsync(SqlSession session, SqlTable table, CancellationToken cancellation) =>
        session.QueryAsync<string>(
            """
            SELECT i.name
            FROM sys.indexes i
            JOIN sys.objects o ON o.object_id = i.object_id
            JOIN sys.schemas s ON s.schema_id = o.schema_id
            WHERE s.name = @schema AND o.name = @name AND i.name IS NOT NULL
            """,
            Named(table),
            cancellation);

    public override async Task<SqlStage?> StageAsync(SqlStageOrder order, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var made = await MakeStageAsync(order, cancellation);
            if (made is null) return null;
            try
            {
                await FillAsync(made, order, cancellation);
                return made;
            }
            catch (Exception fault)
            {
                await made.DisposeAsync();
                if (attempt == StageTries || !IsDeadlock(fault)) throw;
            }
        }
    }

    public override async Task InsertAsync(SqlSession session, SqlTable table, SqlRows rows, CancellationToken cancellation)
    {
        var columns = await ColumnsAsync(session, table, cancellation);
        var places = rows.Columns.Select(name => IndexOf(columns, name)).ToList();
        using var reader = new SqlServerRowReader(rows, [.. places.Select(p => columns[p].Declared)], cancellation);
        await client.LoadAsync(session.Connection, session.Transaction, Dialect.Quote(table), reader, places, cancellation);
    }

    public override IEnumerable<RowBatch> Read(SqlSession session, string sql, TableSchema schema) => SqlServerSelect.Read(session, sql, schema);

    public override async Task SweepAsync(SqlTable table, WindowKey key, CancellationToken cancellation)
    {
        IReadOnlyList<string> left;
        SqlTable resolved;
        await using (var session = await BeginAsync(cancellation))
        {
            resolved = await ResolveAsync(session, table, cancellation);
            left = await session.QueryAsync<string>(
                """
                SELECT o.name
                FROM sys.objects o
                JOIN sys.schemas s ON s.schema_id = o.schema_id
                JOIN sys.extended_properties p ON p.class = 1 AND p.major_id = o.object_id AND p.minor_id = 0 AND p.name = @property
                WHERE s.name = @schema AND o.type = 'U' AND LEFT(o.name, 10) = @word AND CONVERT(nvarchar(4000), p.value) COLLATE Latin1_General_100_BIN2 = @window
                """,
                new { property = WindowProperty, schema = resolved.Schema, word = StageWord, window = WindowOf(resolved, key.ToString()) },
                cancellation);
        }
        foreach (var name in left) await DropAsync(resolved.Beside(name), cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>Also a lost connection: a commit whose answer was lost is found when the record is read again.</remarks>
    public override bool IsDeadlock(Exception fault) => fault is SqlServerRetryException || client.IsLost(fault) || SqlServerFaults.IsPassing(client.NumbersOf(fault));

    public override bool IsLockTimeout(Exception fault) => SqlServerFaults.IsLockTimeout(client.NumbersOf(fault));

    public override EtlException? Explain(Exception fault, string doing)
    {
        if (fault is SqlServerRetryException)
            return new EtlException(FaultKind.Window, $"Could not use the SQL Server of {setting} to {doing}: {fault.Message} Nothing was changed; run again.", fault)
                { Code = "sqlserver", IsTransient = true };
        var numbers = client.NumbersOf(fault);
        return numbers.Count == 0 ? null : SqlServerFaults.Explain(numbers, fault.Message, doing, setting, fault);
    }

    /// <summary>Removes a staging table; a lock in the way leaves it to the next sweep.</summary>
    public async Task DropAsync(SqlTable stage, CancellationToken cancellation)
    {
        try
        {
            await using var session = await BeginAsync(cancellation);
            await session.ExecuteAsync(FormattableString.Invariant($"SET LOCK_TIMEOUT {s_shapeWait.TotalMilliseconds}"), null, cancellation);
            await session.ExecuteAsync($"DROP TABLE IF EXISTS {Dialect.Quote(stage)}", null, cancellation);
            await session.CommitAsync(cancellation);
        }
        catch (Exception fault) when (IsLockTimeout(fault) || IsDeadlock(fault) || fault is EtlException)
        {
            // A worker that lost its lease may still read it.
        }
    }

    private async Task<SqlSession> BeginAsync(IsolationLevel isolation, CancellationToken cancellation)
    {
        var connection = await OpenAsync(cancellation);
        try
        {
            var session = new SqlSession(this, connection, await connection.BeginTransactionAsync(isolation, cancellation));
            // A connection from the pool has these at the server's own settings again.
            await session.ExecuteAsync(FormattableString.Invariant($"SET XACT_ABORT ON; SET LOCK_TIMEOUT {s_lockWait.TotalMilliseconds}"), null, cancellation);
            return session;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task<DbConnection> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return await SqlServerConnections.OpenAsync(client, setting, time, cancellation);
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested && Explain(fault, "open a connection") is { } explained)
        {
            // Asked often enough: nobody above asks again.
            throw explained;
        }
    }

    /// <summary>Makes the empty staging table with the target's types, and says in it whose it is, in one transaction; null when the target lacks a column.</summary>
    private async Task<SqlServerStage?> MakeStageAsync(SqlStageOrder order, CancellationToken cancellation)
    {
        await using var session = await BeginAsync(cancellation);
        var table = await ResolveAsync(session, order.Table, cancellation);
        var there = await ColumnsAsync(session, table, cancellation);
        if (order.Rows.Columns.Any(name => IndexOf(there, name) < 0)) return null;
        var used = order.Rows.Columns.Select(name => there[IndexOf(there, name)]).ToList();
        // A name that no other attempt has: a worker that lost its lease may still write into its own.
        var stage = table.Beside(Dialect.Shorten($"{StageWord}{order.Pull}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}"));
        await session.ExecuteAsync(
            $"CREATE TABLE {Dialect.Quote(stage)} ({string.Join(", ", used.Select(c => $"{Dialect.Quote(c.Name)} {c.Declared} NULL"))})", null, cancellation);
        await session.ExecuteAsync(
            """
            EXEC sys.sp_addextendedproperty @name = @property, @value = @value, @level0type = N'SCHEMA', @level0name = @schema, @level1type = N'TABLE', @level1name = @stage
            """,
            new { property = WindowProperty, value = WindowOf(table, order.Window), schema = stage.Schema, stage = stage.Name },
            cancellation);
        await session.CommitAsync(cancellation);
        return new SqlServerStage(this, order, table, stage, used, hasAccount: IndexOf(there, SystemColumns.Account.Name) >= 0);
    }

    private async Task FillAsync(SqlServerStage made, SqlStageOrder order, CancellationToken cancellation)
    {
        Failpoint.Hit("table.staging");
        await using var connection = await OpenAsync(cancellation);
        using var reader = new SqlServerRowReader(order.Rows, [.. made.Columns.Select(c => c.Declared)], cancellation);
        await client.LoadAsync(connection, null, Dialect.Quote(made.Table), reader, [.. Enumerable.Range(0, made.Columns.Count)], cancellation);
        if (!order.IntoTable)
        {
            await using var session = await BeginAsync(cancellation);
            await session.ExecuteAsync($"CREATE INDEX {Dialect.Quote("ix_key")} ON {Dialect.Quote(made.Table)} ({Dialect.Quote(SystemColumns.Key.Name)})", null, cancellation);
            await session.CommitAsync(cancellation);
        }
        Failpoint.Hit("table.staged");
    }

    /// <summary>Takes an application lock until the transaction ends.</summary>
    private static async Task LockAsync(SqlSession session, string resource, string mode, TimeSpan wait, CancellationToken cancellation)
    {
        var result = await session.ScalarAsync<int>(
            """
            DECLARE @result int;
            EXEC @result = sp_getapplock @Resource = @resource, @LockMode = @mode, @LockOwner = N'Transaction', @LockTimeout = @wait;
            SELECT @result
            """,
            new { resource, mode, wait = (int)wait.TotalMilliseconds },
            cancellation);
        if (result >= 0) return;
        if (result == -3) throw new SqlServerRetryException("the wait for other landings ended in a deadlock.");
        throw new EtlException(
            FaultKind.Window,
            FormattableString.Invariant($"Another landing in the same table held its lock '{resource}' for more than {wait.TotalMinutes:0.#} minutes (sp_getapplock: {result}). Nothing was changed; run again, and look for a hung etl process if it stays so."))
            { Code = "lock-timeout", IsTransient = true };
    }

    /// <summary>Names differ by more than case in a few databases only; there, two tables share a lock and wait for each other.</summary>
    private static string LockOf(SqlTable table) => "etl:" + table.ToString().ToUpperInvariant();

    private static string WindowOf(SqlTable table, string window) => table.ToString().ToUpperInvariant() + " " + window;

    private static object Named(SqlTable table) => new { schema = table.Schema, name = table.Name };

    private static int IndexOf(IReadOnlyList<SqlColumn> columns, string name)
    {
        for (var index = 0; index < columns.Count; index++)
            if (columns[index].Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return index;
        return -1;
    }
}
