using System.Data.Common;
using Dapper;
using Etl.Core.Sources;

namespace Etl.Landing.Sql.Ledger;

// A lot takes the stretch of time behind the one before it, as long as its calls take at the budget's pace; a stretch that passed unused
// is not saved up, but for one lot. So a row of two times is all there is to keep, and a worker that died holds nothing.
public abstract partial class SqlLedger : ICallBudget
{
    private const double MillisecondsOfMinute = 60_000;

    /// <summary>Makes the row of an account unless another worker just did.</summary>
    private protected virtual string InsertBudget =>
        "INSERT INTO etl_call_budget (account, next_at, paused_until) VALUES (@account, 0, 0) ON CONFLICT (account) DO NOTHING";

    /// <inheritdoc/>
    public Task<TimeSpan> BorrowAsync(string account, int? perMinute, int calls, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(calls);
        if (perMinute is { } pace) ArgumentOutOfRangeException.ThrowIfLessThan(pace, 1, nameof(perMinute));
        var length = perMinute is null ? 0 : (long)Math.Ceiling(calls * MillisecondsOfMinute / perMinute.Value);
        // Without a bound there is nothing to write down.
        return length == 0 ? PausedAsync(account, cancellation) : WriteAsync($"borrow calls of account '{account}'", async (connection, transaction) =>
        {
            await LockBudgetAsync(connection, transaction, account);
            var (next, paused, now) = await connection.QuerySingleAsync<(long, long, long)>(
                $"SELECT next_at, paused_until, {NowMilliseconds} FROM etl_call_budget WHERE account = @account", new { account }, transaction);
            var start = Math.Max(Math.Max(next, paused), now - length);
            await connection.ExecuteAsync("UPDATE etl_call_budget SET next_at = @end WHERE account = @account", new { account, end = start + length }, transaction);
            return TimeSpan.FromMilliseconds(Math.Max(0, start - now));
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task PauseAsync(string account, TimeSpan time, CancellationToken cancellation) =>
        WriteAsync($"pause the calls of account '{account}'", async (connection, transaction) =>
        {
            await LockBudgetAsync(connection, transaction, account);
            await connection.ExecuteAsync(
                $"UPDATE etl_call_budget SET paused_until = {NowMilliseconds} + @time WHERE account = @account AND paused_until < {NowMilliseconds} + @time",
                new { account, time = (long)time.TotalMilliseconds },
                transaction);
        }, cancellation);

    private Task<TimeSpan> PausedAsync(string account, CancellationToken cancellation) =>
        ReadAsync($"read the pause of account '{account}'", async connection =>
        {
            var left = await connection.QuerySingleOrDefaultAsync<long?>(
                $"SELECT paused_until - {NowMilliseconds} FROM etl_call_budget WHERE account = @account", new { account });
            return TimeSpan.FromMilliseconds(Math.Max(0, left ?? 0));
        }, cancellation);

    private async Task LockBudgetAsync(DbConnection connection, DbTransaction transaction, string account)
    {
        const string Lock = "UPDATE etl_call_budget SET next_at = next_at WHERE account = @account";
        if (await connection.ExecuteAsync(Lock, new { account }, transaction) == 1) return;
        await connection.ExecuteAsync(InsertBudget, new { account }, transaction);
        await connection.ExecuteAsync(Lock, new { account }, transaction);
    }
}
