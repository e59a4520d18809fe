using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Pipeline.Checks;
using Etl.Pipeline.Schemas;

namespace Etl.Pipeline.Tests.Checks;

public class SchemaCheckTests
{
    private static readonly Column s_id = new("id", ColumnType.Text), s_plays = new("plays", ColumnType.Int64), s_odd = new("odd", ColumnType.Text, Known: false);

    [Theory]
    [InlineData(SchemaPolicy.Evolve, Verdict.Pass, "'odd' is new and not in the catalogue; landed as text.")]
    [InlineData(SchemaPolicy.Hold, Verdict.Hold, "'odd' is new and not in the catalogue; the job says 'schema: hold'.")]
    public void New_column_follows_the_policy_with_and_without_a_history(SchemaPolicy policy, Verdict verdict, string words)
    {
        foreach (var before in new[] { SchemaBefore.Nothing, Landed("id Text, plays Int64") })
        {
            var result = Judge(Sent([s_id, s_plays, s_odd]), before, policy);
            Assert.Equal(verdict, result.Verdict);
            Assert.Contains(words, result.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void New_column_in_the_side_map_is_told()
    {
        var result = Judge(Sent([s_id, SystemColumns.Extra], new SchemaDrift { Extra = ["odd"] }), Landed("id Text, _extra Text"), SchemaPolicy.Ignore);
        Assert.Equal(new CheckResult("schema", Verdict.Pass, "'odd' is new and not in the catalogue; landed in '_extra'. 2 columns, 1 not in the catalogue."), result);
    }

    [Theory]
    [InlineData("id Text, plays Int64, odd Text")]
    [InlineData("id Text, plays Int64, odd Text absent")]
    [InlineData("id Text, plays Int64, odd Text extra")]
    public void Column_that_landed_once_is_known_and_never_held_again(string landed)
    {
        var result = Judge(Sent([s_id, s_plays, s_odd]), Landed(landed), SchemaPolicy.Hold);
        Assert.Equal(Verdict.Pass, result.Verdict);
        Assert.DoesNotContain("new", result.Detail, StringComparison.Ordinal);
        Assert.Equal(landed.EndsWith("absent", StringComparison.Ordinal), result.Detail.Contains("'odd' came back", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SchemaPolicy.Evolve, Verdict.Warn)]
    [InlineData(SchemaPolicy.Ignore, Verdict.Warn)]
    [InlineData(SchemaPolicy.Hold, Verdict.Hold)]
    public void Column_that_is_gone_warns_or_holds_whether_the_catalogue_knows_it_or_not(SchemaPolicy policy, Verdict verdict)
    {
        foreach (var result in new[]
        {
            Judge(Sent([s_id]), Landed("id Text, plays Int64"), policy),
            Judge(Sent([s_id], new SchemaDrift { Absent = [s_plays] }), SchemaBefore.Nothing, policy),
        })
        {
            Assert.Equal(verdict, result.Verdict);
            Assert.Contains("'plays' is gone", result.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Column_that_was_gone_before_warns_and_does_not_hold_again()
    {
        var result = Judge(Sent([s_id], new SchemaDrift { Absent = [s_plays] }), Landed("id Text, plays Int64 absent"), SchemaPolicy.Hold);
        Assert.Equal(new CheckResult("schema", Verdict.Warn, "'plays' is still not sent; landed as null. 1 column, all known."), result);
    }

    [Theory]
    [InlineData(SchemaPolicy.Evolve, Verdict.Warn, "Landed as null and as text")]
    [InlineData(SchemaPolicy.Hold, Verdict.Hold, "schema: hold")]
    public void Renamed_column_is_asked_about(SchemaPolicy policy, Verdict verdict, string words)
    {
        var result = Judge(Sent([s_id, s_odd]), Landed("id Text, plays Int64"), policy);
        Assert.Equal(verdict, result.Verdict);
        Assert.Contains("'plays' is gone and 'odd' is new: renamed?", result.Detail, StringComparison.Ordinal);
        Assert.Contains(words, result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SchemaPolicy.Evolve)]
    [InlineData(SchemaPolicy.Ignore)]
    [InlineData(SchemaPolicy.Hold)]
    public void Key_column_that_is_gone_is_always_held(SchemaPolicy policy)
    {
        foreach (var result in new[]
        {
            Judge(Sent([s_plays], new SchemaDrift { Absent = [s_id], AbsentKey = ["id"] }, key: []), Landed("id Text absent, plays Int64"), policy),
            Judge(Sent([s_plays], key: []), Landed("id Text key, plays Int64"), policy),
        })
        {
            Assert.Equal(Verdict.Hold, result.Verdict);
            Assert.Contains("The key column 'id' is gone, so rows cannot be told apart", result.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Field_that_no_object_has_says_nothing()
    {
        var result = Judge(Sent([s_id], new SchemaDrift { IsOpen = true }), Landed("id Text key, plays Int64"), SchemaPolicy.Hold);
        Assert.Equal(new CheckResult("schema", Verdict.Pass, "1 column, all known."), result);
    }

    [Fact]
    public void Answer_that_names_no_columns_is_not_judged() =>
        Assert.Equal(Verdict.Pass, Judge(Sent([s_plays], new SchemaDrift { IsGuess = true }, key: []), Landed("id Text key, odd Text"), SchemaPolicy.Hold).Verdict);

    [Fact]
    public void Answer_to_another_question_is_compared_with_the_catalogue_alone_but_types_stay()
    {
        var before = Landed("other Text key, plays Text") with { Landed = null };
        var result = Judge(Sent([s_id, s_plays]), before, SchemaPolicy.Hold);
        Assert.Equal(Verdict.Hold, result.Verdict);
        Assert.Contains("'plays' landed as Text and is Int64 now", result.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("'other'", result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ColumnType.Int64, "Double", Verdict.Pass)]
    [InlineData(ColumnType.Double, "Int64", Verdict.Pass)]
    [InlineData(ColumnType.Int64, "Text", Verdict.Hold)]
    [InlineData(ColumnType.Text, "Int64", Verdict.Hold)]
    [InlineData(ColumnType.Date, "Timestamp", Verdict.Hold)]
    [InlineData(ColumnType.Double, "Date", Verdict.Hold)]
    public void Types_may_only_widen_to_double(ColumnType now, string before, Verdict verdict)
    {
        foreach (var policy in Enum.GetValues<SchemaPolicy>())
            Assert.Equal(verdict, Judge(Sent([s_id, new Column("x", now)]), Landed($"id Text, x {before}"), policy).Verdict);
    }

    [Fact]
    public void Whole_numbers_that_no_double_holds_are_held()
    {
        var result = SchemaCheck.Judge(Sent([s_id, s_plays]), Landed("id Text, plays Double"), new Dictionary<string, long> { ["plays"] = 3 }, SchemaPolicy.Evolve);
        Assert.Equal(Verdict.Hold, result.Verdict);
        Assert.Contains("3 of its whole numbers", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_order_passes_and_is_told()
    {
        var result = Judge(Sent([s_plays, s_id]), Landed("id Text, plays Int64"), SchemaPolicy.Hold);
        Assert.Equal(Verdict.Pass, result.Verdict);
        Assert.Contains("another order", result.Detail, StringComparison.Ordinal);
    }

    private static CheckResult Judge(TableSchema sent, SchemaBefore before, SchemaPolicy policy) => SchemaCheck.Judge(sent, before, new Dictionary<string, long>(), policy);

    private static TableSchema Sent(IReadOnlyList<Column> columns, SchemaDrift? drift = null, IReadOnlyList<string>? key = null) =>
        new(columns, key ?? ["id"]) { Drift = drift ?? SchemaDrift.None };

    private static SchemaBefore Landed(string text)
    {
        List<SchemaColumn> columns =
        [
            .. text.Split(", ").Select(c => c.Split(' ')).Select(c => new SchemaColumn(c[0], Enum.Parse<ColumnType>(c[1]))
            {
                Key = c.Contains("key"), Absent = c.Contains("absent"), Extra = c.Contains("extra"),
            }),
        ];
        return new SchemaBefore { Landed = columns, Types = columns, Shape = columns };
    }
}
