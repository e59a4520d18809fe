using Etl.Core.Columns;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

public class TotalSourceTests
{
    private static readonly Etl.Core.Jobs.SourceSpec s_spec = Rig.Spec(action: "total");

    [Fact]
    public async Task Totals_are_one_row_by_header()
    {
        await using var rig = new Rig().TotalAnswers(Total("unique_viewers|count_plays|sum_time_viewed|brand_new", "618|1.0E+15|3310.0666666667|x"));

        var outcome = await rig.PullAsync(s_spec);

        Assert.Equal(["618", "1000000000000000", "3310.0666666667", "x"], Assert.Single(rig.Sink.Rows));
        Assert.Equal([ColumnType.Int64, ColumnType.Int64, ColumnType.Double, ColumnType.Text], outcome.Schema.Columns.Select(c => c.Type));
        Assert.Empty(outcome.Schema.Key);
        Assert.Equal(618, outcome.Totals!["unique_viewers"]);
        Assert.Equal("total", outcome.Proof.Chains.Single().Stop);
        Assert.Contains("Column 'count_loads' was expected and not sent.", outcome.Proof.Notes);
    }

    [Fact]
    public async Task Empty_cells_are_known_empty()
    {
        await using var rig = new Rig().TotalAnswers(Total("count_plays|sum_time_viewed|unique_viewers", "||"));

        var outcome = await rig.PullAsync(s_spec);

        Assert.True(outcome.Proof.KnownEmpty);
        Assert.Equal(0, outcome.Rows);
        Assert.Equal(1, rig.Sink.Starts);
    }

    [Fact]
    public async Task Zeros_are_a_row()
    {
        await using var rig = new Rig().TotalAnswers(Total("count_plays|sum_time_viewed", "0|0"));

        Assert.Equal(1, (await rig.PullAsync(s_spec)).Rows);
    }

    [Fact]
    public async Task Row_with_a_cell_that_cannot_be_typed_is_refused()
    {
        await using var rig = new Rig().TotalAnswers(Total("count_plays|sum_time_viewed", "many|1"));

        await rig.PullAsync(s_spec);

        Assert.Equal([null, "1"], Assert.Single(rig.Sink.Rows));
        Assert.Equal("many", Assert.Single(rig.Sink.Notes).Raw);
        Assert.Equal("""{"count_plays":"many","sum_time_viewed":"1"}""", Assert.Single(rig.Sink.Refused).Raw);
    }

    [Theory]
    [InlineData("""{"objectType":"KalturaReportTotal"}""")]
    [InlineData("""{"header":"count_plays","data":null,"objectType":"KalturaReportTotal"}""")]
    public async Task Totals_without_header_or_data_are_a_transient_failure(string body)
    {
        await using var rig = new Rig().TotalAnswers(body);

        var failure = await rig.FailAsync(s_spec);

        Assert.Equal(("no-data", true), (failure.Code, failure.IsTransient));
    }

    [Fact]
    public async Task Error_of_the_service_is_that_error()
    {
        await using var rig = new Rig().TotalAnswers(Error("SERVICE_FORBIDDEN", "The access to service [report->getTotal] is forbidden"));

        Assert.Equal("SERVICE_FORBIDDEN", (await rig.FailAsync(s_spec)).Code);
    }
}
