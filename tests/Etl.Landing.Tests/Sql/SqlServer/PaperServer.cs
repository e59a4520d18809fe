using System.Data;
using System.Data.Common;
using Etl.Landing.Sql.SqlServer;
using Microsoft.Data.SqlClient;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>
/// A SQL Server on paper. Every statement that it is sent is parsed by Microsoft's parser, its names are looked up, and what makes or changes
/// tables is written down, so that the next statement meets them. Of rows it keeps counts, and the records of landings. Transactions are not
/// undone: a test that needs that needs a server.
/// </summary>
internal sealed class PaperServer : ISqlServerClient
{
    public PaperCatalog Catalog { get; init; } = new();

    /// <summary>Every statement in order, with transactions as <c>BEGIN</c>, <c>COMMIT</c> and <c>ROLLBACK</c>.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Rows of <c>etl_landing</c>: parameters of the insert by name.</summary>
    public List<Dictionary<string, object?>> Landings { get; } = [];

    /// <summary>Start of the window behind the one that lands.</summary>
    public DateTime? Next { get; set; }

    /// <summary>Answer of sp_getapplock.</summary>
    public int LockResult { get; set; }

    /// <summary>Rows that a statement says it changed.</summary>
    public Func<string, int> Changed { get; set; } = _ => 0;

    /// <summary>Answers of queries that <see cref="PaperQueries"/> does not know; null for those it does.</summary>
    public Func<string, IEnumerable<object?[]>?> Answers { get; set; } = _ => null;

    /// <summary>Statements run in an open transaction. A ledger reads without one.</summary>
    public bool NeedsTransaction { get; init; } = true;

    /// <summary>Called with each statement before it runs; throws what the server would.</summary>
    public Action<string> Before { get; set; } = _ => { };

    public Func<int, Exception?> OpenFault { get; set; } = _ => null;

    public int Opened { get; private set; }

    public List<object?[]> Loaded { get; } = [];

    public Task<DbConnection> OpenAsync(CancellationToken cancellation) =>
        OpenFault(++Opened) is { } fault ? throw fault : Task.FromResult<DbConnection>(new PaperConnection(this));

    public async Task LoadAsync(
        DbConnection connection, DbTransaction? transaction, string table, SqlServerRowReader rows, IReadOnlyList<int> places, CancellationToken cancellation)
    {
        var into = Catalog.Get(((NamedTableReference)((QuerySpecification)((SelectStatement)TSql.Parse($"SELECT 1 FROM {table}")[0]).QueryExpression).FromClause.TableReferences[0]).SchemaObject);
        Log.Add($"BULK {into.Schema}.{into.Name}");
        Before(Log[^1]);
        Assert.Equal(rows.FieldCount, places.Count);
        Assert.Equal(places.Count, places.Distinct().Count());
        for (var column = 0; column < places.Count; column++) Assert.Equal(into.Columns[places[column]].Name, rows.GetName(column), ignoreCase: true);
        while (await rows.ReadAsync(cancellation))
        {
            var values = new object?[rows.FieldCount];
            rows.GetValues(values!);
            Loaded.Add(values);
            into.Rows++;
        }
    }

    public IReadOnlyList<int> NumbersOf(Exception fault) => fault is PaperException paper ? paper.Numbers : [];

    public bool IsLost(Exception fault) => fault is PaperException { Lost: true };

    /// <summary>Runs a batch; the answer of its last query.</summary>
    public DataTable Run(string sql, SqlParameterCollection parameters)
    {
        Log.Add(sql);
        Before(sql);
        var values = parameters.Cast<SqlParameter>().ToDictionary(p => p.ParameterName.TrimStart('@'), p => p.Value is DBNull ? null : p.Value, StringComparer.OrdinalIgnoreCase);
        var batch = TSql.Parse(sql);
        PaperBinder.Check(batch, Catalog, [.. values.Keys.Select(k => "@" + k)]);
        var answer = new DataTable { Locale = System.Globalization.CultureInfo.InvariantCulture };
        foreach (var statement in batch) Run(statement, sql, values, answer);
        return answer;
    }

    private void Run(TSqlStatement statement, string sql, Dictionary<string, object?> values, DataTable answer)
    {
        switch (statement)
        {
            case CreateTableStatement create: Catalog.Apply(create); break;
            case AlterTableAddTableElementStatement add: Catalog.Apply(add); break;
            case AlterTableAlterColumnStatement alter: Catalog.Apply(alter); break;
            case CreateIndexStatement create: Catalog.Apply(create); break;
            case CreateOrAlterViewStatement create: Catalog.Apply(create); break;
            case DropTableStatement drop: Catalog.Drop(drop, view: false); break;
            case DropViewStatement drop: Catalog.Drop(drop, view: true); break;
            case ExecuteStatement when sql.Contains("sp_addextendedproperty", StringComparison.Ordinal):
                Catalog.Find((string)values["schema"]!, (string)values["stage"]!)!.Owner = (string)values["value"]!;
                break;
            case ExecuteStatement when sql.Contains("sp_getapplock", StringComparison.Ordinal): break;
            case DeclareVariableStatement or PredicateSetStatement or SetCommandStatement: break;
            case InsertStatement insert: Insert(insert, values); break;
            case DeleteStatement delete: Delete(delete, values); break;
            case UpdateStatement: break;
            case SelectStatement or MergeStatement: Ask(sql, values, answer); break;
            default: throw new TSqlException($"The paper server does not know {statement.GetType().Name}\n{sql}");
        }
    }

    private void Ask(string sql, Dictionary<string, object?> values, DataTable answer)
    {
        if (Answers(sql) is { } rows) PaperQueries.Rows(answer, 1, rows);
        else PaperQueries.Answer(this, sql, values, answer);
    }

    private void Insert(InsertStatement insert, Dictionary<string, object?> values)
    {
        var into = Catalog.Get(((NamedTableReference)insert.InsertSpecification.Target).SchemaObject);
        if (into.Name == "etl_landing") Landings.Add(new(values, StringComparer.OrdinalIgnoreCase));
        if (insert.InsertSpecification.InsertSource is SelectInsertSource { Select: QuerySpecification { FromClause.TableReferences: [NamedTableReference from] } })
            into.Rows = Catalog.Get(from.SchemaObject).Rows;
    }

    private void Delete(DeleteStatement delete, Dictionary<string, object?> values)
    {
        var from = Catalog.Get(((NamedTableReference)delete.DeleteSpecification.Target).SchemaObject);
        if (from.Name == "etl_landing" && values.TryGetValue("window", out var window)) Landings.RemoveAll(l => Equals(l["window"], window));
    }
}

/// <summary>A fault with the server's numbers.</summary>
internal sealed class PaperException(int[] numbers, bool lost = false) : DbException("the server's words 'secret cell'")
{
    public int[] Numbers => numbers;

    public bool Lost => lost;
}
