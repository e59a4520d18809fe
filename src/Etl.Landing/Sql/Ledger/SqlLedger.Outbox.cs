using Dapper;
using Etl.Core.Alerts;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger : IAlertOutbox
{
    private const string OutboxFacts = """
        id AS Id, message_id AS MessageId, job AS Job, alert AS Alert, account AS Account, channel AS Channel, kind AS Kind,
        subject AS Subject, body AS Body, state AS State, tries AS Tries, fault AS Fault, at_utc AS AtUtc
        """;

    private const string Owned = "id = @Number AND owner = @Owner AND state = 'waiting'";

    /// <inheritdoc/>
    public Task<OutboxItem?> TakeAsync(string owner, TimeSpan lifetime, CancellationToken cancellation) =>
        WriteAsync("take a message", async (connection, transaction) =>
        {
            var isFree = $"state = 'waiting' AND due_at <= {NowMilliseconds} AND (owned_until IS NULL OR owned_until <= {NowMilliseconds})";
            var id = await connection.ExecuteScalarAsync<long?>(
                $"""
                SELECT MIN(id) FROM etl_outbox WHERE {isFree} AND NOT EXISTS (
                    SELECT 1 FROM etl_outbox before WHERE before.state = 'waiting' AND before.job = etl_outbox.job AND before.alert = etl_outbox.alert
                        AND before.account = etl_outbox.account AND before.channel = etl_outbox.channel AND before.id < etl_outbox.id)
                """,
                transaction: transaction);
            if (id is null) return null;
            // Another server may have found the same one: the row decides.
            var taken = await connection.ExecuteAsync(
                $"UPDATE etl_outbox SET owner = @owner, owned_until = {NowMilliseconds} + @lifetime WHERE id = @id AND {isFree}",
                new { owner, lifetime = (long)lifetime.TotalMilliseconds, id },
                transaction);
            if (taken != 1) return null;
            var row = await connection.QuerySingleAsync<OutboxRow>(
                $"SELECT {OutboxFacts}, {NowMilliseconds} - made_at AS Age FROM etl_outbox WHERE id = @id", new { id }, transaction);
            return row.ToItem(owner);
        }, cancellation);

    /// <inheritdoc/>
    public Task<bool> DeliveredAsync(OutboxItem item, CancellationToken cancellation) =>
        EndTryAsync(item, "state = 'delivered', fault = NULL", null, 0, cancellation);

    /// <inheritdoc/>
    public Task<bool> PostponeAsync(OutboxItem item, TimeSpan? after, string fault, CancellationToken cancellation) =>
        EndTryAsync(
            item, after is null ? "state = 'dead', fault = @fault" : $"due_at = {NowMilliseconds} + @delay, fault = @fault",
            fault, (long)(after?.TotalMilliseconds ?? 0), cancellation);

    /// <inheritdoc/>
    public Task<int> SweepAsync(TimeSpan olderThan, CancellationToken cancellation) =>
        WriteAsync("forget old messages", (connection, transaction) => connection.ExecuteAsync(
            $"DELETE FROM etl_outbox WHERE state <> 'waiting' AND made_at < {NowMilliseconds} - @age", new { age = (long)olderThan.TotalMilliseconds }, transaction), cancellation);

    private Task<bool> EndTryAsync(OutboxItem item, string change, string? fault, long delay, CancellationToken cancellation) =>
        WriteAsync($"note what became of a message of '{item.Message.Key}'", async (connection, transaction) =>
            await connection.ExecuteAsync(
                $"UPDATE etl_outbox SET tries = tries + 1, owner = NULL, owned_until = NULL, at_utc = {NowText}, {change} WHERE {Owned}",
                new { item.Number, item.Owner, fault = LedgerText.Words(fault), delay },
                transaction) == 1, cancellation);
}
