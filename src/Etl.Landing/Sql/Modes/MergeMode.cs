using Etl.Core.Columns;
using Etl.Core.Runs;
using Etl.Core.Targets;

namespace Etl.Landing.Sql.Modes;

/// <summary>
/// One row per key, the one that the latest window brought. Under the table's lock:
/// 1 rows of this window whose key is not in the pull go; 2 rows whose key is in the pull take its values, but for those that a later window
/// brought; 3 keys that the table lacks are inserted.
/// </summary>
internal static class MergeMode
{
    public static async Task ApplyAsync(
        SqlSession session, SqlTableShape shape, SqlLandings landings, string stage, SqlRows rows, LandingOrder order, CancellationToken cancellation)
    {
        var dialect = session.Dialect;
        var key = dialect.Quote(SystemColumns.Key.Name);
        var (table, window, pull) = (shape.Quoted, dialect.Quote(SystemColumns.Window.Name), dialect.Quote(SystemColumns.Pull.Name));
        var mine = shape.HasAccount ? $" AND {table}.{dialect.Quote(SystemColumns.Account.Name)} = @account" : "";
        var arguments = new
        {
            label = order.Key.Label,
            account = order.Key.Account,
            target = shape.Table.Name,
            from = dialect.Instant(order.Window.From),
        };

        await session.ExecuteAsync(
            $"DELETE FROM {table} WHERE {window} = @label{mine} AND NOT EXISTS (SELECT 1 FROM {stage} s WHERE s.{key} = {table}.{key})", arguments, cancellation);
        Failpoint.Hit("merge.deleted");

        // A column that the pull lacks is null: values of two pulls never stand in one row.
        var sets = shape.Columns
            .Where(c => !c.Name.Equals(SystemColumns.Key.Name, StringComparison.OrdinalIgnoreCase))
            .Select(c => $"{dialect.Quote(c.Name)} = {(rows.Columns.Contains(c.Name, StringComparer.OrdinalIgnoreCase) ? $"s.{dialect.Quote(c.Name)}" : "NULL")}");
        await session.ExecuteAsync(
            $"""
            UPDATE {table} SET {string.Join(", ", sets)} FROM {stage} s
            WHERE s.{key} = {table}.{key}{mine}
              AND NOT EXISTS (SELECT 1 FROM {landings.Quoted} l WHERE l.target = @target AND l.pull = {table}.{pull} AND l.from_utc > @from)
            """,
            arguments,
            cancellation);
        Failpoint.Hit("merge.updated");

        await session.ExecuteAsync(
            $"""
            INSERT INTO {table} ({rows.List(dialect)}) SELECT {rows.List(dialect)} FROM {stage} s
            WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.{key} = s.{key}{mine})
            """,
            arguments,
            cancellation);
    }

    /// <summary>Keys of the pull that the table has now; all of them, or rows were lost.</summary>
    public static Task<long> CountAsync(SqlSession session, SqlTableShape shape, string stage, LandingOrder order, CancellationToken cancellation)
    {
        var key = session.Dialect.Quote(SystemColumns.Key.Name);
        var mine = shape.HasAccount ? $" AND {shape.Quoted}.{session.Dialect.Quote(SystemColumns.Account.Name)} = @account" : "";
        return session.ScalarAsync<long>(
            $"SELECT count(*) FROM {stage} s WHERE EXISTS (SELECT 1 FROM {shape.Quoted} WHERE {shape.Quoted}.{key} = s.{key}{mine})",
            new { account = order.Key.Account },
            cancellation);
    }
}
