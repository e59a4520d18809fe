using Dapper;
using Etl.Core.Ledger;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger
{
    private const string JobMatch = "job = @Job AND source = @Source AND account = @Account";
    private const string SelectBegin = "SELECT first_label FROM etl_job WHERE " + JobMatch;

    /// <summary>Stores the first label unless another worker just did.</summary>
    private protected virtual string InsertBegin =>
        "INSERT INTO etl_job (job, source, account, first_label) VALUES (@Job, @Source, @Account, @label) ON CONFLICT (job, source, account) DO NOTHING";

    /// <inheritdoc/>
    public Task<string> BeginJobAsync(JobKey job, string firstLabel, CancellationToken cancellation) =>
        WriteAsync("begin job '" + job.Job + "'", async (connection, transaction) =>
        {
            var stored = await connection.QuerySingleOrDefaultAsync<string?>(SelectBegin, With(job), transaction);
            if (stored is not null) return stored;
            await connection.ExecuteAsync(InsertBegin, With(job, firstLabel), transaction);
            return await connection.QuerySingleAsync<string>(SelectBegin, With(job), transaction);
        }, cancellation);

    /// <inheritdoc/>
    public Task<string?> FindBeginAsync(JobKey job, CancellationToken cancellation) =>
        ReadAsync("read job '" + job.Job + "'", c => c.QuerySingleOrDefaultAsync<string?>(SelectBegin, With(job)), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<string>>("list jobs", async connection =>
        {
            var names = await connection.QueryAsync<string>("SELECT DISTINCT job FROM etl_window");
            return [.. names.Order(StringComparer.Ordinal)];
        }, cancellation);

    private static object With(JobKey job, string? label = null) => new { job.Job, job.Source, job.Account, label };
}
