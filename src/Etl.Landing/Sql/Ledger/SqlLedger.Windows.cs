using System.Data.Common;
using Dapper;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger
{
    // Told of an attempt that began with a lease and never ended.
    private const string Died = "The worker before ended without a word: it was killed, ran out of memory, or lost its machine or the ledger.";
    private const string Strike = "strikes = strikes + 1, reason = @died";

    private string WindowColumns => $"{WindowRow.Columns}, CASE WHEN owner IS NOT NULL AND lease_until > {NowMilliseconds} THEN 1 ELSE 0 END AS Leased";

    /// <inheritdoc/>
    public Task<IReadOnlyList<WindowRecord>> WindowsAsync(string job, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<WindowRecord>>("list windows of '" + job + "'", async connection =>
        {
            var rows = await connection.QueryAsync<WindowRow>($"SELECT {WindowColumns} FROM etl_window WHERE job = @job", new { job });
            return
            [
                .. rows.OrderBy(r => r.Label, StringComparer.Ordinal)
                    .ThenBy(r => r.Source, StringComparer.Ordinal)
                    .ThenBy(r => r.Account, StringComparer.Ordinal)
                    .Select(r => r.ToRecord()),
            ];
        }, cancellation);

    /// <inheritdoc/>
    public Task<WindowRecord?> FindWindowAsync(WindowKey key, CancellationToken cancellation) =>
        ReadAsync($"read window '{key}'", async connection =>
        {
            var row = await connection.QuerySingleOrDefaultAsync<WindowRow>(
                $"SELECT {WindowColumns} FROM etl_window WHERE {KeyMatch}", With(key));
            return row?.ToRecord();
        }, cancellation);

    /// <summary>
    /// Takes or makes the window in one statement that gives the new fence, or nothing while another lease lives. The
    /// fence is never given twice: not after a release, and not after a ledger was lost, since it is above what the
    /// caller found published.
    /// </summary>
    private protected virtual string LeaseSql => $"""
        INSERT INTO etl_window (job, source, account, label, from_utc, to_utc, state, fence, owner, lease_until,
            settled, landed_fence, equal_pulls, failures)
        VALUES (@Job, @Source, @Account, @Label, @from, @to, 'leased', @aboveFence + 1, @owner, {NowMilliseconds} + @lifetime, 0, 0, 0, 0)
        ON CONFLICT (job, source, account, label) DO UPDATE SET
            fence = CASE WHEN etl_window.fence > @aboveFence THEN etl_window.fence ELSE @aboveFence END + 1,
            owner = excluded.owner, lease_until = excluded.lease_until, state = excluded.state,
            from_utc = excluded.from_utc, to_utc = excluded.to_utc
        WHERE etl_window.owner IS NULL OR etl_window.owner = excluded.owner OR etl_window.lease_until <= {NowMilliseconds}
        RETURNING fence
        """;

    /// <inheritdoc/>
    public Task<Lease?> TryLeaseAsync(
        WindowKey key, Window window, string owner, TimeSpan lifetime, long aboveFence, CancellationToken cancellation) =>
        WriteAsync($"lease window '{key}'", async (connection, transaction) =>
        {
            var parameters = With(key, new
            {
                from = LedgerText.Of(window.From),
                to = LedgerText.Of(window.To),
                owner,
                lifetime = (long)lifetime.TotalMilliseconds,
                aboveFence,
            });
            var died = await connection.ExecuteAsync(
                $"UPDATE etl_window SET {Strike}, owner = NULL, lease_until = NULL WHERE {KeyMatch} AND owner <> @owner AND lease_until <= {NowMilliseconds}",
                With(key, new { owner, died = Died }),
                transaction);
            var fence = await connection.QuerySingleOrDefaultAsync<long?>(LeaseSql, parameters, transaction);
            if (fence is null) return null;
            var lease = new Lease(key, owner, fence.Value);
            await AddStepAsync(connection, transaction, lease, WindowState.Leased, pull: null, died == 0 ? "" : Died);
            return lease;
        }, cancellation);

    /// <inheritdoc/>
    public Task<bool> BreakLeaseAsync(WindowKey key, string owner, bool counts, CancellationToken cancellation) =>
        WriteAsync($"end the dead lease of '{key}'", async (connection, transaction) =>
        {
            var sql = $"UPDATE etl_window SET {(counts ? Strike + ", " : "")}owner = NULL, lease_until = NULL WHERE {KeyMatch} AND owner = @owner";
            return await connection.ExecuteAsync(sql, With(key, new { owner, died = Died }), transaction) == 1;
        }, cancellation);

    /// <inheritdoc/>
    public Task<bool> HeartbeatAsync(Lease lease, TimeSpan lifetime, CancellationToken cancellation) =>
        WriteAsync($"prolong the lease of '{lease.Key}'", async (connection, transaction) =>
        {
            var rows = await connection.ExecuteAsync(
                $"UPDATE etl_window SET lease_until = {NowMilliseconds} + @lifetime WHERE {LeaseMatch}",
                With(lease, new { lifetime = (long)lifetime.TotalMilliseconds }),
                transaction);
            return rows == 1;
        }, cancellation);

    /// <inheritdoc/>
    public Task MoveAsync(Lease lease, WindowState to, string? pull, string detail, CancellationToken cancellation) =>
        WriteAsync($"move window '{lease.Key}'", async (connection, transaction) =>
        {
            var sql = $"UPDATE etl_window SET state = @state WHERE {LeaseMatch}";
            await ChangeAsync(connection, transaction, lease, sql, With(lease, new { state = LedgerText.Of(to) }));
            await AddStepAsync(connection, transaction, lease, to, pull, detail);
        }, cancellation);

    /// <summary>Runs one guarded change of a window: no row changed means that the lease is lost and nothing may be written.</summary>
    private static async Task ChangeAsync(
        DbConnection connection, DbTransaction transaction, Lease lease, string sql, DynamicParameters parameters)
    {
        if (await connection.ExecuteAsync(sql, parameters, transaction) != 1) throw new LeaseLostException(lease);
    }

    /// <summary>Checks the lease and locks its row until the transaction ends.</summary>
    private static Task GuardAsync(DbConnection connection, DbTransaction transaction, Lease lease) =>
        ChangeAsync(connection, transaction, lease, $"UPDATE etl_window SET fence = fence WHERE {LeaseMatch}", With(lease));
}
