using Dapper;
using Etl.Core.Ledger;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger : ILedgerViews
{
    private const string NewestFirst = "ORDER BY from_utc DESC, source, account";

    /// <summary>Ends a statement that has an order: only these of its rows.</summary>
    private protected virtual string PageSql => "LIMIT @take OFFSET @skip";

    /// <inheritdoc/>
    public Task<IReadOnlyList<WindowTally>> TalliesAsync(CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<WindowTally>>("count the windows", async connection =>
        {
            var rows = await connection.QueryAsync<TallyRow>(
                """
                SELECT job AS Job, source AS Source, account AS Account, state AS State, COUNT(*) AS Windows, SUM(landed_rows) AS LandedTotal,
                    MAX(CASE WHEN landed_rows IS NULL THEN NULL ELSE to_utc END) AS PublishedTo
                FROM etl_window GROUP BY job, source, account, state
                """);
            return
            [
                .. rows.OrderBy(r => r.Job, StringComparer.Ordinal).ThenBy(r => r.Source, StringComparer.Ordinal)
                    .ThenBy(r => r.Account, StringComparer.Ordinal).ThenBy(r => r.State, StringComparer.Ordinal).Select(r => r.ToRecord()),
            ];
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<WindowRecord>> ListAsync(WindowQuery query, int skip, int take, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<WindowRecord>>($"list windows of '{query.Job}'", async connection =>
        {
            var rows = await connection.QueryAsync<WindowRow>(
                $"SELECT {WindowColumns} FROM etl_window WHERE {Match(query)} {NewestFirst} {PageSql}", With(query, skip, take));
            return [.. rows.Select(r => r.ToRecord())];
        }, cancellation);

    /// <inheritdoc/>
    public Task<int> CountAsync(WindowQuery query, CancellationToken cancellation) =>
        ReadAsync($"count windows of '{query.Job}'", connection =>
            connection.ExecuteScalarAsync<int>($"SELECT COUNT(*) FROM etl_window WHERE {Match(query)}", With(query)), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PullSummary>> LatestPullsAsync(string job, int take, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<PullSummary>>($"list pulls of '{job}'", async connection =>
        {
            var rows = await connection.QueryAsync<PullRow>(
                $"""
                SELECT job AS Job, source AS Source, account AS Account, label AS Label, pull AS Pull, started_at AS StartedAt, ended_at AS EndedAt,
                    row_count AS RowTotal, quarantined AS Quarantined
                FROM etl_pull WHERE job = @job ORDER BY id DESC {PageSql}
                """, new { job, take, skip = 0 });
            return [.. rows.Select(r => r.ToSummary())];
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LandingRecord>> LatestRestatementsAsync(string job, int take, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<LandingRecord>>($"list restatements of '{job}'", async connection =>
        {
            var rows = await connection.QueryAsync<LandingRow>(
                $"SELECT {LandingRow.Columns} FROM etl_landing_log WHERE job = @job AND restated_added IS NOT NULL ORDER BY id DESC {PageSql}",
                new { job, take, skip = 0 });
            return [.. rows.Select(r => r.ToRecord())];
        }, cancellation);

    /// <summary>The condition of a query. States stand in the order of their declaration, so that those of <see cref="LedgerMigrations.Attention"/> read like it.</summary>
    internal static string Match(WindowQuery query) => "job = @job"
        + (query.States.Count > 0 ? $" AND state IN ({string.Join(", ", query.States.Order().Select(s => $"'{LedgerText.Of(s)}'"))})" : "")
        + (query.From is null ? "" : " AND from_utc >= @from")
        + (query.Before is null ? "" : " AND from_utc < @before")
        + (query.Label is null ? "" : " AND label = @label");

    private static object With(WindowQuery query, int skip = 0, int take = 0) => new
    {
        job = query.Job,
        from = query.From is { } from ? LedgerText.Of(from) : null,
        before = query.Before is { } before ? LedgerText.Of(before) : null,
        label = query.Label,
        skip,
        take,
    };

    private sealed class TallyRow
    {
        public string Job { get; set; } = "";
        public string Source { get; set; } = "";
        public string Account { get; set; } = "";
        public string State { get; set; } = "";
        public long Windows { get; set; }
        public decimal? LandedTotal { get; set; } // PostgreSQL's sum of whole numbers
        public string? PublishedTo { get; set; }

        public WindowTally ToRecord() => new(
            new JobKey(Job, Source, Account), LedgerText.Read<WindowState>(State), (int)Windows, (long)(LandedTotal ?? 0), LedgerText.InstantOrNull(PublishedTo));
    }
}
