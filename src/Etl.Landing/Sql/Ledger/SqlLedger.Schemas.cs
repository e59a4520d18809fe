using System.Data.Common;
using Dapper;
using Etl.Core.Ledger;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger
{
    /// <inheritdoc/>
    public Task<PullSchema?> FindLandedSchemaAsync(JobKey job, CancellationToken cancellation) =>
        ReadAsync($"read the columns that '{job.Job}' landed last", async connection =>
            await NewestLandedAsync(connection, job, " AND q.account = @Account").ConfigureAwait(false)
            ?? await NewestLandedAsync(connection, job, "").ConfigureAwait(false), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PullSchema>> SchemaChangesAsync(string job, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<PullSchema>>($"read the columns of '{job}'", async connection =>
        {
            var rows = await connection.QueryAsync<SchemaRow>(
                $"""
                SELECT {SchemaRow.Columns} FROM (
                    SELECT p.*, LAG(schema_json) OVER (PARTITION BY source, account ORDER BY id) AS schema_before FROM etl_pull p WHERE job = @job) c
                WHERE schema_before IS NULL OR schema_before <> schema_json ORDER BY id
                """,
                new { job });
            return [.. rows.Select(r => r.ToRecord())];
        }, cancellation);

    private static async Task<PullSchema?> NewestLandedAsync(DbConnection connection, JobKey job, string more)
    {
        var row = await connection.QuerySingleOrDefaultAsync<SchemaRow>(
            $"""
            SELECT {SchemaRow.Columns} FROM etl_pull WHERE id = (
                SELECT MAX(q.id) FROM etl_window w JOIN etl_pull q
                ON q.job = w.job AND q.source = w.source AND q.account = w.account AND q.label = w.label AND q.pull = w.landed_pull
                WHERE q.job = @Job AND q.source = @Source{more})
            """,
            new { job.Job, job.Source, job.Account });
        return row?.ToRecord();
    }
}
