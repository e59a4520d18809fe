using Etl.Core.Columns;
using Etl.Core.Runs;
using Etl.Core.Targets;

namespace Etl.Landing.Sql.Modes;

/// <summary>
/// Versions of rows. What a window brought holds from its start until the next window begins that has landed, so landing window W sets the
/// portion [W.from, next.from) of every key of the account to the pull's content, or to absent. A version is a longest run of windows in which a
/// key had the same content; the table is thus a function of the contents of the landed windows and does not know in which order they came.
/// Boundaries of versions are starts of landed windows, so every version that meets the portion covers all of it. Under the table's lock:
/// 1 covering versions that equal a row of the pull stay; 2 of the others, what lies behind the portion is kept as a version of its own,
/// 3 those that begin with the portion go, 4 those that began before it end there; 5 rows that no version covers are inserted; 6 equal versions
/// that now meet at either end of the portion become one.
/// </summary>
internal static class HistoryMode
{
    public static async Task ApplyAsync(
        SqlSession session, SqlTableShape shape, SqlLandings landings, string stage, SqlRows rows, LandingOrder order, CancellationToken cancellation)
    {
        var dialect = session.Dialect;
        var next = await landings.NextAsync(order.Window.From, shape.HasAccount ? order.Key.Account : null, cancellation);
        var sql = new Statements(dialect, shape, stage);
        var arguments = new
        {
            account = order.Key.Account,
            from = dialect.Instant(order.Window.From),
            next = next is { } at ? dialect.Instant(at) : null,
            yes = true,
            no = false,
        };

        if (next is not null)
            await session.ExecuteAsync(
                $"INSERT INTO {sql.Table} ({sql.Columns}) SELECT {sql.ColumnsFrom("@next")} FROM {sql.Table} t WHERE {sql.Covers("t", "@from")} AND {sql.Covers("t", "@next")}{sql.Mine("t")} AND NOT {sql.Equal("t")}",
                arguments,
                cancellation);
        await session.ExecuteAsync(
            $"DELETE FROM {sql.Table} WHERE {sql.From} = @from{sql.Mine(sql.Table)} AND NOT {sql.Equal(sql.Table)}", arguments, cancellation);
        await session.ExecuteAsync(
            $"UPDATE {sql.Table} SET {sql.To} = @from, {sql.Current} = @no WHERE {sql.From} < @from AND {sql.Covers(sql.Table, "@from")}{sql.Mine(sql.Table)} AND NOT {sql.Equal(sql.Table)}",
            arguments,
            cancellation);
        Failpoint.Hit("history.cut");

        var until = next is null ? "NULL" : "@next";
        await session.ExecuteAsync(
            $"""
            INSERT INTO {sql.Table} ({rows.List(dialect)}, {sql.From}, {sql.To}, {sql.Current})
            SELECT {rows.List(dialect)}, @from, {until}, {(next is null ? "@yes" : "@no")} FROM {stage} s WHERE NOT {sql.Covered}
            """,
            arguments,
            cancellation);
        Failpoint.Hit("history.inserted");

        await JoinAsync(session, sql, "@from", arguments, cancellation);
        if (next is not null) await JoinAsync(session, sql, "@next", arguments, cancellation);
    }

    /// <summary>Rows of the pull that a version holds for now; all of them, or rows were lost.</summary>
    public static Task<long> CountAsync(SqlSession session, SqlTableShape shape, string stage, LandingOrder order, CancellationToken cancellation)
    {
        var sql = new Statements(session.Dialect, shape, stage);
        return session.ScalarAsync<long>(
            $"SELECT count(*) FROM {stage} s WHERE {sql.Covered}", new { account = order.Key.Account, from = session.Dialect.Instant(order.Window.From) }, cancellation);
    }

    // The earlier of two equal versions takes over the end of the later, which goes.
    private static async Task JoinAsync(SqlSession session, Statements sql, string at, object arguments, CancellationToken cancellation)
    {
        var later = $"FROM {sql.Table} b WHERE {sql.Same("b", sql.Table)}{sql.Mine("b")} AND b.{sql.From} = {at}";
        await session.ExecuteAsync(
            $"UPDATE {sql.Table} SET {sql.To} = (SELECT b.{sql.To} {later}), {sql.Current} = (SELECT b.{sql.Current} {later}) WHERE {sql.To} = {at}{sql.Mine(sql.Table)} AND EXISTS (SELECT 1 {later})",
            arguments,
            cancellation);
        await session.ExecuteAsync(
            $"DELETE FROM {sql.Table} WHERE {sql.From} = {at}{sql.Mine(sql.Table)} AND EXISTS (SELECT 1 FROM {sql.Table} a WHERE {sql.Same("a", sql.Table)}{sql.Mine("a")} AND a.{sql.From} < {at} AND {sql.Covers("a", at)})",
            arguments,
            cancellation);
    }

    private sealed class Statements(SqlDialect dialect, SqlTableShape shape, string stage)
    {
        private readonly string _key = dialect.Quote(SystemColumns.Key.Name), _hash = dialect.Quote(SystemColumns.Hash.Name);

        public string Table => shape.Quoted;

        public string From { get; } = dialect.Quote(SystemColumns.ValidFrom.Name);

        public string To { get; } = dialect.Quote(SystemColumns.ValidTo.Name);

        public string Current { get; } = dialect.Quote(SystemColumns.IsCurrent.Name);

        public string Columns => string.Join(", ", shape.Columns.Select(c => dialect.Quote(c.Name)));

        public string ColumnsFrom(string at) => string.Join(
            ", ", shape.Columns.Select(c => c.Name.Equals(SystemColumns.ValidFrom.Name, StringComparison.OrdinalIgnoreCase) ? at : "t." + dialect.Quote(c.Name)));

        /// <summary>The account's rows, where the table tells accounts apart.</summary>
        public string Mine(string owner) => shape.HasAccount ? $" AND {owner}.{dialect.Quote(SystemColumns.Account.Name)} = @account" : "";

        /// <summary>A version holds at an instant.</summary>
        public string Covers(string owner, string at) => $"{owner}.{From} <= {at} AND ({owner}.{To} IS NULL OR {owner}.{To} > {at})";

        public string Same(string a, string b) => $"{a}.{_key} = {b}.{_key} AND {a}.{_hash} = {b}.{_hash}";

        /// <summary>A version equals a row of the pull.</summary>
        public string Equal(string owner) => $"EXISTS (SELECT 1 FROM {stage} s WHERE {Same("s", owner)})";

        /// <summary>A row <c>s</c> of the pull equals a version that covers the portion.</summary>
        public string Covered => $"EXISTS (SELECT 1 FROM {Table} t WHERE {Same("t", "s")} AND {Covers("t", "@from")}{Mine("t")})";
    }
}
