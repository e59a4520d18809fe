using System.Data.Common;
using Dapper;
using Etl.Core.Scheduling;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger : IBacklog
{
    private const string ItemMatch = "job = @job AND label = @label AND forced = @force";

    /// <summary>True for an item that a living server has.</summary>
    private string IsTaken => $"taken_by IN (SELECT name FROM etl_server WHERE alive_until > {NowMilliseconds})";

    private string IsFree => $"(taken_by IS NULL OR NOT {IsTaken})";

    /// <summary>Stores an item unless the same stands there.</summary>
    private protected virtual string InsertBacklog => """
        INSERT INTO etl_backlog (batch, job, label, forced, taken_by, not_before, tries)
        VALUES (@batch, @job, @label, @force, NULL, 0, 0)
        ON CONFLICT (job, label, forced) DO NOTHING
        """;

    /// <inheritdoc/>
    public Task<int> AddAsync(IReadOnlyList<BacklogItem> items, CancellationToken cancellation) =>
        WriteAsync("add to the backlog", async (connection, transaction) =>
        {
            var added = 0;
            // In one order for everybody: two that add the same must not wait for each other.
            foreach (var batch in items.GroupBy(i => i.Batch).OrderBy(b => b.Key, StringComparer.Ordinal))
            {
                var of = 0;
                foreach (var item in batch)
                    of += await connection.ExecuteAsync(InsertBacklog, With(item.Item, new { batch = batch.Key }), transaction);
                if (of > 0) await RememberBatchAsync(batch.First(), connection, transaction);
                added += of;
            }
            return added;
        }, cancellation);

    /// <inheritdoc/>
    public Task<int> TakeOverAsync(IReadOnlyList<BacklogItem> items, CancellationToken cancellation) =>
        WriteAsync("take over from the backlog", async (connection, transaction) =>
        {
            var moved = 0;
            foreach (var batch in items.GroupBy(i => i.Batch).OrderBy(b => b.Key, StringComparer.Ordinal))
            {
                var of = 0;
                // Batches before items, as whoever takes one does: that server waits for the end of this, and then finds the item elsewhere.
                await connection.ExecuteAsync("UPDATE etl_batch SET turns = turns WHERE asked_by = @by", new { by = LedgerText.Words(batch.First().By) }, transaction);
                foreach (var item in batch.OrderBy(i => i.Item.Name, StringComparer.Ordinal))
                    of += await connection.ExecuteAsync(
                        $"UPDATE etl_backlog SET batch = @batch WHERE {ItemMatch} AND batch IN (SELECT b.batch FROM etl_batch b WHERE b.asked_by = @by AND b.batch <> @batch)",
                        With(item.Item, new { batch = batch.Key, by = LedgerText.Words(item.By) }),
                        transaction);
                if (of > 0) await RememberBatchAsync(batch.First(), connection, transaction);
                moved += of;
            }
            if (moved > 0) await ForgetBatchesAsync(connection, transaction);
            return moved;
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<BacklogItem>> ListAsync(CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<BacklogItem>>("read the backlog", async connection =>
        {
            var rows = await connection.QueryAsync<BacklogRow>(
                $"""
                SELECT i.id AS Id, i.batch AS Batch, i.job AS Job, i.label AS Label, i.forced AS Force, b.asked_by AS AskedBy, b.most_at_once AS MostAtOnce, b.asked_at AS AskedAt, b.turns AS Turns,
                    CASE WHEN {IsTaken} THEN i.taken_by ELSE NULL END AS TakenBy, i.tries AS Tries
                FROM etl_backlog i JOIN etl_batch b ON b.batch = i.batch ORDER BY i.id
                """);
            return [.. rows.Select(r => r.ToItem())];
        }, cancellation);

    /// <inheritdoc/>
    public async Task<TakenItem?> TakeAsync(string server, CancellationToken cancellation)
    {
        while (true)
        {
            // Looking takes no lock, so that many servers with nothing to do cost nothing.
            var free = await ReadAsync("look at the backlog", connection => connection.QuerySingleOrDefaultAsync<BacklogRow>(
                $"""
                SELECT id AS Id, batch AS Batch, job AS Job, label AS Label, forced AS Force, tries AS Tries FROM etl_backlog WHERE id =
                    (SELECT MIN(i.id) FROM etl_backlog i JOIN etl_batch b ON b.batch = i.batch
                    WHERE {IsFree} AND i.not_before <= {NowMilliseconds}
                        AND (b.most_at_once IS NULL OR b.most_at_once > (SELECT COUNT(*) FROM etl_backlog o WHERE o.batch = i.batch AND o.{IsTaken})))
                """), cancellation);
            if (free is null) return null;
            var taken = await WriteAsync("take from the backlog", async (connection, transaction) =>
            {
                // The row of the batch is the lock under which its items are counted.
                await connection.ExecuteAsync("UPDATE etl_batch SET turns = turns WHERE batch = @Batch", new { free.Batch }, transaction);
                return await connection.ExecuteAsync(
                    $"""
                    UPDATE etl_backlog SET taken_by = @server, tries = tries + 1 WHERE id = @Id AND batch = @Batch AND {IsFree}
                        AND EXISTS (SELECT 1 FROM etl_server WHERE name = @server AND alive_until > {NowMilliseconds})
                        AND EXISTS (SELECT 1 FROM etl_batch b WHERE b.batch = @Batch
                            AND (b.most_at_once IS NULL OR b.most_at_once > (SELECT COUNT(*) FROM etl_backlog o WHERE o.batch = @Batch AND o.{IsTaken})))
                    """,
                    new { free.Id, free.Batch, server },
                    transaction) == 1;
            }, cancellation);
            if (taken) return new TakenItem(free.Id, free.Item, (int)free.Tries + 1);
            if (!await LivesAsync(server, cancellation)) return null;
        }
    }

    /// <inheritdoc/>
    public Task<bool> DoneAsync(long id, string server, CancellationToken cancellation) =>
        WriteAsync("strike out of the backlog", async (connection, transaction) =>
        {
            var batch = await connection.ExecuteScalarAsync<string?>("SELECT batch FROM etl_backlog WHERE id = @id AND taken_by = @server", new { id, server }, transaction);
            // The batch before its item, as whoever takes one does.
            await connection.ExecuteAsync("UPDATE etl_batch SET turns = turns WHERE batch = @batch", new { batch }, transaction);
            var done = await connection.ExecuteAsync("DELETE FROM etl_backlog WHERE id = @id AND taken_by = @server", new { id, server }, transaction) == 1;
            if (done) await connection.ExecuteAsync("UPDATE etl_batch SET turns = turns + 1 WHERE batch = @batch", new { batch }, transaction);
            await ForgetBatchesAsync(connection, transaction);
            return done;
        }, cancellation);

    /// <inheritdoc/>
    public Task GiveBackAsync(long id, string server, TimeSpan wait, CancellationToken cancellation) =>
        WriteAsync("give back to the backlog", (connection, transaction) => connection.ExecuteAsync(
            $"UPDATE etl_backlog SET taken_by = NULL, tries = tries - 1, not_before = {NowMilliseconds} + @wait WHERE id = @id AND taken_by = @server",
            new { id, server, wait = (long)wait.TotalMilliseconds },
            transaction), cancellation);

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(WorkItem item, CancellationToken cancellation) =>
        WriteAsync($"strike '{item}' out of the backlog", async (connection, transaction) =>
        {
            var removed = await connection.ExecuteAsync($"DELETE FROM etl_backlog WHERE {ItemMatch} AND {IsFree}", With(item), transaction) > 0;
            await ForgetBatchesAsync(connection, transaction);
            return removed;
        }, cancellation);

    /// <inheritdoc/>
    public Task<int> WithdrawAsync(string batch, CancellationToken cancellation) =>
        WriteAsync("withdraw from the backlog", async (connection, transaction) =>
        {
            await connection.ExecuteAsync("UPDATE etl_batch SET turns = turns WHERE batch = @batch", new { batch }, transaction);
            var withdrawn = await connection.ExecuteAsync($"DELETE FROM etl_backlog WHERE batch = @batch AND {IsFree}", new { batch }, transaction);
            await ForgetBatchesAsync(connection, transaction);
            return withdrawn;
        }, cancellation);

    /// <inheritdoc/>
    public Task CancelAsync(string job, string label, CancellationToken cancellation) =>
        WriteAsync($"cancel window '{job}/{label}'", async (connection, transaction) =>
        {
            await connection.ExecuteAsync($"DELETE FROM etl_cancel WHERE told_at < {NowMilliseconds} - 3600000", transaction: transaction);
            await connection.ExecuteAsync($"INSERT INTO etl_cancel (job, label, told_at) VALUES (@job, @label, {NowMilliseconds})", new { job, label }, transaction);
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CancelOrder>> CancelsAsync(long? after, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<CancelOrder>>("read cancellations", async connection =>
        {
            var which = after is null ? "id = (SELECT MAX(id) FROM etl_cancel)" : "id > @after";
            var rows = await connection.QueryAsync<CancelRow>($"SELECT id AS Id, job AS Job, label AS Label FROM etl_cancel WHERE {which} ORDER BY id", new { after });
            return [.. rows.Select(r => r.ToOrder())];
        }, cancellation);

    private static async Task RememberBatchAsync(BacklogItem first, DbConnection connection, DbTransaction transaction)
    {
        if (await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM etl_batch WHERE batch = @Batch", new { first.Batch }, transaction) > 0) return;
        await connection.ExecuteAsync(
            "INSERT INTO etl_batch (batch, asked_by, most_at_once, asked_at, turns) VALUES (@batch, @by, @most, @at, 0)",
            new { batch = first.Batch, by = LedgerText.Words(first.By), most = (long?)first.Parallel, at = LedgerText.Of(first.AskedAt) },
            transaction);
    }

    // A batch is remembered as long as an item of it stands.
    private static Task<int> ForgetBatchesAsync(DbConnection connection, DbTransaction transaction) => connection.ExecuteAsync(
        "DELETE FROM etl_batch WHERE NOT EXISTS (SELECT 1 FROM etl_backlog WHERE etl_backlog.batch = etl_batch.batch)", transaction: transaction);

    private static DynamicParameters With(WorkItem item, object? more = null)
    {
        var parameters = new DynamicParameters(new { job = item.Job, label = item.Label ?? "", force = item.Force ? BacklogRow.Forced : item.Again ? BacklogRow.Again : 0L });
        if (more is not null) parameters.AddDynamicParams(more);
        return parameters;
    }
}
