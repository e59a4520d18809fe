using Dapper;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>The columns of a target table, read inside the landing's transaction and grown to fit a pull.</summary>
internal sealed class SqliteTableShape
{
    private readonly Dictionary<string, string> _declared;

    private SqliteTableShape(string table, Dictionary<string, string> declared)
    {
        Table = table;
        _declared = declared;
    }

    public string Table { get; }

    public bool Exists => _declared.Count > 0;

    public bool HasAccount => _declared.ContainsKey(SystemColumns.Account.Name);

    public static SqliteTableShape Read(SqliteConnection connection, string table)
    {
        var declared = connection.Query<(string Name, string Type)>("SELECT name, type FROM pragma_table_info(@table)", new { table })
            .ToDictionary(c => c.Name, c => c.Type, StringComparer.OrdinalIgnoreCase);
        return new SqliteTableShape(table, declared);
    }

    /// <summary>Makes the table and what it lacks. Runs in the caller's transaction, so a refusal changes nothing.</summary>
    /// <exception cref="EtlException">A column has another type, the table is not ours, or a key column is missing.</exception>
    public void Fit(SqliteConnection connection, TableSchema schema, IReadOnlyList<string> key)
    {
        SqlNames.CheckColumns(Table, schema);
        if (Exists) Grow(connection, schema);
        else Make(connection, schema);
        Index(connection, schema, key);
    }

    private void Make(SqliteConnection connection, TableSchema schema)
    {
        var columns = schema.Columns.Select(c => SqlNames.Quote(c.Name) + " " + SqliteTypes.Declare(c.Type));
        connection.Execute($"CREATE TABLE {SqlNames.Quote(Table)} ({string.Join(", ", columns)})");
        foreach (var column in schema.Columns) _declared.Add(column.Name, SqliteTypes.Declare(column.Type));
    }

    private void Grow(SqliteConnection connection, TableSchema schema)
    {
        if (!_declared.ContainsKey(SystemColumns.Window.Name))
            throw new EtlException(
                FaultKind.Usage,
                $"Table '{Table}' has no column '{SystemColumns.Window.Name}': etl did not make it, and its rows could not be told apart from landed ones. "
                + "Name another table in the job. Nothing was changed.") { Code = "foreign-table" };
        foreach (var column in schema.Columns)
        {
            var wanted = SqliteTypes.Declare(column.Type);
            if (!_declared.TryGetValue(column.Name, out var found))
            {
                connection.Execute($"ALTER TABLE {SqlNames.Quote(Table)} ADD COLUMN {SqlNames.Quote(column.Name)} {wanted}");
                _declared.Add(column.Name, wanted);
            }
            else if (!string.Equals(found, wanted, StringComparison.OrdinalIgnoreCase))
            {
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not land in table '{Table}': column '{column.Name}' is {found} there and the pull brings {column.Type} ({wanted}). "
                    + "Land in a new table, or rename the old column and backfill. Nothing was changed.") { Code = "type-changed" };
            }
        }
    }

    private void Index(SqliteConnection connection, TableSchema schema, IReadOnlyList<string> key)
    {
        foreach (var name in key)
            // An unknown name in double quotes would silently be a string: SQLite must never see one.
            if (!_declared.ContainsKey(name))
                throw new EtlException(
                    FaultKind.Usage,
                    $"Key column '{name}' of table '{Table}' is not among its columns: {string.Join(", ", schema.Columns.Select(c => c.Name))}.")
                    { Code = "key-column" };
        // Not unique: rows whose key is empty are legal and may repeat.
        if (key.Count > 0) MakeIndex(connection, key);
        if (key.Count == 0 || !key[0].Equals(SystemColumns.Window.Name, StringComparison.OrdinalIgnoreCase))
            MakeIndex(connection, [SystemColumns.Window.Name]);
    }

    private void MakeIndex(SqliteConnection connection, IReadOnlyList<string> columns)
    {
        var name = SqlNames.Quote($"ix_{Table}_{string.Join('_', columns)}");
        connection.Execute($"CREATE INDEX IF NOT EXISTS {name} ON {SqlNames.Quote(Table)} ({string.Join(", ", columns.Select(SqlNames.Quote))})");
    }
}
