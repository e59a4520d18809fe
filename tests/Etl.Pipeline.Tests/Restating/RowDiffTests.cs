using Etl.Core.Columns;
using Etl.Core.Runs;

namespace Etl.Pipeline.Tests.Restating;

public class RowDiffTests
{
    private static readonly Column s_id = new("id", ColumnType.Text), s_day = new("day", ColumnType.Date);
    private static readonly Column s_plays = new("plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full);
    private static readonly Column s_minutes = new("minutes", ColumnType.Double, ColumnRole.Metric, Additivity.Full);
    private static readonly TableSchema s_schema = new([s_id, s_day, s_plays, s_minutes], ["id", "day"]);
    private static readonly TableSchema s_keyless = new([s_id, s_plays]);

    [Fact]
    public void Changed_metric_is_told_with_key_old_new_and_delta_and_an_equal_row_not_at_all()
    {
        var (lines, count, table) = Table(["a", 20_000, 5L, 1.5], ["b", 20_000, 7L, 2.0]).To(Table(["b", 20_000, 7L, 2.0], ["a", 20_000, 9L, 1.25]));

        Assert.Equal(new RestatedRows(0, 0, 1), count);
        Assert.Equal([ColumnType.Text, ColumnType.Date], table.Columns.Skip(3).Take(2).Select(c => c.Type));
        var id = Assert.Single(lines.Select(l => l.RowId).Distinct());
        Assert.Matches("^[0-9a-f]{32}$", id);
        Assert.Equal([$"old|changed|{id}|a|2024-10-04|plays|5|9|4", $"old|changed|{id}|a|2024-10-04|minutes|1.5|1.25|-0.25"], lines.Select(l => l.ToString()));
    }

    [Fact]
    public void Rows_that_came_and_went_are_told_cell_by_cell_without_nulls()
    {
        var (lines, count, _) = Table(["a", 0, 5L, null]).To(Table(["b", 1, null, 2.5]));

        Assert.Equal(new RestatedRows(1, 1, 0), count);
        Assert.Equal(
            ["removed|id|a|<null>", "removed|day|1970-01-01|<null>", "removed|plays|5|<null>", "added|id|<null>|b", "added|day|<null>|1970-01-02", "added|minutes|<null>|2.5"],
            lines.OrderByDescending(l => l.Change).Select(l => $"{l.Change}|{l.Column}|{l["old_value"] ?? "<null>"}|{l["new_value"] ?? "<null>"}"));
        Assert.All(lines, l => Assert.Null(l["delta"]));
        Assert.Equal(2, lines.Select(l => l.RowId).Distinct().Count());
    }

    [Fact]
    public void Null_that_becomes_a_number_has_no_delta()
    {
        var (lines, _, _) = Table(["a", 0, null, 1.0]).To(Table(["a", 0, 3L, double.PositiveInfinity]));
        Assert.Equal(["plays|<null>|3", "minutes|1|Infinity"], lines.Select(l => $"{l.Column}|{l["old_value"] ?? "<null>"}|{l["new_value"]}"));
        Assert.All(lines, l => Assert.Null(l["delta"]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Unknown")]
    [InlineData("Error")]
    public void Row_whose_key_is_not_resolved_comes_and_goes_whole(string? id)
    {
        var (lines, count, _) = Table([id, 0, 1L, null], [id, 0, 2L, null]).To(Table([id, 0, 1L, null], [id, 0, 3L, null]));
        Assert.Equal(new RestatedRows(1, 1, 0), count);
        Assert.Equal(["2", "3"], lines.Where(l => l.Column == "plays").Select(l => l["old_value"] ?? l["new_value"]).Order());
    }

    [Fact]
    public void Rows_without_a_key_are_a_multiset()
    {
        var (lines, count, _) = Keyless(["a", 1L], ["a", 1L], ["b", 2L]).To(Keyless(["a", 1L], ["b", 2L], ["b", 2L], ["b", 2L]));
        Assert.Equal(new RestatedRows(2, 1, 0), count);
        Assert.Equal(["added b", "added b", "removed a"], lines.Where(l => l.Column == "id").Select(l => $"{l.Change} {l["old_value"] ?? l["new_value"]}").Order());
    }

    [Fact]
    public void Rows_of_a_repeated_key_are_paired_by_occurrence_and_none_is_lost()
    {
        var (lines, count, _) = Table(["a", 0, 1L, 0.0], ["a", 0, 2L, 0.0], ["a", 0, 2L, 0.0]).To(Table(["a", 0, 1L, 0.0], ["a", 0, 7L, 0.0]));
        Assert.Equal(new RestatedRows(0, 1, 1), count);
        Assert.Equal("2|7|5", lines.Where(l => l.Change == "changed").Select(l => $"{l["old_value"]}|{l["new_value"]}|{l["delta"]}").Single());
        Assert.Equal("2", lines.Single(l => l.Change == "removed" && l.Column == "plays")["old_value"]);
    }

    [Fact]
    public void Column_that_is_new_or_gone_counts_only_where_it_has_values()
    {
        var old = new DiffTable(new TableSchema([s_id, s_plays, new Column("gone", ColumnType.Text)], ["id"]), [["a", 1L, "x"], ["b", 1L, null]]);
        var now = new DiffTable(new TableSchema([s_id, s_plays, new Column("fresh", ColumnType.Bool)], ["id"]), [["a", 1L, null], ["b", 1L, null], ["c", 1L, true]]);
        var (lines, count, _) = old.To(now);
        Assert.Equal(new RestatedRows(1, 0, 1), count);
        Assert.Equal(["a gone|x|<null>"], lines.Where(l => l.Change == "changed").Select(l => $"{l["id"]} {l.Column}|{l["old_value"]}|{l["new_value"] ?? "<null>"}"));
        Assert.Equal("true", lines.Single(l => l.Column == "fresh")["new_value"]);
    }

    [Fact]
    public void Column_that_became_wider_counts_only_where_its_number_is_another()
    {
        var old = new DiffTable(new TableSchema([s_id, new Column("n", ColumnType.Int32)], ["id"]), [["a", 5], ["b", 6]]);
        var now = new DiffTable(new TableSchema([s_id, new Column("n", ColumnType.Double)], ["id"]), [["a", 5.0], ["b", 6.5]]);
        var line = Assert.Single(old.To(now).Lines);
        Assert.Equal(("b", "6", "6.5", "0.5"), (line["id"], line["old_value"], line["new_value"], line["delta"]));
    }

    [Fact]
    public void Column_that_became_text_is_compared_as_text()
    {
        var old = new DiffTable(new TableSchema([s_id, new Column("n", ColumnType.Date)], ["id"]), [["a", 0], ["b", 1]]);
        var now = new DiffTable(new TableSchema([s_id, new Column("n", ColumnType.Text)], ["id"]), [["a", "1970-01-01"], ["b", "never"]]);
        var line = Assert.Single(old.To(now).Lines);
        Assert.Equal(("b", "1970-01-02", "never", null), (line["id"], line["old_value"], line["new_value"], line["delta"]));
    }

    [Fact]
    public void Row_of_nulls_is_a_row()
    {
        var (lines, count, _) = Keyless(new object?[] { null, null }).To(Keyless());
        Assert.Equal(new RestatedRows(0, 1, 0), count);
        Assert.Null(Assert.Single(lines).Column);
    }

    [Fact]
    public void Key_columns_with_the_names_of_ours_are_renamed()
    {
        var schema = new TableSchema([new Column("Change", ColumnType.Text), new Column("delta", ColumnType.Int64), new Column("key_delta", ColumnType.Text)], ["Change", "delta", "key_delta"]);
        var (lines, _, table) = new DiffTable(schema, []).To(new DiffTable(schema, [["x", 1L, "y"]]));
        Assert.Equal(["key_Change", "key_delta", "key_key_delta"], table.Columns.Skip(3).Take(3).Select(c => c.Name));
        Assert.Equal(["Change", "delta", "key_delta"], lines.Select(l => l.Column));
    }

    [Fact]
    public void Equal_pulls_have_no_difference()
    {
        var (lines, count, _) = Table(["a", 0, 1L, double.NaN], ["b", 1, null, -0.0]).To(Table(["b", 1, null, -0.0], ["a", 0, 1L, double.NaN]));
        Assert.Equal(0, count.Total);
        Assert.Empty(lines);
    }

    private static DiffTable Table(params object?[][] rows) => new(s_schema, rows);

    private static DiffTable Keyless(params object?[][] rows) => new(s_keyless, rows);
}
