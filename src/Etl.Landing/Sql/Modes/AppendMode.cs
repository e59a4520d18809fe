using Etl.Core.Columns;

namespace Etl.Landing.Sql.Modes;

/// <summary>Every pull's rows stay; the view <c>&lt;name&gt;_current</c> shows those of the newest pull of each window.</summary>
internal static class AppendMode
{
    public static SqlTable ViewOf(SqlDialect dialect, SqlTable table) => table.Beside(dialect.Shorten(table.Name + "_current"));

    /// <summary>Makes the view, also where it is there.</summary>
    public static async Task MakeViewAsync(SqlSession session, SqlTableShape shape, SqlLandings landings, CancellationToken cancellation)
    {
        var dialect = session.Dialect;
        var columns = string.Join(", ", shape.Columns.Select(c => "t." + dialect.Quote(c.Name)));
        await session.ExecuteAsync(
            dialect.MakeView(
                ViewOf(dialect, shape.Table),
                $"SELECT {columns} FROM {shape.Quoted} t JOIN {landings.Quoted} l ON l.pull = t.{dialect.Quote(SystemColumns.Pull.Name)} AND l.target = {dialect.Literal(shape.Table.Name)}"),
            null,
            cancellation);
    }
}
