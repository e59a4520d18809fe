using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Pipeline.Checks;
using Etl.Pipeline.Pulling;

namespace Etl.Pipeline.Tests.Checks;

public class PullChecksTests
{
    private static readonly TableSchema s_schema = new(
        [
            new Column("id", ColumnType.Text),
            new Column("plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full),
            new Column("viewers", ColumnType.Int64, ColumnRole.Metric, Additivity.Unique),
            new Column("ratio", ColumnType.Double, ColumnRole.Metric, Additivity.Ratio),
        ],
        ["id"]);

    [Fact]
    public void Totals_equal_to_the_sums_pass() =>
        Assert.Equal(Verdict.Pass, Judge(Facts(), new CheckSpec { Tolerance = 0 }, "totals").Verdict);

    [Fact]
    public void Totals_off_by_one_hold_when_nothing_is_tolerated()
    {
        var result = Judge(Facts() with { Totals = Totals(plays: 101) }, new CheckSpec { Tolerance = 0 }, "totals");
        Assert.Equal(Verdict.Hold, result.Verdict);
        Assert.Contains("plays: rows 100, total 101", result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100.1, Verdict.Pass)]
    [InlineData(100.2, Verdict.Hold)]
    public void N36_Totals_within_the_tolerance_pass_and_beyond_it_hold(double total, Verdict expected) =>
        Assert.Equal(expected, Judge(Facts() with { Totals = Totals(plays: total) }, new CheckSpec { Tolerance = 0.001 }, "totals").Verdict);

    [Fact]
    public void Totals_policy_warn_does_not_hold() =>
        Assert.Equal(Verdict.Warn, Judge(Facts() with { Totals = Totals(plays: 7) }, new CheckSpec { Totals = CheckPolicy.Warn }, "totals").Verdict);

    [Fact]
    public void Totals_that_are_empty_while_rows_have_plays_hold() =>
        Assert.Equal(Verdict.Hold, Judge(Facts() with { Totals = new Dictionary<string, double>() }, new CheckSpec(), "totals").Verdict);

    [Fact]
    public void Totals_of_a_report_without_totals_are_skipped_and_say_so() =>
        Assert.Equal(new CheckResult("totals", Verdict.Skipped, "the report has no totals"), Judge(Facts() with { Totals = null }, new CheckSpec(), "totals"));

    [Fact]
    public void Totals_that_are_not_a_number_hold() =>
        Assert.Equal(Verdict.Hold, Judge(Facts() with { Totals = Totals(plays: double.NaN) }, new CheckSpec(), "totals").Verdict);

    [Theory]
    [InlineData("0.1%", 0, 1000, Verdict.Pass)]
    [InlineData("0.1%", 1, 1001, Verdict.Warn)]
    [InlineData("0.1%", 1, 1000, Verdict.Warn)]
    [InlineData("0.1%", 1, 999, Verdict.Hold)]
    [InlineData("0.1%", 2, 1000, Verdict.Hold)]
    [InlineData("10%", 3, 30, Verdict.Warn)]
    [InlineData("10%", 4, 30, Verdict.Hold)]
    [InlineData("100 rows", 99, 100_000, Verdict.Warn)]
    [InlineData("100 rows", 100, 100_000, Verdict.Warn)]
    [InlineData("100 rows", 101, 100_000, Verdict.Hold)]
    [InlineData("0%", 1, 1_000_000, Verdict.Hold)]
    [InlineData("0 rows", 1, 1_000_000, Verdict.Hold)]
    [InlineData("100%", 5, 5, Verdict.Warn)]
    [InlineData("off", 5, 10, Verdict.Skipped)]
    public void Quarantine_warns_up_to_its_limit_and_holds_beyond_it(string limit, long refused, long received, Verdict expected)
    {
        var spec = new CheckSpec { Quarantine = Etl.Pipeline.Jobs.Measures.Limit(limit) };
        var result = Judge(Facts() with { Rows = received - refused, Quarantined = refused }, spec, "quarantine");
        Assert.Equal(expected, result.Verdict);
        if (refused > 0) Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{refused} of {received} rows"), result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Quarantine_allows_one_row_in_a_thousand_when_the_job_says_nothing() =>
        Assert.Equal(QuarantineLimit.OfShare(0.001), new CheckSpec().Quarantine);

    [Theory]
    [InlineData(CheckPolicy.Hold, Verdict.Hold)]
    [InlineData(CheckPolicy.Off, Verdict.Warn)]
    public void Pull_of_which_no_row_could_be_typed_is_not_known_empty(CheckPolicy empty, Verdict expected)
    {
        var result = Judge(Facts() with { Rows = 0, Quarantined = 3, PublishedRows = null }, new CheckSpec { Empty = empty, Quarantine = null }, "empty");
        Assert.Equal((expected, "There is nothing to land: all 3 rows that came are in quarantine."), (result.Verdict, result.Detail));
    }

    [Fact]
    public void Totals_that_hold_say_what_the_sums_lack() =>
        Assert.EndsWith(". The sums lack 2 rows in quarantine.", Judge(Facts() with { Totals = Totals(plays: 7), Quarantined = 2 }, new CheckSpec(), "totals").Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData(60, 0.5, Verdict.Pass)]
    [InlineData(40, 0.5, Verdict.Warn)]
    [InlineData(200, 0.5, Verdict.Warn)]
    [InlineData(60, 3, Verdict.Warn)]
    public void Bounds_of_unique_and_ratio_columns_warn_and_never_hold(double viewers, double ratio, Verdict expected) =>
        Assert.Equal(expected, Judge(Facts() with { Totals = Totals(100, viewers, ratio) }, new CheckSpec(), "bounds").Verdict);

    [Fact]
    public void Keys_that_repeat_hold_and_name_one()
    {
        var result = Judge(Facts() with { DuplicateKeys = 2, DuplicateExample = "'1_a'" }, new CheckSpec(), "keys");
        Assert.Equal(new CheckResult("keys", Verdict.Hold, "2 rows repeat a key, such as '1_a'."), result);
    }

    [Theory]
    [InlineData(null, CheckPolicy.Hold, Verdict.Pass)]
    [InlineData(0L, CheckPolicy.Hold, Verdict.Pass)]
    [InlineData(5L, CheckPolicy.Hold, Verdict.Hold)]
    [InlineData(5L, CheckPolicy.Off, Verdict.Warn)]
    public void N55_Empty_over_rows_holds_unless_accepted(long? published, CheckPolicy policy, Verdict expected) =>
        Assert.Equal(expected, Judge(Facts() with { Rows = 0, PublishedRows = published }, new CheckSpec { Empty = policy }, "empty").Verdict);

    [Theory]
    [InlineData(50, 100, 0.5, Verdict.Pass)]
    [InlineData(49, 100, 0.5, Verdict.Hold)]
    [InlineData(1, 100, null, Verdict.Skipped)]
    [InlineData(300, 100, 0.5, Verdict.Pass)]
    public void N55_Shrink_beyond_the_share_holds(long rows, long published, double? share, Verdict expected) =>
        Assert.Equal(expected, Judge(Facts() with { Rows = rows, PublishedRows = published }, new CheckSpec { ShrinkShare = share }, "shrink").Verdict);

    private static CheckResult Judge(PullFacts facts, CheckSpec spec, string name) =>
        PullChecks.Run(facts, spec, SchemaPolicy.Evolve).Single(r => r.Name == name);

    private static PullFacts Facts() => new()
    {
        Schema = s_schema,
        Rows = 3,
        HasKey = true,
        Sums = new Dictionary<string, ColumnSum>
        {
            ["plays"] = new(100, 100, 10, 60, 3),
            ["viewers"] = new(90, 90, 10, 50, 3),
            ["ratio"] = new(1.2, 1.2, 0.1, 0.9, 3),
        },
        Totals = Totals(),
        Proof = new PullProof(),
    };

    private static Dictionary<string, double> Totals(double plays = 100, double viewers = 60, double ratio = 0.4) =>
        new() { ["plays"] = plays, ["viewers"] = viewers, ["ratio"] = ratio };
}
