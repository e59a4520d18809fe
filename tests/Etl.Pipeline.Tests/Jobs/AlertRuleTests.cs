using Etl.Core.Alerts;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

/// <summary>The list <c>alerts:</c> of a job: what is read, and every fault at its place.</summary>
public sealed class AlertRuleTests
{
    private static readonly TestCatalog s_catalog = new(
        [
            new ReportType
            {
                Id = "38", Name = "TOP_CONTENT_CREATOR", Dimensions = ["object_id", "date_id"], Metrics = ["count_plays", "unique_viewers", "avg_view_drop_off", "storage"],
                Totals = ["count_plays", "unique_viewers"], SupportsTable = true, SupportsTotal = true, ColumnsComplete = true,
            },
        ],
        [],
        [
            Fact("object_id", "string", Additivity.None), Fact("date_id", "date", Additivity.None), Fact("count_plays", "int64", Additivity.Full),
            Fact("unique_viewers", "int64", Additivity.Unique), Fact("avg_view_drop_off", "double", Additivity.Ratio), Fact("storage", "double", Additivity.Level),
        ]);

    [Fact]
    public void Rule_is_read_with_all_its_parts()
    {
        var rule = Rule("name: low, when: avg(avg_view_drop_off) < 0.4, where: count_plays >= 10, for: 2, clear: { at: 0.45, for: 3 }, notify: [ops, log]");
        Assert.Equal(("low", "main", AlertMeasure.Avg, "avg_view_drop_off"), (rule.Name, rule.Source, rule.Measure, rule.Column));
        Assert.Equal((Comparison.Less, 0.4, 0.45, 2, 3), (rule.Is, rule.Threshold, rule.ClearAt, rule.Windows, rule.ClearWindows));
        Assert.Equal(new RowCondition("count_plays", Comparison.GreaterOrEqual, 10, null), rule.Where);
        Assert.Equal(["ops", "log"], rule.Notify);
        Assert.Equal("avg(avg_view_drop_off) < 0.4", rule.When);
    }

    [Fact]
    public void Rule_that_says_little_fires_at_once_and_tells_the_log()
    {
        var rule = Rule("name: held, when: held");
        Assert.Equal((AlertMeasure.Held, Comparison.GreaterOrEqual, 1d, 1d), (rule.Measure, rule.Is, rule.Threshold, rule.ClearAt));
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, false, (string?)null), (rule.Time, rule.ClearTime, rule.IsOfWindow, rule.Source));
        Assert.Equal([AlertChannels.Log], rule.Notify);
    }

    [Theory]
    [InlineData("sum(count_plays) > 0", AlertMeasure.Sum, "count_plays", Comparison.Greater, 0d)]
    [InlineData("min( unique_viewers )>=-12.5", AlertMeasure.Min, "unique_viewers", Comparison.GreaterOrEqual, -12.5)]
    [InlineData("count(object_id) != 7", AlertMeasure.Count, "object_id", Comparison.NotEqual, 7d)]
    [InlineData("rows <= .5", AlertMeasure.Rows, null, Comparison.LessOrEqual, .5)]
    [InlineData("quarantined", AlertMeasure.Quarantined, null, Comparison.GreaterOrEqual, 1d)]
    [InlineData("restated > 100", AlertMeasure.Restated, null, Comparison.Greater, 100d)]
    [InlineData("late > 6h", AlertMeasure.Late, null, Comparison.Greater, 21600d)]
    [InlineData("attempts = 3", AlertMeasure.Attempts, null, Comparison.Equal, 3d)]
    [InlineData("parked", AlertMeasure.Parked, null, Comparison.GreaterOrEqual, 1d)]
    public void Forms_of_when_are_read(string when, AlertMeasure measure, string? column, Comparison sign, double threshold)
    {
        var rule = Rule($"name: a, when: {when}");
        Assert.Equal((measure, column, sign, threshold), (rule.Measure, rule.Column, rule.Is, rule.Threshold));
    }

    [Theory]
    [InlineData("any(count_plays >= 3)", "count_plays", 3d, null)]
    [InlineData("any(object_id = Unknown)", "object_id", null, "Unknown")]
    [InlineData("any(object_id != 'no > (name)')", "object_id", null, "no > (name)")]
    public void Condition_of_any_compares_with_a_number_or_a_text(string when, string column, double? number, string? text)
    {
        var rule = Rule($"name: a, when: \"{when}\"");
        Assert.Equal((column, number, text), (rule.Where!.Column, rule.Where.Number, rule.Where.Text));
        Assert.Equal((Comparison.GreaterOrEqual, 1d), (rule.Is, rule.Threshold));
    }

    [Fact]
    public void Value_of_the_only_row_is_named_by_its_column() =>
        Assert.Equal(AlertMeasure.Value, Assert.Single(Read("name: a, when: unique_viewers < 10", "total").Jobs).Alerts[0].Measure);

    [Theory]
    [InlineData("when: held", "6:5: An alert needs 'name'. Write 'name: late', for example.")]
    [InlineData("name: a", "6:5: An alert needs 'when'. Write 'when: late > 6h' or 'when: avg(avg_view_drop_off) < 0.4', for example.")]
    [InlineData("name: a, when: held, form: x", "6:28: 'form' is not a key of an alert. Did you mean 'from'?")]
    [InlineData("name: a, when: hold", "6:22: 'hold' is not a rule. 'hold' is compared with nothing. Write 'hold < 10', for example. Did you mean 'held'?")]
    [InlineData("name: a, when: media(x) < 1", "6:22: 'media(x) < 1' is not a rule. 'media' is not a measure. Expected 'sum', 'min', 'max', 'avg', 'count' or 'any'.")]
    [InlineData("name: a, when: max(count_play) > 1", "6:22: 'count_play' is not a column of report 38 (TOP_CONTENT_CREATOR). Did you mean 'count_plays'?")]
    [InlineData("name: a, when: any(count_play > 1)", "6:22: 'count_play' is not a column of report 38 (TOP_CONTENT_CREATOR). Did you mean 'count_plays'?")]
    [InlineData("name: a, when: rows < 1, where: count_play > 1", "6:39: 'rows < 1' looks at no rows, so there are none to choose. Leave 'where' out.")]
    [InlineData("name: a, when: any(count_plays > 1), where: count_plays > 1", "6:51: 'any' has its condition already. Leave 'where' out.")]
    [InlineData("name: a, when: max(count_plays) > 1, where: count_play > 1", "6:51: 'count_play' is not a column of report 38 (TOP_CONTENT_CREATOR). Did you mean 'count_plays'?")]
    [InlineData("name: a, when: max(count_plays) > 1, where: count_plays", "6:51: 'count_plays' is not a condition. It ends where a comparison is expected.")]
    [InlineData("name: a, when: sum(unique_viewers) > 1", "6:22: Column 'unique_viewers' must not be summed over rows: it counts distinct things, and one thing may stand in several rows. Use min, max or avg.")]
    [InlineData("name: a, when: sum(avg_view_drop_off) > 1", "6:22: Column 'avg_view_drop_off' must not be summed over rows: it is a ratio or an average. Use min, max or avg.")]
    [InlineData("name: a, when: sum(storage) > 1", "6:22: Column 'storage' must not be summed over rows: it is a level at a point in time. Use min, max or avg.")]
    [InlineData("name: a, when: max(object_id) > 1", "6:22: Column 'object_id' holds text, which has no max. 'count(object_id)' counts the rows that have one.")]
    [InlineData("name: a, when: max(date_id) > 1", "6:22: Column 'date_id' holds dates, which have no max. 'count(date_id)' counts the rows that have one.")]
    [InlineData("name: a, when: any(date_id > 1)", "6:22: Column 'date_id' holds dates, which are not compared here: the window says when.")]
    [InlineData("name: a, when: any(object_id > 1)", "6:22: Column 'object_id' holds text. Put quotes around the value: object_id > '1'.")]
    [InlineData("name: a, when: any(count_plays = many)", "6:22: Column 'count_plays' holds numbers, and 'many' is none.")]
    [InlineData("name: a, when: any(object_id < many)", "6:22: 'any(object_id < many)' is not a rule. 'many' is a text, which can only be equal: write '=' or '!='.")]
    [InlineData("name: a, when: unique_viewers < 10", "6:22: 'unique_viewers' names a value of the only row of a window, and 'table' has many rows. Say which is meant: min(unique_viewers), max(unique_viewers), avg(unique_viewers) or any(unique_viewers ...).")]
    [InlineData("name: a, when: late > 6", "6:22: 'late > 6' is not a rule. '6' is not a duration. Expected a whole number and a unit, at most 366 days: 30s, 90m, 2h or 1d.")]
    [InlineData("name: a, when: late", "6:22: 'late' is not a rule. 'late' is compared with nothing. Write 'late > 6h', for example.")]
    [InlineData("name: a, when: max(count_plays) > 40%", "6:22: 'max(count_plays) > 40%' is not a rule. '40%' is not a number. Write it as in the rows, without a unit: 0.4 or -12.")]
    [InlineData("name: a, when: max(count_plays) >> 1", "6:22: 'max(count_plays) >> 1' is not a rule. '>' is not a number. Write it as in the rows, without a unit: 0.4 or -12.")]
    [InlineData("name: a, when: max(count_plays) ! 1", "6:22: 'max(count_plays) ! 1' is not a rule. '!' is not a comparison. Expected '<', '<=', '>', '>=', '=' or '!='.")]
    [InlineData("name: a, when: max(count_plays > 1", "6:22: 'max(count_plays > 1' is not a rule. '>' stands where ')' is expected.")]
    [InlineData("name: a, when: held > 1 2", "6:22: 'held > 1 2' is not a rule. '2' is one word too many.")]
    [InlineData("name: a, when: \"any(object_id = 'x)\"", "6:22: 'any(object_id = 'x)' is not a rule. The quote in 'x) is not closed.")]
    [InlineData("name: a, when: rows < 1, for: 10m", "6:37: '10m' is not a value of 'for'. Expected a number of landed windows in a row from 1 to 60.")]
    [InlineData("name: a, when: held, for: 2", "6:33: '2' is not a value of 'for'. This rule is looked at as time passes. Expected a whole number and a unit, at most 366 days: 30s, 90m, 2h or 1d.")]
    [InlineData("name: a, when: rows < 1, clear: { at: 0 }", "6:45: '0' lies on the side on which 'rows < 1' fires, so it would never come to rest. Give a value above that one.")]
    [InlineData("name: a, when: rows > 1, clear: { at: 2 }", "6:45: '2' lies on the side on which 'rows > 1' fires, so it would never come to rest. Give a value below that one.")]
    [InlineData("name: a, when: rows = 1, clear: { at: 2 }", "6:45: 'rows = 1' asks for equality, which has no other value to clear at. Leave 'at' out.")]
    [InlineData("name: a, when: held, from: plays", "6:34: There is no source 'plays': a job with one 'source' needs no 'from'.")]
    [InlineData("name: a, when: held, notify: [Ops]", "6:37: 'Ops' is not the name of a channel. Expected a name from the settings: lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("name: a, when: held }\n  - { name: a, when: parked", "7:13: Two alerts of this job are called 'a'.")]
    public void Fault_of_a_rule_is_named_at_its_place(string rule, string fault) =>
        Assert.Equal([fault], Read(rule).Faults.Select(f => f.ToString()["jobs/a.yaml:".Length..]));

    [Fact]
    public void Rule_on_landed_rows_of_one_of_several_sources_says_which()
    {
        const string Job = """
            job: small
            sources: { plays: { report: 38, action: table }, sums: { report: 38, action: total } }
            land:
              - { from: plays, parquet: { dataset: small } }
              - { from: sums, table: { name: sums, key: [_window], mode: merge } }
            alerts:
              - { name: a, when: rows < 1 }
              - { name: b, when: max(count_plays) < 1, from: play }
              - { name: c, when: count_plays < 1, from: sums }
              - { name: d, when: max(count_plays) < 1, from: plays }
              - { name: e, when: late > 1d, from: sums }
              - { name: f, when: late > 1d }
            """;
        Assert.Equal(
            [
                "7:5: An alert on what landed of a job with several sources needs 'from'. Expected 'plays' or 'sums'.",
                "8:50: There is no source 'play'. Expected 'plays' or 'sums'. Did you mean 'plays'?",
                "9:22: 'count_plays < 1' reads the rows of landed windows, and source 'sums' lands only where windows are not kept apart. Land it as parquet, or in a table of mode replace-window or append, too.",
            ],
            JobFileReader.Parse(Job, "jobs/a.yaml", s_catalog, null).Faults.Select(f => f.ToString()["jobs/a.yaml:".Length..]));
    }

    [Fact]
    public void Rules_that_fire_alike_have_one_hash_and_others_another()
    {
        var hash = Rule("name: a, when: rows < 1").Hash;
        Assert.Equal(hash, Rule("name: b, when: rows  <  1, notify: [ops]").Hash);
        Assert.NotEqual(hash, Rule("name: a, when: rows < 2").Hash);
        Assert.NotEqual(hash, Rule("name: a, when: rows < 1, for: 2").Hash);
        Assert.NotEqual(hash, Rule("name: a, when: rows < 1, clear: { at: 5 }").Hash);
        Assert.NotEqual(Rule("name: a, when: max(count_plays) < 1").Hash, Rule("name: a, when: max(count_plays) < 1, where: count_plays > 0").Hash);
    }

    private static ColumnFact Fact(string name, string type, Additivity additivity) =>
        new(name, type, type == "date" ? "string" : type, null, "", additivity != Additivity.None, additivity, RelativeToQuery: false);

    private static AlertRule Rule(string rule)
    {
        var set = Read(rule);
        Assert.Empty(set.Faults.Select(f => f.ToString()));
        return Assert.Single(Assert.Single(set.Jobs).Alerts);
    }

    private static JobSet Read(string rule, string action = "table") => JobFileReader.Parse(
        $$"""
        job: small
        source: { report: 38, action: {{action}} }
        land:
          - parquet: { dataset: small }
        alerts:
          - { {{rule}} }
        """,
        "jobs/a.yaml", s_catalog, null);
}
