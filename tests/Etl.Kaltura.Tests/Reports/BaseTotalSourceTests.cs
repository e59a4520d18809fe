using Etl.Core.Columns;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

public class BaseTotalSourceTests
{
    private static readonly Etl.Core.Jobs.SourceSpec s_spec = Rig.Spec("17", "base-total");

    [Fact]
    public async Task Base_totals_are_rows_of_id_and_value()
    {
        await using var rig = new Rig().GraphAnswers(
            """[{"id":"total_storage_mb","data":1204.25,"objectType":"KalturaReportBaseTotal"},{"id":"total_entries","data":0,"objectType":"KalturaReportBaseTotal"},{"id":"total_msecs","data":1.0e+15}]""");

        var outcome = await rig.PullAsync(s_spec);

        Assert.Equal([["total_storage_mb", "1204.25"], ["total_entries", "0"], ["total_msecs", "1000000000000000"]], rig.Sink.Rows);
        Assert.Equal([("id", ColumnType.Text), ("value", ColumnType.Double)], outcome.Schema.Columns.Select(c => (c.Name, c.Type)));
        Assert.Equal(["id"], outcome.Schema.Key);
        Assert.Null(outcome.Totals);
        Assert.Equal("getBaseTotal", Assert.Single(rig.Server.Calls).Action);
        Assert.Equal("base-total", outcome.Proof.Chains.Single().Stop);
    }

    [Fact]
    public async Task Row_whose_value_is_no_number_is_refused()
    {
        await using var rig = new Rig().GraphAnswers("""[{"id":"a","data":"many"},{"id":"b","data":null},{"id":"c","data":"7"}]""");

        await rig.PullAsync(s_spec);

        Assert.Equal([null, null, "7"], rig.Sink.Column("value"));
        Assert.Equal("many", Assert.Single(rig.Sink.Notes).Raw);
        Assert.Equal((0, 1L, """{"id":"a","value":"many"}"""), (rig.Sink.Refused[0].Index, rig.Sink.Refused[0].Number, rig.Sink.Refused[0].Raw));
    }

    [Theory]
    [InlineData("[]", "no-data")]
    [InlineData("""[{"id":"a","data":1},{"id":"a","data":2}]""", "duplicate-key")]
    [InlineData("""[{"data":1}]""", "not-json")]
    [InlineData("""{"a":1}""", "not-json")]
    [InlineData("""[{"id":"a","data":[1]}]""", "not-json")]
    public async Task Base_totals_that_say_nothing_sure_fail_the_window(string body, string code)
    {
        await using var rig = new Rig().GraphAnswers(body, body, body);

        Assert.Equal(code, (await rig.FailAsync(s_spec)).Code);
    }

    [Fact]
    public async Task Error_of_the_service_is_that_error()
    {
        await using var rig = new Rig().GraphAnswers(Error("SERVICE_FORBIDDEN"));

        Assert.Equal("SERVICE_FORBIDDEN", (await rig.FailAsync(s_spec)).Code);
    }
}
