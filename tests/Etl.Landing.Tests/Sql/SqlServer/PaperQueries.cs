using System.Data;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>Answers of the paper server to the queries that a landing asks.</summary>
internal static class PaperQueries
{
    public static void Answer(PaperServer server, string sql, Dictionary<string, object?> values, DataTable answer)
    {
        bool Has(string part) => sql.Contains(part, StringComparison.Ordinal);
        PaperTable? Named() => server.Catalog.Find((string?)values["schema"], (string)values["name"]!);

        if (Has("sp_getapplock")) Scalar(answer, server.LockResult);
        else if (Has("SCHEMA_NAME()")) Scalar(answer, "dbo");
        else if (Has("FROM sys.schemas")) Scalar(answer, values["schema"] is "missing" ? null : values["schema"]);
        else if (Has("sys.columns")) Rows(answer, 5, Named()?.Columns.Select(c => Described(c.Name, c.Declared)) ?? []);
        else if (Has("sys.indexes")) Rows(answer, 1, Named()?.Indexes.Select(i => new object?[] { i.Name }) ?? []);
        else if (Has("sys.extended_properties"))
            Rows(answer, 1, server.Catalog.Tables.Where(t => t.Owner is { } owner && owner == (string)values["window"]! && t.Name[..10] == (string)values["word"]!).Select(t => new object?[] { t.Name }));
        else if (Has("SELECT o.type FROM sys.objects")) Scalar(answer, Named() is { } table ? table.IsView ? "V " : "U " : null);
        else if (Has("9007199254740992")) Scalar(answer, 0);
        else if (Has("count(*)")) Scalar(answer, (int)Counted(server, sql).Rows);
        else if (Has("SELECT pull, fence"))
            Rows(answer, 4, Landing(server, values).Select(l => new[] { l["pull"], l["fence"], l["rows"], l["hash"] }));
        else if (Has("SELECT [columns]")) Scalar(answer, Landing(server, values).FirstOrDefault()?["columns"]);
        else if (Has("min(from_utc)")) Scalar(answer, server.Next);
        else if (Has("SELECT min(")) Scalar(answer, null);
        else if (Has("SELECT [window] FROM")) Rows(answer, 1, server.Landings.Select(l => new[] { l["window"] }));
        else if (Has("TABLOCKX")) Scalar(answer, 1);
        else if (Has("WHERE [_window] = N'")) Rows(answer, 1, []);
        else throw new TSqlException($"The paper server has no answer to\n{sql}");
    }

    private static PaperTable Counted(PaperServer server, string sql) =>
        server.Catalog.Get(((NamedTableReference)((QuerySpecification)((SelectStatement)TSql.Parse(sql)[0]).QueryExpression).FromClause.TableReferences[0]).SchemaObject);

    private static IEnumerable<Dictionary<string, object?>> Landing(PaperServer server, Dictionary<string, object?> values) =>
        server.Landings.Where(l => (string)l["window"]! == (string)values["window"]! && (string)l["target"]! == (string)values["target"]!);

    private static object?[] Described(string name, string declared)
    {
        var parts = declared.Split(' ');
        var (type, size) = parts[0].Split('(') is [var bare, var inside] ? (bare, inside.TrimEnd(')')) : (parts[0], "0");
        var number = size == "max" ? -1 : int.Parse(size, System.Globalization.CultureInfo.InvariantCulture);
        var text = type == "nvarchar";
        return [name, type, text && number > 0 ? number * 2 : number, type == "datetime2" ? number : 0, text ? parts.Length > 2 ? parts[2] : "SQL_Latin1_General_CP1_CI_AS" : null];
    }

    private static void Scalar(DataTable answer, object? value)
    {
        if (value is null) Rows(answer, 1, [[null]]);
        else
        {
            answer.Columns.Add("c0", value.GetType());
            answer.Rows.Add(value);
        }
    }

    public static void Rows(DataTable answer, int width, IEnumerable<object?[]> rows)
    {
        var all = rows.ToList();
        for (var column = 0; column < width; column++)
            answer.Columns.Add("c" + column, all.Select(r => r[column]?.GetType()).FirstOrDefault(t => t is not null) ?? typeof(string));
        foreach (var row in all) answer.Rows.Add([.. row.Select(v => v ?? DBNull.Value)]);
    }
}
