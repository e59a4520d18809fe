using System.Data.Common;
using Dapper;
using Etl.Core.Alerts;
using Etl.Core.Ledger;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger : IAlertStore
{
    private const string AlertColumns = "job AS Job, alert AS Alert, account AS Account, version AS Version, state_json AS StateJson";
    private const string AlertMatch = "job = @Job AND alert = @Alert AND account = @Account";

    /// <summary>Stores the first state of an alert unless another server just did.</summary>
    private protected virtual string InsertAlert =>
        "INSERT INTO etl_alert (job, alert, account, version, state_json) VALUES (@Job, @Alert, @Account, 1, @json) ON CONFLICT (job, alert, account) DO NOTHING";

    /// <inheritdoc/>
    public Task<AlertState?> FindAsync(AlertKey key, CancellationToken cancellation) =>
        ReadAsync($"read the alert '{key}'", async connection =>
        {
            var row = await connection.QuerySingleOrDefaultAsync<AlertRow>(
                $"SELECT {AlertColumns} FROM etl_alert WHERE {AlertMatch}", new { key.Job, key.Alert, key.Account });
            return row?.ToState();
        }, cancellation);

    /// <inheritdoc/>
    public Task<bool> TrySaveAsync(AlertState state, IReadOnlyList<AlertMessage> messages, CancellationToken cancellation) =>
        WriteAsync($"store the alert '{state.Key}'", async (connection, transaction) =>
        {
            var sql = state.Version == 0
                ? InsertAlert
                : $"UPDATE etl_alert SET version = version + 1, state_json = @json WHERE {AlertMatch} AND version = @Version";
            var changed = await connection.ExecuteAsync(
                sql, new { state.Key.Job, state.Key.Alert, state.Key.Account, state.Version, json = AlertRow.Write(state) }, transaction);
            if (changed != 1) return false;
            foreach (var message in messages) await AddMessageAsync(connection, transaction, message);
            return true;
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<AlertView>> ListAsync(string? job, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<AlertView>>("list alerts", async connection =>
        {
            var only = job is null ? "" : " AND job = @job";
            var states = await connection.QueryAsync<AlertRow>($"SELECT {AlertColumns} FROM etl_alert WHERE 1 = 1{only}", new { job });
            var counts = (await connection.QueryAsync<OutboxRow>(
                $"SELECT job AS Job, alert AS Alert, account AS Account, state AS State, COUNT(*) AS Number FROM etl_outbox WHERE 1 = 1{only} GROUP BY job, alert, account, state",
                new { job })).ToLookup(r => r.Key);
            var last = (await connection.QueryAsync<OutboxRow>(
                $"""
                SELECT {OutboxFacts} FROM etl_outbox
                WHERE id IN (SELECT MAX(id) FROM etl_outbox WHERE tries > 0{only} GROUP BY job, alert, account)
                """,
                new { job })).ToDictionary(r => r.Key);
            return
            [
                .. states.Select(r => r.ToState())
                    .OrderBy(s => s.Key.Job, StringComparer.Ordinal).ThenBy(s => s.Key.Alert, StringComparer.Ordinal).ThenBy(s => s.Key.Account, StringComparer.Ordinal)
                    .Select(s => new AlertView(
                        s, last.GetValueOrDefault(s.Key)?.ToDelivery(), Count(counts[s.Key], OutboxState.Waiting), Count(counts[s.Key], OutboxState.Dead))),
            ];
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobStanding>> StandingsAsync(string job, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<JobStanding>>("read how the windows of '" + job + "' stand", async connection =>
        {
            var found = (await connection.QueryAsync<StandingRow>(
                """
                SELECT source AS Source, account AS Account,
                    MAX(CASE WHEN landed_pull IS NOT NULL THEN to_utc END) AS LandedUntil,
                    SUM(CASE WHEN state = 'held' THEN 1 ELSE 0 END) AS Held,
                    SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS Failed,
                    MAX(failures) AS Attempts,
                    SUM(CASE WHEN state = 'parked' THEN 1 ELSE 0 END) AS Parked
                FROM etl_window WHERE job = @job GROUP BY source, account
                """,
                new { job })).ToDictionary(r => (r.Source, r.Account));
            foreach (var begun in await connection.QueryAsync<StandingRow>(
                "SELECT source AS Source, account AS Account, first_label AS FirstLabel FROM etl_job WHERE job = @job", new { job }))
            {
                if (found.TryGetValue((begun.Source, begun.Account), out var standing)) standing.FirstLabel = begun.FirstLabel;
                else found.Add((begun.Source, begun.Account), begun);
            }
            return
            [
                .. found.Values.OrderBy(r => r.Source, StringComparer.Ordinal).ThenBy(r => r.Account, StringComparer.Ordinal).Select(r => r.ToStanding(job)),
            ];
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LandedWindow>> LandedAsync(JobKey job, DateTimeOffset since, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<LandedWindow>>($"list landed windows of '{job.Job}'", async connection =>
        {
            var rows = await connection.QueryAsync<LandedRow>(
                $"""
                SELECT label AS Label, from_utc AS FromUtc, to_utc AS ToUtc, landed_pull AS Pull, landed_rows AS RowTotal
                FROM etl_window WHERE {JobMatch} AND landed_pull IS NOT NULL AND from_utc >= @since
                """,
                new { job.Job, job.Source, job.Account, since = LedgerText.Of(since) });
            return [.. rows.Select(r => r.ToWindow(job)).OrderBy(w => w.From)];
        }, cancellation);

    private static int Count(IEnumerable<OutboxRow> counts, OutboxState state) =>
        (int)counts.Where(c => c.State == LedgerText.Of(state)).Sum(c => c.Number);

    private Task<int> AddMessageAsync(DbConnection connection, DbTransaction transaction, AlertMessage message) => connection.ExecuteAsync(
        $"""
        INSERT INTO etl_outbox (message_id, job, alert, account, channel, kind, subject, body, state, tries, made_at, due_at, at_utc)
        VALUES (@Id, @Job, @Alert, @Account, @Channel, @kind, @subject, @body, 'waiting', 0, {NowMilliseconds}, {NowMilliseconds}, {NowText})
        """,
        new
        {
            message.Id, message.Key.Job, message.Key.Alert, message.Key.Account, message.Channel,
            kind = LedgerText.Of(message.Kind), subject = LedgerText.Words(message.Subject), body = LedgerText.Words(message.Body),
        },
        transaction);
}
