using System.Data.Common;
using Dapper;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger
{
    /// <inheritdoc/>
    /// <remarks>The same pull added again replaces its record.</remarks>
    public Task AddPullAsync(Lease lease, PullRecord pull, CancellationToken cancellation) =>
        WriteAsync($"record pull '{pull.Pull}'", async (connection, transaction) =>
        {
            await GuardAsync(connection, transaction, lease);
            var parameters = With(lease.Key, new
            {
                pull = pull.Pull,
                fence = pull.Fence,
                startedAt = LedgerText.Of(pull.StartedAt),
                endedAt = LedgerText.Of(pull.EndedAt),
                rows = pull.Rows,
                hash = pull.ContentHash,
                definition = pull.DefinitionHash,
                schema = pull.SchemaJson,
                proof = pull.ProofJson,
                checks = LedgerText.Of(pull.Checks),
                quarantined = pull.Quarantined,
            });
            var replaced = await connection.ExecuteAsync(
                $"""
                UPDATE etl_pull SET fence = @fence, started_at = @startedAt, ended_at = @endedAt, row_count = @rows, content_hash = @hash,
                    definition_hash = @definition, schema_json = @schema, proof_json = @proof, checks_json = @checks, quarantined = @quarantined
                WHERE {KeyMatch} AND pull = @pull
                """,
                parameters,
                transaction);
            if (replaced > 0) return;
            await connection.ExecuteAsync(
                """
                INSERT INTO etl_pull (pull, job, source, account, label, fence, started_at, ended_at, row_count, content_hash,
                    definition_hash, schema_json, proof_json, checks_json, quarantined)
                VALUES (@pull, @Job, @Source, @Account, @Label, @fence, @startedAt, @endedAt, @rows, @hash,
                    @definition, @schema, @proof, @checks, @quarantined)
                """,
                parameters,
                transaction);
        }, cancellation);

    /// <inheritdoc/>
    public Task AddLandingAsync(Lease lease, LandingRecord landing, CancellationToken cancellation) =>
        WriteAsync($"record landing of '{landing.Pull}'", async (connection, transaction) =>
        {
            await GuardAsync(connection, transaction, lease);
            await connection.ExecuteAsync(
                """
                INSERT INTO etl_landing_log (pull, job, source, account, label, target, location, fence, row_count, byte_count, outcome, landed_at,
                    restated_added, restated_removed, restated_changed)
                VALUES (@pull, @Job, @Source, @Account, @Label, @target, @location, @fence, @rows, @bytes, @outcome, @at, @added, @removed, @changed)
                """,
                With(lease.Key, new
                {
                    pull = landing.Pull,
                    target = landing.Target,
                    location = landing.Location,
                    fence = landing.Fence,
                    rows = landing.Rows,
                    bytes = landing.Bytes,
                    outcome = LedgerText.Of(landing.Outcome),
                    at = LedgerText.Of(landing.At),
                    added = landing.Restated?.Added,
                    removed = landing.Restated?.Removed,
                    changed = landing.Restated?.Changed,
                }),
                transaction);
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PullRecord>> PullsAsync(WindowKey key, CancellationToken cancellation) =>
        HistoryAsync<PullRow, PullRecord>(key, $"SELECT {PullRow.Columns} FROM etl_pull", r => r.ToRecord(), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LandingRecord>> LandingsAsync(WindowKey key, CancellationToken cancellation) =>
        HistoryAsync<LandingRow, LandingRecord>(key, $"SELECT {LandingRow.Columns} FROM etl_landing_log", r => r.ToRecord(), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StepRecord>> StepsAsync(WindowKey key, CancellationToken cancellation) =>
        HistoryAsync<StepRow, StepRecord>(key, $"SELECT {StepRow.Columns} FROM etl_step", r => r.ToRecord(), cancellation);

    private Task<IReadOnlyList<TRecord>> HistoryAsync<TRow, TRecord>(
        WindowKey key, string select, Func<TRow, TRecord> map, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<TRecord>>($"read the history of '{key}'", async connection =>
        {
            var rows = await connection.QueryAsync<TRow>($"{select} WHERE {KeyMatch} ORDER BY id", With(key));
            return [.. rows.Select(map)];
        }, cancellation);

    private async Task AddStepAsync(
        DbConnection connection, DbTransaction transaction, Lease lease, WindowState state, string? pull, string detail) =>
        await connection.ExecuteAsync(
            $"""
            INSERT INTO etl_step (job, source, account, label, fence, owner, state, pull, detail, at_utc)
            VALUES (@Job, @Source, @Account, @Label, @fence, @owner, @state, @pull, @detail, {NowText})
            """,
            With(lease, new { state = LedgerText.Of(state), pull, detail = LedgerText.Words(detail) }),
            transaction);
}
