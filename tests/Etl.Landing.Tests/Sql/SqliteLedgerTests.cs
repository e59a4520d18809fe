using Dapper;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Landing.Sql.Ledger;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Files;
using Etl.Testing.Ledger;
using Etl.Testing.Rows;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Tests.Sql;

public sealed class SqliteLedgerTests : LedgerContract, IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => _folder["ledger.db"];

    protected override async Task<ILedger> OpenAsync() => await SqliteLedger.OpenAsync(File, None);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Ledger_opened_again_shows_what_was_committed()
    {
        await LeaseAsync();
        await Ledger.DisposeAsync();
        await using var again = await OpenAsync();
        Assert.Equal("a", (await again.FindWindowAsync(Keys.Key(), None))!.Owner);
    }

    [Fact]
    public async Task Ledger_commits_through_a_log_that_is_synced()
    {
        using var connection = new SqliteDatabase(File, "ledger", "ETL_LEDGER", TimeSpan.FromSeconds(1)).Open();
        Assert.Equal("wal", await connection.ExecuteScalarAsync<string>("PRAGMA journal_mode"));
        Assert.Equal(2L, await connection.ExecuteScalarAsync<long>("PRAGMA synchronous"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(12)]
    public async Task Ledger_of_an_older_version_is_migrated_and_keeps_its_rows(int version)
    {
        var path = _folder["old.db"];
        await using (var connection = new SqliteDatabase(path, "ledger", "ETL_LEDGER", TimeSpan.FromSeconds(1)).Open())
        {
            foreach (var sql in LedgerMigrations.StepsBetween(0, version, SqliteLedger.SqliteTypes)) await connection.ExecuteAsync(sql);
            await connection.ExecuteAsync(
                $"""
                PRAGMA user_version = {version};
                INSERT INTO etl_window (job, source, account, label, from_utc, to_utc, state, fence, settled, landed_fence, equal_pulls, failures)
                VALUES ('nightly', 'main', '101', '2026-11-19', '2026-11-19T05:00:00.0000000Z', '2026-11-20T05:00:00.0000000Z', 'failed', 41, 0, 0, 0, 3);
                """);
        }
        await using var ledger = await SqliteLedger.OpenAsync(path, None);
        var window = await ledger.FindWindowAsync(Keys.Key(), None);
        Assert.Equal((41L, 3, WindowState.Failed), (window!.Fence, window.Failures, window.State));
        Assert.Equal(42, (await ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), "a", Lifetime, 0, None))!.Fence);
        await using var check = new SqliteDatabase(path, "ledger", "ETL_LEDGER", TimeSpan.FromSeconds(1)).Open();
        Assert.Equal(LedgerMigrations.Latest, await check.ExecuteScalarAsync<int>("PRAGMA user_version"));
    }

    [Fact]
    public async Task Ledger_of_a_newer_version_is_refused_and_left_alone()
    {
        await using (var connection = new SqliteConnection("Data Source=" + File))
            await connection.ExecuteAsync("PRAGMA user_version = 99");
        var fault = await Assert.ThrowsAsync<EtlException>(OpenAsync);
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("version 99", fault.Message, StringComparison.Ordinal);
        Assert.Contains(File, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_openers_at_once_make_one_ledger()
    {
        var path = _folder["new/folder/ledger.db"];
        var ledgers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SqliteLedger.OpenAsync(path, None))));
        Assert.Equal("2026-11-19", await ledgers[0].BeginJobAsync(new JobKey("j", "main", "1"), "2026-11-19", None));
        Assert.Equal("2026-11-19", await ledgers[7].FindBeginAsync(new JobKey("j", "main", "1"), None));
        foreach (var ledger in ledgers) await ledger.DisposeAsync();
    }

    [Fact]
    public async Task Path_that_cannot_be_made_says_what_to_do()
    {
        await System.IO.File.WriteAllTextAsync(_folder["plain"], "a file, not a folder");
        var fault = await Assert.ThrowsAsync<EtlException>(() => SqliteLedger.OpenAsync(_folder["plain/ledger.db"], None));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains(_folder["plain/ledger.db"], fault.Message, StringComparison.Ordinal);
        Assert.Contains("ETL_LEDGER", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_that_is_no_database_says_what_to_do()
    {
        var path = _folder["notes.db"];
        await System.IO.File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("not a database ", 500)));
        var fault = await Assert.ThrowsAsync<EtlException>(() => SqliteLedger.OpenAsync(path, None));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("not an SQLite database", fault.Message, StringComparison.Ordinal);
        Assert.StartsWith("not a database", await System.IO.File.ReadAllTextAsync(path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Busy_ledger_fails_as_transient_and_works_again_afterwards()
    {
        var database = new SqliteDatabase(File, "ledger", "ETL_LEDGER", TimeSpan.FromSeconds(1));
        await using var blocker = database.Open();
        await using var transaction = blocker.BeginTransaction(deferred: false);
        await using var waiting = database.Open();
        var busy = Assert.Throws<SqliteException>(() => waiting.BeginTransaction(deferred: false));
        Assert.True(database.Explain(busy, "write").IsTransient);
        await transaction.RollbackAsync();
        await LeaseAsync();
    }

    [Fact]
    public async Task Ledger_that_fails_says_what_it_was_asked_for()
    {
        var lease = await LeaseAsync();
        await using (var connection = new SqliteDatabase(File, "ledger", "ETL_LEDGER", TimeSpan.FromSeconds(1)).Open())
            await connection.ExecuteAsync("ALTER TABLE etl_window RENAME TO away");
        var key = lease.Key.ToString();
        (string Doing, Func<Task> Ask)[] asked =
        [
            ("list windows of 'nightly'", () => Ledger.WindowsAsync("nightly", None)),
            ($"read window '{key}'", () => Ledger.FindWindowAsync(lease.Key, None)),
            ($"lease window '{key}'", () => Ledger.TryLeaseAsync(lease.Key, Keys.Day(), "b", Lifetime, 0, None)),
            ($"end the dead lease of '{key}'", () => Ledger.BreakLeaseAsync(lease.Key, "a", counts: true, None)),
            ($"prolong the lease of '{key}'", () => Ledger.HeartbeatAsync(lease, Lifetime, None)),
            ($"move window '{key}'", () => Ledger.MoveAsync(lease, WindowState.Pulling, null, "", None)),
            ($"settle window '{key}'", () => Ledger.SettleAsync(lease, new Settlement { State = WindowState.Failed }, None)),
        ];
        foreach (var (doing, ask) in asked)
            Assert.Contains(doing, (await Assert.ThrowsAsync<EtlException>(ask)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT * FROM etl_window WHERE {attention} ORDER BY from_utc DESC LIMIT 20", "USING INDEX ix_etl_window_attention (job=?)")]
    [InlineData("SELECT * FROM etl_landing_log WHERE job = @job AND restated_added IS NOT NULL ORDER BY id DESC LIMIT 20", "USING INDEX ix_etl_landing_restated (job=?)")]
    [InlineData("SELECT job, source, account, state, COUNT(*), SUM(landed_rows), MAX(to_utc) FROM etl_window GROUP BY job, source, account, state", "USING COVERING INDEX ix_etl_window_tally")]
    public async Task What_an_overview_asks_of_many_windows_is_answered_by_an_index(string sql, string plan)
    {
        var attention = SqlLedger.Match(new WindowQuery("nightly") { States = [WindowState.Parked, WindowState.Held, WindowState.Unknown, WindowState.Failed] });
        await using var connection = new SqliteDatabase(File, "ledger", "ETL_LEDGER", TimeSpan.FromSeconds(1)).Open();
        var steps = await connection.QueryAsync("EXPLAIN QUERY PLAN " + sql.Replace("{attention}", attention, StringComparison.Ordinal), new { job = "nightly" });
        Assert.Contains(plan, string.Join('\n', steps.Select(s => (string)s.detail)), StringComparison.Ordinal);
    }
}
