using System.Text.Json;

namespace Etl.Sandbox.Tests.Http;

/// <summary>Wire facts 1.6.</summary>
[Collection(SharedSandbox.Name)]
public class MultirequestTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    private static (string, string?)[] Total(int number, string prefix = "") =>
    [
        ($"{number}:service", "report"), ($"{number}:action", "getTotal"), ($"{number}:reportType", "38"), ($"{number}:reportInputFilter[fromDate]", $"{Api.From}"),
        ($"{number}:reportInputFilter:toDate", $"{Api.To}"), ($"{number}:responseOptions[delimiter]", "|" + prefix),
    ];

    private async Task<JsonElement> RunAsync(params (string, string?)[] fields) =>
        JsonDocument.Parse(await _api.PostAsync("multirequest", "null", fields)).RootElement;

    [Fact]
    public async Task Session_started_in_part_one_serves_part_two()
    {
        var answers = await RunAsync(
        [
            ("1:service", "session"), ("1:action", "start"), ("1:secret", _api.Server.Options.AdminSecret), ("1:partnerId", "1234567"), ("1:type", "2"),
            .. Total(2), ("2:ks", "{1:result}"),
        ]);

        Assert.Equal(2, answers.GetArrayLength());
        Assert.Equal(await _api.ReportAsync("getTotal", 38), answers[1].GetRawText());
    }

    [Fact]
    public async Task Result_property_can_be_referred_to()
    {
        var answers = await RunAsync(
        [
            ("1:service", "session"), ("1:action", "get"), ("1:ks", _api.Ks),
            .. Total(2), ("2:ks", "{1:result:ks}"),
        ]);

        Assert.Equal("KalturaReportTotal", answers[1].GetProperty("objectType").GetString());
    }

    [Fact]
    public async Task Error_stands_at_its_own_position_and_stops_nothing()
    {
        var answers = await RunAsync([("ks", _api.Ks), ("1:service", "report"), ("1:action", "getGraphs"), .. Total(2), ("3:service", "x"), ("3:action", "y")]);

        Assert.Equal("MISSING_MANDATORY_PARAMETER", answers[0].GetProperty("code").GetString());
        Assert.Equal("KalturaReportTotal", answers[1].GetProperty("objectType").GetString());
        Assert.Equal("SERVICE_DOES_NOT_EXISTS", answers[2].GetProperty("code").GetString());
    }

    [Fact]
    public async Task Gap_in_the_numbers_drops_the_rest() =>
        Assert.Equal(1, (await RunAsync([("ks", _api.Ks), .. Total(1), .. Total(3)])).GetArrayLength());

    [Fact]
    public async Task Reference_to_nothing_is_an_error_of_that_part()
    {
        var answers = await RunAsync([("ks", _api.Ks), .. Total(1), .. Total(2, "{7:result:x}")]);

        Assert.Equal("KalturaReportTotal", answers[0].GetProperty("objectType").GetString());
        Assert.Equal("INVALID_MULTIREQUEST_TOKEN", answers[1].GetProperty("code").GetString());
    }

    [Fact]
    public async Task Graphs_are_a_list_inside_the_list()
    {
        var answers = await RunAsync([("ks", _api.Ks), .. Api.Merge(Total(1), [("1:action", "getGraphs")])]);

        Assert.Equal(JsonValueKind.Array, answers[0].ValueKind);
    }
}
