using System.Data.Common;
using Dapper;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger
{
    /// <inheritdoc/>
    public Task<HandleRecord?> FindHandleAsync(WindowKey key, CancellationToken cancellation) =>
        ReadAsync($"read the handle of '{key}'", async connection =>
        {
            var row = await connection.QuerySingleOrDefaultAsync<HandleRow>($"SELECT {HandleRow.Columns} FROM etl_handle WHERE {KeyMatch}", With(key));
            return row?.ToRecord();
        }, cancellation);

    /// <inheritdoc/>
    public Task KeepHandleAsync(Lease lease, HandleRecord handle, CancellationToken cancellation) =>
        WriteAsync($"keep the handle of '{lease.Key}'", async (connection, transaction) =>
        {
            await GuardAsync(connection, transaction, lease);
            await DeleteHandleAsync(connection, transaction, lease);
            await connection.ExecuteAsync(
                """
                INSERT INTO etl_handle (job, source, account, label, definition_hash, handle, made_at, not_before, reason)
                VALUES (@Job, @Source, @Account, @Label, @definition, @value, @at, @notBefore, @reason)
                """,
                With(lease.Key, new
                {
                    definition = handle.DefinitionHash,
                    value = handle.Handle.Value,
                    at = LedgerText.Of(handle.Handle.At),
                    notBefore = handle.Handle.NotBefore is { } until ? LedgerText.Of(until) : null,
                    reason = LedgerText.Words(handle.Handle.Reason),
                }),
                transaction);
        }, cancellation);

    /// <inheritdoc/>
    public Task ForgetHandleAsync(Lease lease, CancellationToken cancellation) =>
        WriteAsync($"forget the handle of '{lease.Key}'", async (connection, transaction) =>
        {
            await GuardAsync(connection, transaction, lease);
            await DeleteHandleAsync(connection, transaction, lease);
        }, cancellation);

    private static async Task DeleteHandleAsync(DbConnection connection, DbTransaction transaction, Lease lease) =>
        await connection.ExecuteAsync($"DELETE FROM etl_handle WHERE {KeyMatch}", With(lease.Key), transaction);
}
