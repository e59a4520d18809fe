using Etl.Core.Columns;

namespace Etl.Landing.Sql;

/// <summary>
/// A table that is etl's alone (<c>etl_landing</c>, <c>etl_pulls</c>, <c>etl_windows</c>). Columns behind the first version's are null where an
/// older build wrote.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">Columns of the primary key: short texts.</param>
/// <param name="Columns">The other columns with their types.</param>
internal sealed record SqlOwnTable(string Name, IReadOnlyList<string> Key, IReadOnlyList<(string Name, ColumnType Type)> Columns)
{
    private static readonly string[] s_documents = ["columns", "schema", "proof", "checks"];

    /// <summary>Makes the table beside another one, or adds the columns that it lacks.</summary>
    public async Task MakeAsync(SqlSession session, SqlTable beside, CancellationToken cancellation)
    {
        var (dialect, table) = (session.Dialect, beside.Beside(Name));
        var there = await session.Warehouse.ColumnsAsync(session, table, cancellation);
        if (there.Count == 0)
        {
            IEnumerable<string> columns =
            [
                .. Key.Select(k => $"{dialect.Quote(k)} {dialect.ShortText}{dialect.IgnoreCase(k == "target")} NOT NULL"),
                .. Columns.Select(c => $"{dialect.Quote(c.Name)} {Declare(dialect, c.Name, c.Type)}"),
                $"PRIMARY KEY ({string.Join(", ", Key.Select(dialect.Quote))})",
            ];
            await session.ExecuteAsync($"CREATE TABLE {dialect.Quote(table)} ({string.Join(", ", columns)})", null, cancellation);
            return;
        }
        foreach (var (name, type) in Columns)
            if (!there.Any(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                await session.ExecuteAsync(dialect.AddColumn(table, name, Declare(dialect, name, type)), null, cancellation);
    }

    // All other texts are ids, by which these tables and those of the data are joined.
    private static string Declare(SqlDialect dialect, string name, ColumnType type) => dialect.Declare(type, indexed: !s_documents.Contains(name));

    /// <summary>Puts a row in place of the one with the same key; values in the order of key and columns.</summary>
    public async Task PutAsync(SqlSession session, SqlTable beside, IReadOnlyDictionary<string, object?> row, CancellationToken cancellation)
    {
        var (dialect, table) = (session.Dialect, session.Dialect.Quote(beside.Beside(Name)));
        var names = (IReadOnlyList<string>)[.. Key, .. Columns.Select(c => c.Name)];
        var arguments = new Dapper.DynamicParameters();
        foreach (var name in names) arguments.Add(name, row[name]);
        await session.ExecuteAsync(
            $"DELETE FROM {table} WHERE {string.Join(" AND ", Key.Select(k => $"{dialect.Quote(k)} = @{k}"))}", arguments, cancellation);
        await session.ExecuteAsync(
            $"INSERT INTO {table} ({string.Join(", ", names.Select(dialect.Quote))}) VALUES ({string.Join(", ", names.Select(n => "@" + n))})", arguments, cancellation);
    }
}
