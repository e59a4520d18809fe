using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>Looks whether every table, column and variable of a statement is there. A name without an owner may belong to any table of the statement.</summary>
internal sealed class PaperBinder : TSqlFragmentVisitor
{
    private readonly List<NamedTableReference> _tables = [];
    private readonly List<ColumnReferenceExpression> _columns = [];
    private readonly List<BooleanComparisonExpression> _comparisons = [];
    private readonly List<string> _variables = [];
    private readonly List<string> _declared = [];
    private readonly List<string> _functions = [];
    private readonly List<string> _derived = [];
    private readonly HashSet<TSqlFragment> _dateParts = [];

    private static readonly string[] s_builtIn = ["count", "min", "max", "sum", "lag", "substring", "replace", "datalength", "schema_name", "object_id", "sysutcdatetime", "datediff_big"];
    private static readonly string[] s_changedRows = ["inserted", "deleted"];

    public static void Check(IEnumerable<TSqlStatement> batch, PaperCatalog catalog, IReadOnlyCollection<string> parameters)
    {
        List<string> declared = [];
        foreach (var statement in batch)
        {
            var binder = new PaperBinder();
            statement.Accept(binder);
            declared.AddRange(binder._declared);
            binder.Check(catalog, [.. parameters, .. declared]);
        }
    }

    public override void Visit(NamedTableReference node) => _tables.Add(node);

    public override void Visit(ColumnReferenceExpression node) => _columns.Add(node);

    public override void Visit(VariableReference node) => _variables.Add(node.Name);

    public override void Visit(DeclareVariableElement node) => _declared.Add(node.VariableName.Value);

    public override void Visit(BooleanComparisonExpression node) => _comparisons.Add(node);

    public override void Visit(FunctionCall node)
    {
        _functions.Add(node.FunctionName.Value);
        if (node.FunctionName.Value.StartsWith("datediff", StringComparison.OrdinalIgnoreCase)) _dateParts.Add(node.Parameters[0]);
    }

    public override void Visit(QueryDerivedTable node) => _derived.AddRange(
        ((QuerySpecification)node.QueryExpression).SelectElements.OfType<SelectScalarExpression>().Select(e => e.ColumnName?.Value).OfType<string>());

    // Names of a procedure's parameters look like variables and are none.
    public override void ExplicitVisit(ExecuteParameter node) => node.ParameterValue.Accept(this);

    private void Check(PaperCatalog catalog, List<string> known)
    {
        if (_functions.FirstOrDefault(f => !s_builtIn.Contains(f, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            throw new TSqlException($"'{unknown}' is not a recognized built-in function name.");
        foreach (var variable in _variables)
            if (!known.Contains(variable, StringComparer.OrdinalIgnoreCase)) throw new TSqlException($"Must declare the scalar variable '{variable}'.");
        var own = _tables.Where(t => !IsSystem(t)).ToDictionary(t => t, t => catalog.Get(t.SchemaObject));
        foreach (var column in _columns.Where(c => c.MultiPartIdentifier is not null && !_dateParts.Contains(c)).Select(c => c.MultiPartIdentifier.Identifiers))
        {
            var name = column[^1].Value;
            if (column.Count == 1 && _derived.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            var owners = column.Count == 1 || s_changedRows.Contains(column[0].Value, StringComparer.OrdinalIgnoreCase) ? _tables : [.. _tables.Where(t => IsNamed(t, [.. column.SkipLast(1).Select(p => p.Value)]))];
            if (owners.Count == 0 && _tables.Count > 0) throw new TSqlException($"The multi-part identifier '{string.Join('.', column.Select(p => p.Value))}' could not be bound.");
            if (owners.Count > 0 && !owners.Any(t => IsSystem(t) || own[t].IsView || own[t].Has(name))) throw new TSqlException($"Invalid column name '{name}'.");
        }
        foreach (var comparison in _comparisons)
        {
            var collations = new[] { comparison.FirstExpression, comparison.SecondExpression }.Select(e => CollationOf(e, own)).OfType<string>().Distinct().ToList();
            if (collations.Count > 1) throw new TSqlException($"Cannot resolve the collation conflict between {string.Join(" and ", collations)} in '{TSql.Text(comparison)}'.");
        }
    }

    /// <summary>Collation of a column of text; null for what takes the other side's.</summary>
    private static string? CollationOf(ScalarExpression expression, Dictionary<NamedTableReference, PaperTable> own)
    {
        if (expression is not ColumnReferenceExpression { MultiPartIdentifier.Identifiers: { } parts }) return null;
        var declared = own.Where(t => parts.Count == 1 || IsNamed(t.Key, [.. parts.SkipLast(1).Select(p => p.Value)]))
            .SelectMany(t => t.Value.Columns).FirstOrDefault(c => c.Name.Equals(parts[^1].Value, StringComparison.OrdinalIgnoreCase)).Declared;
        if (declared?.StartsWith("nvarchar", StringComparison.Ordinal) != true) return null;
        return declared.Split(" COLLATE ") is [_, var collation] ? collation : "the database's";
    }

    private static bool IsSystem(NamedTableReference table) => table.SchemaObject.SchemaIdentifier?.Value == "sys";

    private static bool IsNamed(NamedTableReference table, string[] owner)
    {
        // An alias hides the table's name.
        if (table.Alias is { } alias) return owner is [var one] && one.Equals(alias.Value, StringComparison.OrdinalIgnoreCase);
        var name = table.SchemaObject;
        return owner[^1].Equals(name.BaseIdentifier.Value, StringComparison.OrdinalIgnoreCase)
            && (owner.Length == 1 || owner[0].Equals(name.SchemaIdentifier?.Value, StringComparison.OrdinalIgnoreCase));
    }
}
