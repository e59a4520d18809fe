using Etl.Core.Columns;
using Etl.Core.Errors;

namespace Etl.Landing.Sql;

/// <summary>
/// A table that is etl's alone (<c>etl_landing</c>, <c>etl_pulls</c>, <c>etl_windows</c>, <c>etl_derived</c>). Its name may be somebody else's in a
/// database that etl is new to: a table without the columns of the first version, or a view, is refused before it is read or changed.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">Columns of the primary key: short texts.</param>
/// <param name="First">The other columns of the first version with their types.</param>
/// <param name="Later">Columns that came later: null where an older build wrote.</param>
internal sealed record SqlOwnTable(
    string Name, IReadOnlyList<string> Key, IReadOnlyList<(string Name, ColumnType Type)> First, IReadOnlyList<(string Name, ColumnType Type)> Later)
{
    private static readonly string[] s_documents = ["columns", "schema", "proof", "checks"];

    private IEnumerable<(string Name, ColumnType Type)> Columns => First.Concat(Later);

    /// <summary>The table's columns as the database has them; null when there is nothing of that name.</summary>
    /// <exception cref="EtlException">The name is somebody else's table or view.</exception>
    public async Task<IReadOnlyList<SqlColumn>?> FindAsync(SqlSession session, SqlTable beside, CancellationToken cancellation)
    {
        var table = beside.Beside(Name);
        switch (await session.Warehouse.LookAsync(session, table, cancellation))
        {
            case SqlObject.None:
                return null;
            case SqlObject.Other:
                throw Foreign(session.Dialect, $"'{table}' is not a table but a view or the like");
        }
        var there = await session.Warehouse.ColumnsAsync(session, table, cancellation);
        return Key.Concat(First.Select(c => c.Name)).FirstOrDefault(name => there.All(c => c.Name != name)) is { } missing
            ? throw Foreign(session.Dialect, $"Table '{table}' has no column '{missing}'")
            : there;
    }

    /// <summary>Makes the table beside another one, or adds the columns that it lacks.</summary>
    /// <exception cref="EtlException">The name is somebody else's table or view.</exception>
    public async Task MakeAsync(SqlSession session, SqlTable beside, CancellationToken cancellation)
    {
        var (dialect, table) = (session.Dialect, beside.Beside(Name));
        if (await FindAsync(session, beside, cancellation) is not { } there)
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
        foreach (var (name, type) in Later)
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

    private EtlException Foreign(SqlDialect dialect, string found) => new(
        FaultKind.Usage,
        $"{found}, so etl did not make it, and etl keeps '{Name}' beside the tables that it lands in. Rename it or drop it, "
        + $"or land in another {(dialect.HasSchemas ? "schema" : "database")}. Nothing was changed.") { Code = "foreign-table" };
}
