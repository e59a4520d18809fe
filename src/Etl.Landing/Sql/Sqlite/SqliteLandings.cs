using System.Globalization;
using Dapper;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// <c>etl_landing</c>: one row per table and window, written in the transaction that writes the rows, so that the record
/// and the rows cannot disagree. The target is the table's name in its own database, whatever the connection is called.
/// </summary>
internal sealed class SqliteLandings(SqliteConnection connection, string table)
{
    public static bool Exist(SqliteConnection connection) =>
        connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'etl_landing'") > 0;

    public void Make() => connection.Execute(
        """
        CREATE TABLE IF NOT EXISTS etl_landing (
            target TEXT NOT NULL COLLATE NOCASE, "window" TEXT NOT NULL,
            pull TEXT NOT NULL, fence INTEGER NOT NULL, "rows" INTEGER NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL,
            PRIMARY KEY (target, "window"))
        """);

    public PublishedPull? Find(WindowKey key)
    {
        var row = connection.QuerySingleOrDefault<(string? Pull, long Fence, long Rows, string Hash)>(
            """SELECT pull, fence, "rows", hash FROM etl_landing WHERE target = @table AND "window" = @window""",
            new { table, window = key.ToString() });
        return row.Pull is null ? null : new PublishedPull(row.Pull, row.Fence, row.Rows, row.Hash);
    }

    /// <summary>
    /// Refuses a window beside windows of another length from the same job (days beside months, say): a reader of the
    /// table would count their rows twice.
    /// </summary>
    /// <exception cref="EtlException">The table has windows of another length.</exception>
    public void RefuseMixture(WindowKey key)
    {
        const string unit = "CASE WHEN length({0}) <= 7 THEN 'month' WHEN length({0}) <= 10 THEN 'day' ELSE 'hour' END";
        var prefix = key.ToString()[..^key.Label.Length];
        var stored = string.Format(CultureInfo.InvariantCulture, unit, "substr(\"window\", length(@prefix) + 1)");
        var mine = string.Format(CultureInfo.InvariantCulture, unit, "@Label");
        var other = connection.QueryFirstOrDefault<string>(
            $"""
            SELECT substr("window", length(@prefix) + 1) FROM etl_landing
            WHERE target = @table AND substr("window", 1, length(@prefix)) = @prefix AND {stored} <> {mine} LIMIT 1
            """,
            new { table, prefix, key.Label });
        if (other is not null)
            throw new EtlException(
                FaultKind.Usage,
                $"Could not land window '{key}' in table '{table}': the table also has window '{other}', of another length, and a reader would count rows twice. "
                + "Name another table in the job, or delete the old rows there and in 'etl_landing'. Nothing was changed.") { Code = "mixed-layout" };
    }

    /// <summary>
    /// Writes the account of its record into each row that landed before the table told accounts apart. Otherwise the first
    /// landing of an account that was added would take another one's rows for its own older ones.
    /// </summary>
    public void TellAccounts()
    {
        foreach (var window in connection.Query<string>("SELECT \"window\" FROM etl_landing WHERE target = @table", new { table }).ToList())
        {
            // job/source/account/label
            var parts = window.Split('/');
            connection.Execute(
                $"UPDATE {SqlNames.Quote(table)} SET \"_account\" = @account WHERE \"_window\" = @label AND \"_account\" IS NULL",
                new { account = parts[^2], label = parts[^1] });
        }
    }

    /// <summary>
    /// Records a landing. Records of the same rows under another key (a job that was renamed, say) go in the same breath:
    /// their rows have just been replaced.
    /// </summary>
    public void Record(WindowKey key, bool rowsHaveAccount, PullStamp stamp, DateTimeOffset at)
    {
        var tail = rowsHaveAccount ? $"/{key.Account}/{key.Label}" : "/" + key.Label;
        connection.Execute(
            """DELETE FROM etl_landing WHERE target = @table AND substr("window", -length(@tail)) = @tail""", new { table, tail });
        connection.Execute(
            """
            INSERT INTO etl_landing (target, "window", pull, fence, "rows", hash, at)
            VALUES (@table, @window, @pull, @fence, @rows, @hash, @at)
            """,
            new
            {
                table,
                window = key.ToString(),
                pull = stamp.Pull,
                fence = stamp.Fence,
                rows = stamp.Rows,
                hash = stamp.ContentHash,
                at = Ledger.LedgerText.Of(at),
            });
    }
}
