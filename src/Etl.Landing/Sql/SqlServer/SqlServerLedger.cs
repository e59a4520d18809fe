using System.Data;
using System.Data.Common;
using Dapper;
using Etl.Core.Errors;
using Etl.Landing.Sql.Ledger;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>
/// The ledger in a SQL Server database (2019 and later, Azure SQL): any number of processes on any number of machines may use it at once, and
/// the database's clock is theirs. Rows are locked by the statements that change them, as READ COMMITTED does with and without row versions;
/// where a row may not be there yet, the place where it would be is locked (<c>HOLDLOCK</c>).
/// </summary>
public sealed class SqlServerLedger : SqlLedger
{
    private const string Variable = "ETL_LEDGER", Setting = $"{Variable} (the ledger)", Version = "etl_ledger_version";

    /// <summary>Every call reads or writes for milliseconds; the longest wait is for another process that makes the tables.</summary>
    private static readonly TimeSpan s_migrationWait = TimeSpan.FromSeconds(25);

    private readonly ISqlServerClient _client;
    private readonly TimeProvider _time;

    internal SqlServerLedger(ISqlServerClient client, string name, TimeProvider time) => (_client, Name, _time) = (client, name, time);

    /// <inheritdoc/>
    public override string Name { get; }

    // Style 121 always has the milliseconds, where 126 leaves a zero out.
    private protected override string NowMilliseconds => "DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), N'19700101'), SYSUTCDATETIME())";

    private protected override string NowText => "(REPLACE(CONVERT(nvarchar(23), CONVERT(datetime2(3), SYSUTCDATETIME()), 121), N' ', N'T') + N'Z')";

    private protected override LedgerTypes Types => SqlServerSpelling;

    /// <summary>
    /// Texts are compared by code unit, whatever the database's collation; the longer ones too, since definitions of columns are told apart by case.
    /// The widest key, of a pull, is two names (63), an account, a label and an id: under 500 of the 900 bytes that a key may have, where the
    /// declared lengths alone would allow more and the server says so when it makes the table.
    /// </summary>
    internal static LedgerTypes SqlServerSpelling { get; } = new(
        FormattableString.Invariant($"nvarchar({SqlServerTypes.ShortLength}) COLLATE {SqlServerTypes.BinaryCollation}"),
        $"{SqlServerTypes.LongText} COLLATE {SqlServerTypes.BinaryCollation}",
        "bigint IDENTITY PRIMARY KEY");

    private protected override string InsertBegin => """
        INSERT INTO etl_job (job, source, account, first_label) SELECT @Job, @Source, @Account, @label
        WHERE NOT EXISTS (SELECT 1 FROM etl_job WITH (UPDLOCK, HOLDLOCK) WHERE job = @Job AND source = @Source AND account = @Account)
        """;

    private protected override string LeaseSql => $"""
        MERGE etl_window WITH (UPDLOCK, HOLDLOCK)
        USING (SELECT 1 AS one) AS asked
        ON etl_window.job = @Job AND etl_window.source = @Source AND etl_window.account = @Account AND etl_window.label = @Label
        WHEN MATCHED AND (etl_window.owner IS NULL OR etl_window.owner = @owner OR etl_window.lease_until <= {NowMilliseconds}) THEN UPDATE SET
            fence = CASE WHEN etl_window.fence > @aboveFence THEN etl_window.fence ELSE @aboveFence END + 1,
            owner = @owner, lease_until = {NowMilliseconds} + @lifetime, state = 'leased', from_utc = @from, to_utc = @to
        WHEN NOT MATCHED THEN INSERT (job, source, account, label, from_utc, to_utc, state, fence, owner, lease_until,
            settled, landed_fence, equal_pulls, failures)
        VALUES (@Job, @Source, @Account, @Label, @from, @to, 'leased', @aboveFence + 1, @owner, {NowMilliseconds} + @lifetime, 0, 0, 0, 0)
        OUTPUT inserted.fence;
        """;

    private protected override string InsertAlert => """
        INSERT INTO etl_alert (job, alert, account, version, state_json) SELECT @Job, @Alert, @Account, 1, @json
        WHERE NOT EXISTS (SELECT 1 FROM etl_alert WITH (UPDLOCK, HOLDLOCK) WHERE job = @Job AND alert = @Alert AND account = @Account)
        """;

    private protected override string InsertHook => """
        INSERT INTO etl_hook (job, hook, label, forced, taken_at, ask_at, passed_on) SELECT @Job, @Id, @Label, @forced, @taken, @ask, 0
        WHERE NOT EXISTS (SELECT 1 FROM etl_hook WITH (UPDLOCK, HOLDLOCK) WHERE job = @Job AND hook = @Id)
        """;

    private protected override string InsertBudget => """
        INSERT INTO etl_call_budget (account, next_at, paused_until) SELECT @account, 0, 0
        WHERE NOT EXISTS (SELECT 1 FROM etl_call_budget WITH (UPDLOCK, HOLDLOCK) WHERE account = @account)
        """;

    private protected override string InsertBacklog => """
        INSERT INTO etl_backlog (batch, job, label, forced, taken_by, not_before, tries) SELECT @batch, @job, @label, @force, NULL, 0, 0
        WHERE NOT EXISTS (SELECT 1 FROM etl_backlog WITH (UPDLOCK, HOLDLOCK) WHERE job = @job AND label = @label AND forced = @force)
        """;

    private protected override string InsertLead => """
        INSERT INTO etl_live (job, server) SELECT @job, @server
        WHERE NOT EXISTS (SELECT 1 FROM etl_live WITH (UPDLOCK, HOLDLOCK) WHERE job = @job)
        """;

    private protected override string InsertExportNumber => """
        INSERT INTO etl_export_number (job, export, last_number) SELECT @job, @export, 0
        WHERE NOT EXISTS (SELECT 1 FROM etl_export_number WITH (UPDLOCK, HOLDLOCK) WHERE job = @job AND export = @export)
        """;

    private protected override string PageSql => "OFFSET @skip ROWS FETCH NEXT @take ROWS ONLY";

    /// <summary>Opens the ledger, making its tables when missing and bringing them to this build's version.</summary>
    /// <param name="connectionString">How to reach the database; never repeated in a message.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="EtlException">The database cannot be used, or a newer version wrote the tables.</exception>
    public static Task<SqlServerLedger> OpenAsync(string connectionString, CancellationToken cancellation)
    {
        var client = new SqlServerClient(connectionString, Variable);
        return OpenAsync(client, SqlServerSettings.PlaceOf(connectionString), cancellation);
    }

    internal static async Task<SqlServerLedger> OpenAsync(ISqlServerClient client, string name, CancellationToken cancellation)
    {
        var ledger = new SqlServerLedger(client, name, TimeProvider.System);
        await ledger.MigrateAsync(cancellation);
        return ledger;
    }

    private protected override Task<DbConnection> OpenAsync(CancellationToken cancellation) => SqlServerConnections.OpenAsync(_client, Setting, _time, cancellation);

    private protected override async Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
        // Whether a lease is lost is told by the number of rows changed, which a server may be set up not to send.
        await connection.ExecuteAsync("SET NOCOUNT OFF; SET XACT_ABORT ON", transaction: transaction);
        return transaction;
    }

    private protected override ValueTask EndAsync(DbTransaction transaction) => SqlServerConnections.EndAsync(transaction);

    private protected override bool IsDeadlock(DbException fault) => _client.NumbersOf(fault).Contains(SqlServerFaults.Deadlock);

    private protected override EtlException? Explain(DbException fault, string doing)
    {
        var numbers = _client.NumbersOf(fault);
        return numbers.Count == 0 ? null : SqlServerFaults.Explain(numbers, fault.Message, doing, Setting, fault);
    }

    private protected override async Task<int> ReadVersionAsync(DbConnection connection, DbTransaction transaction)
    {
        // Two processes that find an empty database must not make the tables twice. The lock goes with the transaction.
        var turn = await connection.ExecuteScalarAsync<int>(
            """
            DECLARE @result int;
            EXEC @result = sp_getapplock @Resource = N'etl-ledger', @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = @wait;
            SELECT @result
            """,
            new { wait = (int)s_migrationWait.TotalMilliseconds },
            transaction);
        if (turn < 0)
            throw new EtlException(FaultKind.Window, $"Another process has been preparing the ledger '{Name}' for more than {s_migrationWait.TotalSeconds} s (sp_getapplock: {turn}). Run again, and look for a hung etl process if it stays so.")
                { Code = "lock-timeout", IsTransient = true };
        if (await connection.ExecuteScalarAsync<int?>($"SELECT OBJECT_ID(N'{Version}', N'U')", transaction: transaction) is null)
            await connection.ExecuteAsync($"CREATE TABLE {Version} (version INT NOT NULL)", transaction: transaction);
        return await connection.ExecuteScalarAsync<int?>($"SELECT MAX(version) FROM {Version}", transaction: transaction) ?? 0;
    }

    private protected override async Task WriteVersionAsync(DbConnection connection, DbTransaction transaction, int version)
    {
        await connection.ExecuteAsync($"DELETE FROM {Version}", transaction: transaction);
        await connection.ExecuteAsync($"INSERT INTO {Version} (version) VALUES (@version)", new { version }, transaction);
    }
}
