using Etl.Core.Columns;
using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Pipeline.Schemas;

namespace Etl.Pipeline.Tests.Schemas;

public class SchemaHistoryTests
{
    [Fact]
    public void Each_change_is_one_step_and_equal_pulls_are_none()
    {
        var steps = SchemaHistory.Of(
        [
            Pull("a", "id Text, plays Int64"), Pull("b", "id Text, plays Int64"), Pull("c", "id Text, plays Int64, new Text"),
            Pull("d", "id Text, plays Double, new Text"), Pull("e", "plays Double, id Text, new Text"), Pull("f", "plays Double, id Text"),
            Pull("g", "id Text, renamed Text"),
        ]);
        Assert.Equal(["a", "c", "d", "e", "f", "g"], steps.Select(s => s.Pull.Pull));
        Assert.Equal([null, "+new", "plays: Int64 to Double", "reordered", "-new", "+renamed, -plays"], steps.Select(s => s.Change?.ToString()));
        Assert.Equal(["id", "plays"], steps[0].Columns.Select(c => c.Name));
    }

    [Fact]
    public void Sources_and_accounts_have_histories_of_their_own()
    {
        var steps = SchemaHistory.Of(
        [
            Pull("a", "id Text"), Pull("b", "name Text", source: "people"), Pull("c", "id Text", account: "200"), Pull("d", "id Text"), Pull("e", "name Text, x Text", source: "people"),
        ]);
        Assert.Equal(["a", "b", "c", "e"], steps.Select(s => s.Pull.Pull));
        Assert.Equal("+x", steps[^1].Change!.ToString());
    }

    [Fact]
    public void Column_that_moves_from_the_side_map_to_a_column_is_no_new_one()
    {
        var before = RecordedSchema.Read("""[{"name":"id","type":"Text"},{"name":"_extra","type":"Text"},{"name":"x","type":"Text","extra":true}]""");
        var now = RecordedSchema.Read("""[{"name":"x","type":"Text","unknown":true},{"name":"id","type":"Text"}]""");
        Assert.Equal("-_extra, x: _extra to Text", SchemaChange.Between(before, now).ToString());
    }

    [Fact]
    public void Column_that_is_absent_is_not_there_and_comes_back_as_new()
    {
        var with = Columns("id Text, x Text");
        var without = RecordedSchema.Read("""[{"name":"id","type":"Text"},{"name":"x","type":"Text","absent":true}]""");
        Assert.Equal("-x", SchemaChange.Between(with, without).ToString());
        Assert.Equal("+x", SchemaChange.Between(without, with).ToString());
        Assert.True(SchemaChange.Between(without, Columns("id Text")).IsNone);
    }

    [Fact]
    public void Record_tells_landed_types_keys_and_what_earlier_pulls_had()
    {
        var sent = new TableSchema(
            [new Column("id", ColumnType.Text), new Column("plays", ColumnType.Int64), new Column("odd", ColumnType.Text, Known: false)], ["id"])
        {
            Drift = new SchemaDrift { Extra = ["beside"] },
        };
        var landed = new TableSchema([sent.Columns[0], sent.Columns[1] with { Type = ColumnType.Double }, sent.Columns[2]], ["id"]);
        var json = RecordedSchema.Write(sent, landed, Columns("id Text, old Date"));
        Assert.Equal(
            """[{"name":"id","type":"Text","key":true},{"name":"plays","type":"Double"},{"name":"odd","type":"Text","unknown":true},{"name":"beside","type":"Text","unknown":true,"extra":true},{"name":"old","type":"Date","absent":true}]""",
            json);
        var read = RecordedSchema.Read(json);
        Assert.Equal([true, true, false, false, true], read.Select(c => c.Known));
        Assert.Equal(json, RecordedSchema.Write(sent, landed, read));
    }

    [Fact]
    public void Column_of_objects_that_did_not_come_is_not_absent_and_a_guess_changes_nothing()
    {
        var objects = new TableSchema([new Column("id", ColumnType.Text)], ["id"]) { Drift = new SchemaDrift { IsOpen = true } };
        Assert.DoesNotContain("absent", RecordedSchema.Write(objects, objects, Columns("id Text, x Text")), StringComparison.Ordinal);
        var guess = new TableSchema([new Column("other", ColumnType.Text)]) { Drift = new SchemaDrift { IsGuess = true } };
        var before = """[{"name":"id","type":"Text","key":true},{"name":"x","type":"Text","absent":true}]""";
        Assert.Equal(before, RecordedSchema.Write(guess, guess, RecordedSchema.Read(before)));
        Assert.Equal("""[{"name":"other","type":"Text"}]""", RecordedSchema.Write(guess, guess, []));
    }

    internal static IReadOnlyList<SchemaColumn> Columns(string text) => RecordedSchema.Read(Json(text));

    private static PullSchema Pull(string id, string columns, string source = "main", string account = "100") =>
        new(new WindowKey("job", source, account, "2026-11-19"), id, default, "d", Json(columns));

    private static string Json(string columns) =>
        $"[{string.Join(',', columns.Split(", ").Select(c => c.Split(' ')).Select(c => $$"""{"name":"{{c[0]}}","type":"{{c[1]}}"}"""))}]";
}
