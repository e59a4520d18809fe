using System.Text.Json;
using Etl.Core.Columns;
using Etl.Testing;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>The tables of all reports of the catalogue, read from its files: what could be landed, with the types that columns may have.</summary>
internal static class CatalogSchemas
{
    public static IReadOnlyList<(string Report, TableSchema Schema)> All { get; } = Read();

    private static List<(string, TableSchema)> Read()
    {
        var types = Parse("columns.json").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, TypeOf);
        return
        [
            .. Parse("reports.json").EnumerateArray().Select(report =>
            {
                var names = Names(report, "dimensions").Concat(Names(report, "metrics")).Concat(Names(report, "totals")).DefaultIfEmpty("value").Distinct().ToList();
                var key = Names(report, "key").Where(names.Contains);
                return (report.GetProperty("name").GetString()!, new TableSchema(names.Select(n => new Column(n, types.GetValueOrDefault(n, ColumnType.Text))), key));
            }),
        ];
    }

    private static ColumnType TypeOf(JsonElement column) => (column.GetProperty("type").GetString(), column.GetProperty("storage").GetString()) switch
    {
        ("date", _) => ColumnType.Date,
        ("datetime", _) => ColumnType.Timestamp,
        (_, "int64") => ColumnType.Int64,
        (_, "double") => ColumnType.Double,
        (_, "string") => ColumnType.Text,
        var other => throw new InvalidOperationException($"The catalogue has a type that this test does not know: {other}."),
    };

    private static IEnumerable<string> Names(JsonElement report, string property) =>
        report.TryGetProperty(property, out var names) && names.ValueKind == JsonValueKind.Array ? names.EnumerateArray().Select(n => n.GetString()!) : [];

    private static JsonElement Parse(string file) => JsonDocument.Parse(File.ReadAllText(Repository.PathOf("schemas", file))).RootElement;
}
