using Etl.Core.Columns;

namespace Etl.Core.Tests.Columns;

public class TableSchemaTests
{
    private static readonly Column s_id = new("id", ColumnType.Text);
    private static readonly Column s_plays = new("plays", ColumnType.Int64);

    [Fact]
    public void Columns_are_found_by_exact_name()
    {
        var schema = new TableSchema([s_id, s_plays], ["id"]);
        Assert.Equal((0, 1, -1, -1), (schema.IndexOf("id"), schema.IndexOf("plays"), schema.IndexOf("ID"), schema.IndexOf("")));
        Assert.Equal(["id"], schema.Key);
    }

    [Fact]
    public void Faults_of_a_schema_name_the_column()
    {
        Assert.Contains("Column 1 has an empty name.", Fault([s_id, new Column("", ColumnType.Text)]), StringComparison.Ordinal);
        Assert.Contains("Column 'id' occurs twice.", Fault([s_id, s_id]), StringComparison.Ordinal);
        Assert.Contains("Key column 'nope' is not in the table.", Fault([s_id], "nope"), StringComparison.Ordinal);

        static string Fault(Column[] columns, params string[] key) => Assert.Throws<ArgumentException>(() => new TableSchema(columns, key)).Message;
    }

    [Fact]
    public void Shape_is_names_types_and_order()
    {
        var schema = new TableSchema([s_id, s_plays]);
        Assert.True(schema.SameShape(new TableSchema([s_id with { Role = ColumnRole.Metric, Unit = "min", Known = false }, s_plays], ["id"])));
        Assert.False(schema.SameShape(new TableSchema([s_plays, s_id])));
        Assert.False(schema.SameShape(new TableSchema([s_id, s_plays with { Type = ColumnType.Double }])));
        Assert.False(schema.SameShape(new TableSchema([s_id])));
    }

    [Fact]
    public void System_columns_stand_in_front_and_keep_the_key()
    {
        var report = new TableSchema([s_id], ["id"]);
        Assert.Equal(["_window", "_pull", "_pulled_at", "id"], SystemColumns.Extend(report).Columns.Select(c => c.Name));
        Assert.Equal(["_window", "_pull", "_pulled_at", "_account", "id"], SystemColumns.Extend(report, withAccount: true).Columns.Select(c => c.Name));
        Assert.Equal(["id"], SystemColumns.Extend(report).Key);
    }
}
