using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;

namespace Etl.Landing.Sql;

/// <summary>
/// The columns of a table, read inside a transaction and grown to fit a pull. Growth only adds: new columns (null in older rows) and wider
/// numbers. Names are compared whatever their case.
/// </summary>
internal sealed class SqlTableShape
{
    private static readonly string[] s_ours =
        [SystemColumns.Window.Name, SystemColumns.Pull.Name, SystemColumns.Account.Name, SystemColumns.Key.Name, SystemColumns.Hash.Name];

    private readonly SqlDialect _dialect;
    private readonly Dictionary<string, SqlColumn> _columns = new(StringComparer.OrdinalIgnoreCase);

    private SqlTableShape(SqlDialect dialect, SqlTable table) => (_dialect, Table) = (dialect, table);

    public SqlTable Table { get; }

    /// <summary>The table, quoted.</summary>
    public string Quoted => _dialect.Quote(Table);

    public bool Exists => _columns.Count > 0;

    public bool HasAccount => _columns.ContainsKey(SystemColumns.Account.Name);

    /// <summary>Columns in the table's order, as it has them.</summary>
    public IReadOnlyList<SqlColumn> Columns { get; private set; } = [];

    /// <summary>Reads a table; one that is not there has no columns.</summary>
    /// <exception cref="EtlException">The name is a view's, or something else's that rows cannot land in.</exception>
    public static async Task<SqlTableShape> ReadAsync(SqlSession session, SqlTable table, CancellationToken cancellation)
    {
        var shape = new SqlTableShape(session.Dialect, table);
        switch (await session.Warehouse.LookAsync(session, table, cancellation))
        {
            case SqlObject.Other:
                throw new EtlException(FaultKind.Usage, $"'{table}' is not a table but a view or the like, so no rows can land in it. Name another table in the job. Nothing was changed.")
                    { Code = "not-a-table" };
            case SqlObject.Table:
                foreach (var column in await session.Warehouse.ColumnsAsync(session, table, cancellation)) shape.Add(column);
                break;
        }
        return shape;
    }

    /// <summary>The name that a column of a pull has in the table; null when the table lacks it.</summary>
    public string? NameOf(string column) => _columns.GetValueOrDefault(_dialect.Shorten(column))?.Name;

    /// <summary>The type in which a pull's values land: the table's own where it is another number.</summary>
    public ColumnType Lands(Column column) =>
        _columns.GetValueOrDefault(_dialect.Shorten(column.Name)) is { } there && _dialect.Fit(there.Declared, column.Type) == SqlFit.Convert
            ? _dialect.TypeOf(there.Declared)!.Value
            : column.Type;

    /// <summary>True when a pull's rows can land without a change of the table.</summary>
    public bool Fits(TableSchema schema) => Exists && schema.Columns.All(
        c => _columns.GetValueOrDefault(_dialect.Shorten(c.Name)) is { } there && _dialect.Fit(there.Declared, c.Type) is SqlFit.AsIs or SqlFit.Convert);

    /// <summary>
    /// Makes the table and what it lacks, all in the session's transaction, so a refusal changes nothing. <paramref name="view"/>, where the table
    /// has one, is dropped before a column that it shows changes its type; the caller makes it again.
    /// </summary>
    /// <returns>True when columns were made or changed.</returns>
    /// <exception cref="EtlException">A column has another type, the table is not ours or of another mode, or a key column is missing.</exception>
    public async Task<bool> FitAsync(SqlSession session, TableSchema schema, IReadOnlyList<string> key, LandMode? mode, SqlTable? view, CancellationToken cancellation)
    {
        CheckNames(schema);
        foreach (var name in key)
            // An unknown name in double quotes would silently be a string to SQLite, which must never see one.
            if (schema.Columns.All(c => !c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) && NameOf(name) is null)
                throw new EtlException(
                    FaultKind.Usage,
                    $"Key column '{name}' of table '{Table}' is not among its columns: {string.Join(", ", schema.Columns.Select(c => c.Name))}. Change 'key' in the job.")
                    { Code = "key-column" };
        var changed = !Exists;
        if (Exists)
        {
            CheckOrigin(mode);
            changed = await GrowAsync(session, schema, key, view, cancellation);
        }
        else
        {
            await MakeAsync(session, schema, key, cancellation);
        }
        await IndexAsync(session, schema, key, cancellation);
        return changed;
    }

    private void Add(SqlColumn column)
    {
        // A table that we did not make may have names that differ by case; the first is taken.
        if (_columns.TryAdd(column.Name, column)) Columns = [.. Columns, column];
    }

    private void CheckNames(TableSchema schema)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in schema.Columns)
        {
            if (column.Name.Contains('\0', StringComparison.Ordinal))
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not land in table '{Table}': a column name of {column.Name.Length} characters holds a NUL, which no database takes. "
                    + "Leave the column out with 'schema: ignore'.") { Code = "column-name" };
            if (!seen.TryAdd(_dialect.Shorten(column.Name), column.Name))
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not land in table '{Table}': columns '{seen[_dialect.Shorten(column.Name)]}' and '{column.Name}' differ by case only, "
                    + "which a table cannot hold. Leave the unknown one out with 'schema: ignore', or land as Parquet.") { Code = "column-name" };
        }
    }

    private void CheckOrigin(LandMode? mode)
    {
        if (!_columns.ContainsKey(SystemColumns.Window.Name))
            throw new EtlException(
                FaultKind.Usage,
                $"Table '{Table}' has no column '{SystemColumns.Window.Name}': etl did not make it, and its rows could not be told apart from landed ones. "
                + "Name another table in the job. Nothing was changed.") { Code = "foreign-table" };
        if (mode is null) return;
        var history = _columns.ContainsKey(SystemColumns.ValidFrom.Name) && _columns.ContainsKey(SystemColumns.Hash.Name);
        var merge = !history && _columns.ContainsKey(SystemColumns.Key.Name);
        if (history == mode is LandMode.History && merge == mode is LandMode.Merge) return;
        throw new EtlException(
            FaultKind.Usage,
            $"Table '{Table}' was landed in another mode than '{SqlModes.Word(mode.Value)}': it {(history ? "keeps versions of rows" : merge ? "has one row per key" : "has the rows of whole windows")}. "
            + "Change 'mode' back, or name another table in the job. Nothing was changed.") { Code = "mode-changed" };
    }

    private async Task MakeAsync(SqlSession session, TableSchema schema, IReadOnlyList<string> key, CancellationToken cancellation)
    {
        var columns = schema.Columns.Select(c => new SqlColumn(_dialect.Shorten(c.Name), _dialect.Declare(c.Type, IsIndexed(c, key)))).ToList();
        await session.ExecuteAsync(
            $"CREATE TABLE {Quoted} ({string.Join(", ", columns.Select(c => _dialect.Quote(c.Name) + " " + c.Declared))})", null, cancellation);
        foreach (var column in columns) Add(column);
    }

    private async Task<bool> GrowAsync(SqlSession session, TableSchema schema, IReadOnlyList<string> key, SqlTable? view, CancellationToken cancellation)
    {
        var changed = false;
        foreach (var column in schema.Columns)
        {
            var name = _dialect.Shorten(column.Name);
            var wanted = _dialect.Declare(column.Type, IsIndexed(column, key));
            if (!_columns.TryGetValue(name, out var there))
            {
                await session.ExecuteAsync(_dialect.AddColumn(Table, name, wanted), null, cancellation);
                Add(new SqlColumn(name, wanted));
                changed = true;
                continue;
            }
            var fit = _dialect.Fit(there.Declared, column.Type);
            if (fit is SqlFit.AsIs or SqlFit.Convert) continue;
            if (fit is SqlFit.Refuse || (column.Type == ColumnType.Double && await LosesAsync(session, there, cancellation)))
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not land in table '{Table}': column '{column.Name}' is {there.Declared} there and the pull brings {column.Type} ({wanted}). "
                    + "Land in a new table, or rename the old column and backfill. Nothing was changed.") { Code = "type-changed" };
            if (view is not null) await session.ExecuteAsync(_dialect.DropView(view), null, cancellation);
            await session.ExecuteAsync(_dialect.WidenColumn(Table, there.Name, wanted), null, cancellation);
            var wide = there with { Declared = wanted };
            _columns[name] = wide;
            Columns = [.. Columns.Select(c => c == there ? wide : c)];
            changed = true;
        }
        return changed;
    }

    // Integers past 2^53 would change their value on the way to a floating point number.
    private async Task<bool> LosesAsync(SqlSession session, SqlColumn column, CancellationToken cancellation)
    {
        var name = _dialect.Quote(column.Name);
        return await session.ScalarAsync<long>(
            $"SELECT count(*) FROM {Quoted} WHERE {name} > 9007199254740992 OR {name} < -9007199254740992", null, cancellation) > 0;
    }

    // Our own columns are what tables are joined by.
    private static bool IsIndexed(Column column, IReadOnlyList<string> key) =>
        s_ours.Contains(column.Name) || key.Contains(column.Name, StringComparer.OrdinalIgnoreCase);

    private async Task IndexAsync(SqlSession session, TableSchema schema, IReadOnlyList<string> key, CancellationToken cancellation)
    {
        var there = await session.Warehouse.IndexesAsync(session, Table, cancellation);
        // Not unique: rows whose key is empty are legal and may repeat.
        if (key.Count > 0) await IndexAsync(session, there, key, cancellation);
        if (key.Count == 0 || !key[0].Equals(SystemColumns.Window.Name, StringComparison.OrdinalIgnoreCase))
            await IndexAsync(session, there, [SystemColumns.Window.Name], cancellation);
        if (schema.IndexOf(SystemColumns.Key.Name) >= 0) await IndexAsync(session, there, [SystemColumns.Key.Name], cancellation);
    }

    private async Task IndexAsync(SqlSession session, IReadOnlyList<string> there, IReadOnlyList<string> columns, CancellationToken cancellation)
    {
        var plain = _dialect.Shorten($"ix_{Table.Name}_{string.Join('_', columns)}");
        // Another table's index may have the plain name: 'a_b' by 'c' and 'a' by 'b_c'. Then a longer one, which Shorten ends in a hash of all of it.
        var other = _dialect.Shorten($"ix_{Table.Name}_{string.Join('_', columns)}".PadRight(_dialect.MaxNameLength + 1, '_') + string.Join('|', [Table.Name, .. columns]));
        if (there.Contains(plain, StringComparer.OrdinalIgnoreCase) || there.Contains(other, StringComparer.OrdinalIgnoreCase)) return;
        var name = await session.Warehouse.IsIndexNameFreeAsync(session, Table, plain, cancellation) ? plain : other;
        await session.ExecuteAsync(
            $"CREATE INDEX {_dialect.Quote(name)} ON {Quoted} ({string.Join(", ", columns.Select(c => _dialect.Quote(NameOf(c)!)))})", null, cancellation);
    }
}
