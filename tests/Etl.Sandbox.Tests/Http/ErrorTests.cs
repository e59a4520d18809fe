namespace Etl.Sandbox.Tests.Http;

/// <summary>Wire facts 1.2 and 1.5.</summary>
[Collection(SharedSandbox.Name)]
public class ErrorTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    [Theory]
    [InlineData("nowhere", "x", """{"code":"SERVICE_DOES_NOT_EXISTS","message":"Service \"nowhere\" does not exists","objectType":"KalturaAPIException","args":{"SRV_NAME":"nowhere"}}""")]
    [InlineData("report", "x", """{"code":"ACTION_DOES_NOT_EXISTS","message":"Action \"x\" does not exists for service \"report\"","objectType":"KalturaAPIException","args":{"ACTION_NAME":"x","SERVICE_NAME":"report"}}""")]
    [InlineData("session", "get", """{"code":"MISSING_KS","message":"Missing KS, session not established","objectType":"KalturaAPIException","args":[]}""")]
    [InlineData("session", "start", """{"code":"MISSING_MANDATORY_PARAMETER","message":"Missing parameter \"secret\"","objectType":"KalturaAPIException","args":{"PARAM_NAME":"secret"}}""")]
    public async Task Wrong_call_is_an_error_object_with_status_200(string service, string action, string expected) =>
        Assert.Equal(expected, await _api.PostAsync(service, action));

    [Theory]
    [InlineData("99999")]
    [InlineData("038")]
    [InlineData("TOP_CONTENT")]
    [InlineData("8")]
    [InlineData("200")]
    [InlineData("3007")]
    public async Task Unknown_report_type_is_an_invalid_enum_value(string type) =>
        Assert.Equal(
            $$$"""{"code":"INVALID_ENUM_VALUE","message":"Invalid enumeration value \"{{{type}}}\" for parameter \"reportType\", expecting enumeration type \"KalturaReportType\"","objectType":"KalturaAPIException","args":{"ENUM_VAL":"{{{type}}}","PARAM_NAME":"reportType","ENUM_TYPE":"KalturaReportType"}}""",
            await _api.ReportAsync("getTable", 1, ("reportType", type)));

    [Fact]
    public async Task Wrong_interval_is_an_invalid_enum_value() =>
        Assert.Equal(
            """{"code":"INVALID_ENUM_VALUE","message":"Invalid enumeration value \"tenSeconds\" for parameter \"interval\", expecting enumeration type \"KalturaReportInterval\"","objectType":"KalturaAPIException","args":{"ENUM_VAL":"tenSeconds","PARAM_NAME":"interval","ENUM_TYPE":"KalturaReportInterval"}}""",
            await _api.ReportAsync("getTable", 34, ("reportInputFilter[interval]", "tenSeconds")));

    [Theory]
    [InlineData("pager[pageSize]", "pager[pageIndex]", "pager")]
    [InlineData("reportType", null, "reportType")]
    public async Task Missing_parameter_is_named(string removed, string? removedToo, string named)
    {
        var answer = await _api.ReportAsync("getTable", 1, (removed, null), (removedToo ?? removed, null));

        Assert.Equal("MISSING_MANDATORY_PARAMETER", Api.CodeOf(answer));
        Assert.Contains($"\"PARAM_NAME\":\"{named}\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Total_and_graphs_need_no_pager()
    {
        Assert.Contains("KalturaReportTotal", await _api.ReportAsync("getTotal", 1, ("pager[pageSize]", null), ("pager[pageIndex]", null)), StringComparison.Ordinal);
        Assert.Contains("KalturaReportGraph", await _api.ReportAsync("getGraphs", 1, ("pager[pageSize]", null), ("pager[pageIndex]", null)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("getTable", 19)]
    [InlineData("getTotal", 201)]
    [InlineData("getTable", 30047)]
    [InlineData("getGraphs", 36)]
    [InlineData("getGraphs", 4)]
    [InlineData("getBaseTotal", 38)]
    [InlineData("getBaseTotal", 20004)]
    public async Task What_cannot_be_computed_is_an_internal_error(string action, int type) =>
        Assert.Equal("""{"code":"INTERNAL_SERVERL_ERROR","message":"Internal server error occurred","objectType":"KalturaAPIException","args":[]}""",
            await _api.ReportAsync(action, type));

    [Theory]
    [InlineData(42)]
    [InlineData(63)]
    [InlineData(10014)]
    [InlineData(60018)]
    public async Task Some_types_have_an_empty_list_of_graphs(int type) => Assert.Equal("[]", await _api.ReportAsync("getGraphs", type));

    [Fact]
    public async Task Control_character_is_refused() =>
        Assert.Equal("INVALID_PARAMETER_CHAR", Api.CodeOf(await _api.ReportAsync("getTable", 1, ("reportInputFilter[countryIn]", "a\u0001b"))));

    [Fact]
    public async Task Call_without_a_session_is_refused_after_its_arguments_were_read()
    {
        Assert.Equal("MISSING_KS", Api.CodeOf(await _api.ReportAsync("getTable", 1, ("ks", null))));
        Assert.Equal("INVALID_ENUM_VALUE", Api.CodeOf(await _api.ReportAsync("getTable", 99999, ("ks", null))));
    }

    [Fact]
    public async Task Malformed_session_comes_before_everything_and_is_quoted() =>
        Assert.Equal("""{"code":"INVALID_KS","message":"Invalid KS \"broken\", Error \"-1,INVALID_STR\"","objectType":"KalturaAPIException","args":{"KSID":"broken","ERR_CODE":"-1","ERR_DESC":"INVALID_STR"}}""",
            await _api.ReportAsync("getTable", 99999, ("ks", "broken")));
}
