using System.Text.RegularExpressions;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>Tables, columns, indexes and views as the statements made them; refuses what the server would refuse for a name or a type.</summary>
internal sealed class PaperCatalog
{
    private readonly Dictionary<string, PaperTable> _tables = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<PaperTable> Tables => _tables.Values;

    /// <summary>The login's own schema, for statements that rest on it; null where every table must say its schema.</summary>
    public string? OwnSchema { get; init; }

    public PaperTable? Find(string? schema, string name) => _tables.GetValueOrDefault($"{schema ?? OwnSchema}.{name}");

    public PaperTable Get(SchemaObjectName name) =>
        Find(name.SchemaIdentifier?.Value, name.BaseIdentifier.Value) ?? throw new TSqlException($"Invalid object name '{TSql.Text(name)}'.");

    public void Apply(CreateTableStatement create)
    {
        var (schema, name) = (create.SchemaObjectName.SchemaIdentifier?.Value ?? OwnSchema, create.SchemaObjectName.BaseIdentifier.Value);
        if (name.Length > 63) throw new TSqlException($"The name '{name}' is longer than 63 characters.");
        var table = new PaperTable(schema ?? throw new TSqlException($"'{name}' has no schema."), name, IsView: false);
        if (!_tables.TryAdd($"{schema}.{name}", table)) throw new TSqlException($"There is already an object named '{name}'.");
        foreach (var column in create.Definition.ColumnDefinitions) table.Add(column.ColumnIdentifier.Value, Declared(column));
        foreach (var key in create.Definition.TableConstraints.OfType<UniqueConstraintDefinition>()) table.CheckKey(key.Columns);
    }

    public void Apply(AlterTableAddTableElementStatement add)
    {
        foreach (var column in add.Definition.ColumnDefinitions)
        {
            if (column.DefaultConstraint is null && !column.Constraints.OfType<NullableConstraintDefinition>().Any(n => n.Nullable))
                throw new TSqlException("A column that is added must be nullable or have a default.");
            Get(add.SchemaObjectName).Add(column.ColumnIdentifier.Value, Declared(column));
        }
    }

    public void Apply(AlterTableAlterColumnStatement alter)
    {
        var table = Get(alter.SchemaObjectName);
        if (table.Indexes.Any(i => i.Columns.Contains(alter.ColumnIdentifier.Value, StringComparer.OrdinalIgnoreCase)))
            throw new TSqlException($"The object depends on column '{alter.ColumnIdentifier.Value}'.");
        table.Change(alter.ColumnIdentifier.Value, TSql.Text(alter.DataType));
    }

    public void Apply(CreateIndexStatement create)
    {
        var table = Get(create.OnName);
        table.CheckKey(create.Columns);
        if (table.Indexes.Any(i => i.Name.Equals(create.Name.Value, StringComparison.OrdinalIgnoreCase))) throw new TSqlException($"There is already an index '{create.Name.Value}'.");
        table.Indexes.Add((create.Name.Value, [.. create.Columns.Select(c => c.Column.MultiPartIdentifier.Identifiers[^1].Value)]));
    }

    public void Apply(CreateOrAlterViewStatement create)
    {
        var (schema, name) = (create.SchemaObjectName.SchemaIdentifier?.Value, create.SchemaObjectName.BaseIdentifier.Value);
        _tables[$"{schema}.{name}"] = Find(schema, name) is { IsView: false } ? throw new TSqlException($"'{name}' is a table.") : new PaperTable(schema!, name, IsView: true);
    }

    public void Drop(DropObjectsStatement drop, bool view)
    {
        if (!drop.IsIfExists) throw new TSqlException("Only DROP … IF EXISTS can be repeated.");
        foreach (var name in drop.Objects)
        {
            if (Find(name.SchemaIdentifier?.Value, name.BaseIdentifier.Value) is not { } table) continue;
            if (table.IsView != view) throw new TSqlException($"'{TSql.Text(name)}' is of another kind.");
            _tables.Remove($"{table.Schema}.{table.Name}");
        }
    }

    private static string Declared(ColumnDefinition column) => TSql.Text(column.DataType) + (column.Collation is null ? "" : " COLLATE " + column.Collation.Value);
}

internal sealed partial record PaperTable(string Schema, string Name, bool IsView)
{
    public List<(string Name, string Declared)> Columns { get; } = [];

    public List<(string Name, string[] Columns)> Indexes { get; } = [];

    /// <summary>Value of the extended property that says whose it is.</summary>
    public string? Owner { get; set; }

    public long Rows { get; set; }

    public bool Has(string column) => Columns.Any(c => c.Name.Equals(column, StringComparison.OrdinalIgnoreCase));

    public void Add(string column, string declared)
    {
        if (column.Length > 63) throw new TSqlException($"The name '{column}' is longer than 63 characters.");
        if (!KnownType().IsMatch(declared)) throw new TSqlException($"Cannot find data type '{declared}'.");
        if (Has(column)) throw new TSqlException($"Column names in each table must be unique: '{column}'.");
        Columns.Add((column, declared));
    }

    public void Change(string column, string declared)
    {
        var place = Columns.FindIndex(c => c.Name.Equals(column, StringComparison.OrdinalIgnoreCase));
        if (place < 0) throw new TSqlException($"Invalid column name '{column}'.");
        Columns[place] = (Columns[place].Name, declared);
    }

    [GeneratedRegex(@"\A(int|bigint|bit|float|date|datetime2\([67]\)|nvarchar\((max|450|200)\)( COLLATE Latin1_General_100_(BIN2|CI_AS))?)\z", RegexOptions.IgnoreCase)]
    private static partial Regex KnownType();

    /// <summary>An index takes columns of up to 1,700 bytes each, never of type max.</summary>
    public void CheckKey(IEnumerable<ColumnWithSortOrder> columns)
    {
        foreach (var name in columns.Select(c => c.Column.MultiPartIdentifier.Identifiers[^1].Value))
        {
            if (!Has(name)) throw new TSqlException($"Invalid column name '{name}'.");
            if (Columns.First(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Declared.Contains("(max)", StringComparison.Ordinal))
                throw new TSqlException($"Column '{name}' is of a type that is invalid for use as a key column in an index.");
        }
    }
}
