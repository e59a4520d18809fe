using System.Text;
using System.Text.Json;
using Etl.Core.Columns;

namespace Etl.Parsing.Tests;

public class SideMapTests
{
    [Fact]
    public void Cells_become_one_object_sorted_by_name_without_empty_ones()
    {
        var map = new SideMap(["b", "a", "c"]);
        var target = new TextBuffer();
        Row(map, target, "1", "", "x");
        Row(map, target, "", "", "");
        Row(map, target, "2", "y", "");
        Assert.Equal(["""{"b":"1","c":"x"}""", null, """{"a":"y","b":"2"}"""], Texts(target));
    }

    [Fact]
    public void Every_text_comes_back_as_it_was()
    {
        const string Name = "na\"me\\ é \u2028";
        string[] cells = ["\"", "\\", "\u0000\u0001\u001f\u007f", "tab\t line\n", "中 😀 \u2028", "</script>&'", new string('\u0001', 70_000), new string('é', 5000)];
        var map = new SideMap([Name]);
        var target = new TextBuffer();
        foreach (var cell in cells) Row(map, target, cell);
        var read = Texts(target).Select(t => JsonDocument.Parse(t!).RootElement.GetProperty(Name).GetString());
        Assert.Equal(cells, read);
    }

    [Fact]
    public void Map_of_no_columns_is_null_in_every_row()
    {
        var target = new TextBuffer();
        var map = new SideMap([]);
        map.EndRow(target);
        map.EndRow(target);
        Assert.Equal((2, 2), (target.Count, target.NullCount));
    }

    [Fact]
    public void Plan_whose_side_map_is_no_text_column_is_refused()
    {
        var schema = new TableSchema([new Column("a", ColumnType.Int64), new Column("b", ColumnType.Int64)]);
        var plan = new TablePlan(schema, [CellFormat.Integer, CellFormat.Skip], [0, -1]) { Extra = 1 };
        Assert.Contains("cannot take the skipped cells", Assert.Single(plan.FindFaults(2)), StringComparison.Ordinal);
        Assert.NotEmpty((plan with { Extra = 2 }).FindFaults(2));
    }

    private static void Row(SideMap map, TextBuffer target, params string[] cells)
    {
        for (var i = 0; i < cells.Length; i++) map.Put(i, cells[i]);
        map.EndRow(target);
    }

    private static List<string?> Texts(TextBuffer cells) => [.. Enumerable.Range(0, cells.Count).Select(r => cells.IsNull(r) ? null : Encoding.UTF8.GetString(cells[r]))];
}
