using System.Net.Http.Headers;
using System.Text;

namespace Etl.Sandbox.Tests.Http;

/// <summary>Wire facts 1.1 to 1.3.</summary>
[Collection(SharedSandbox.Name)]
public class AddressingTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    private string Json => $$"""
        {"ks":"{{_api.Ks}}","format":1,"service":"report","action":"getTotal","reportType":38,
         "reportInputFilter":{"objectType":"KalturaReportInputFilter","fromDate":{{Api.From}},"toDate":{{Api.To}} },
         "responseOptions":{"delimiter":"|"} }
        """.ReplaceLineEndings("");

    private string Query => $"ks={Uri.EscapeDataString(_api.Ks)}&format=1&reportType=38&reportInputFilter%5BfromDate%5D={Api.From}&reportInputFilter:toDate={Api.To}&responseOptions[delimiter]=%7C";

    [Theory]
    [InlineData("api_v3/service/report/action/getTotal?")]
    [InlineData("api_v3/index.php/service/report/action/getTotal?")]
    [InlineData("api_v3/index.php?service=report&action=getTotal&")]
    [InlineData("api_v3/?service=REPORT&action=GetTotal&")]
    [InlineData("api_v3/service/Report/action/gettotal/?")]
    public async Task Every_address_form_reaches_the_action(string address) =>
        Assert.Equal(await _api.ReportAsync("getTotal", 38), await GetAsync(address + Query));

    [Fact]
    public async Task Service_and_action_may_travel_in_the_body() =>
        Assert.Equal(await _api.ReportAsync("getTotal", 38), await PostJsonAsync("api_v3/", Json, "application/json"));

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("APPLICATION/JSON", true)]
    [InlineData("application/json; charset=utf-8", false)]
    [InlineData("text/json", false)]
    public async Task Json_body_counts_only_with_the_exact_content_type(string contentType, bool read)
    {
        var answer = await PostJsonAsync("api_v3/format/1", Json, contentType);

        Assert.Equal(read ? await _api.ReportAsync("getTotal", 38) : "SERVICE_NOT_SPECIFIED", read ? answer : Api.CodeOf(answer));
    }

    [Fact]
    public async Task Json_body_that_is_no_object_is_ignored() =>
        Assert.Equal("SERVICE_NOT_SPECIFIED", Api.CodeOf(await PostJsonAsync("api_v3/format/1", "[1]", "application/json")));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Multipart_is_read_as_fields_or_as_one_json_field(bool asJson)
    {
        using var body = new MultipartFormDataContent();
        if (asJson)
        {
            body.Add(new StringContent(Json), "json");
        }
        else
        {
            foreach (var (name, value) in new[]
            {
                ("ks", _api.Ks), ("reportType", "38"), ("service", "report"), ("action", "getTotal"), ("format", "1"), ("reportInputFilter[fromDate]", $"{Api.From}"),
                ("reportInputFilter:toDate", $"{Api.To}"), ("responseOptions[delimiter]", "|"),
            })
                body.Add(new StringContent(value), name);
        }
        using var answer = await _api.Http.PostAsync(new Uri(_api.Server.BaseUrl, "api_v3/"), body);

        Assert.Equal(await _api.ReportAsync("getTotal", 38), await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Path_beats_query_and_query_beats_body()
    {
        var expected = await _api.ReportAsync("getTotal", 13);
        var body = Json.Replace("\"reportType\":38", "\"reportType\":1", StringComparison.Ordinal);

        Assert.Equal(expected, await PostJsonAsync("api_v3/?reportType=13", body, "application/json"));
        Assert.Equal(expected, await PostJsonAsync("api_v3/reportType/13?reportType=1", body, "application/json"));
    }

    [Fact]
    public async Task Nested_fields_of_body_and_query_are_merged() =>
        Assert.Equal(
            await _api.ReportAsync("getTotal", 38, ("reportInputFilter[countryIn]", "Japan")),
            await PostJsonAsync("api_v3/?reportInputFilter[countryIn]=Japan", Json, "application/json"));

    [Fact]
    public async Task Path_values_stop_at_a_zero_key() =>
        Assert.Equal("ACTION_NOT_SPECIFIED", Api.CodeOf(await GetAsync("api_v3/format/1/service/report/0/0/action/getTotal")));

    [Fact]
    public async Task Format_defaults_to_xml()
    {
        var answer = await GetAsync("api_v3/service/report/action/getTotal?" + Query.Replace("format=1", "format=2", StringComparison.Ordinal));
        var none = await GetAsync("api_v3/service/report/action/nothing");

        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?><xml><result><objectType>KalturaReportTotal</objectType><header>", answer, StringComparison.Ordinal);
        Assert.Contains("<error><code>ACTION_DOES_NOT_EXISTS</code>", none, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Xml_shows_absent_fields_as_empty_elements() =>
        Assert.Contains("<result><objectType>KalturaReportTable</objectType><header></header><data></data><totalCount></totalCount></result>",
            await GetAsync("api_v3/service/report/action/getTable?" + Query.Replace("format=1", "countryIn=x", StringComparison.Ordinal) + "&pager[pageIndex]=99"), StringComparison.Ordinal);

    [Fact]
    public async Task Jsonp_wraps_the_json()
    {
        var answer = await GetAsync("api_v3/service/report/action/getTotal?" + Query.Replace("format=1", "format=9&callback=back", StringComparison.Ordinal));

        Assert.Equal("back(" + await _api.ReportAsync("getTotal", 38) + ");", answer);
    }

    [Fact]
    public async Task Unknown_format_is_an_empty_answer_with_a_header()
    {
        using var answer = await _api.Http.GetAsync(new Uri(_api.Server.BaseUrl, "api_v3/service/report/action/getTotal/format/77"));

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
        Assert.StartsWith("error-", answer.Headers.GetValues("X-Kaltura").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_carries_the_headers_that_support_asks_for()
    {
        using var answer = await _api.Http.GetAsync(new Uri(_api.Server.BaseUrl, "api_v3/service/report/action/getTotal/format/1"));

        Assert.Matches("^[0-9]+, [0-9]+$", answer.Headers.GetValues("X-Kaltura-Session").Single());
        Assert.NotEmpty(answer.Headers.GetValues("X-Me").Single());
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Gzip_is_sent_only_when_asked_for()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_api.Server.BaseUrl, "api_v3/service/report/action/getTotal?" + Query));
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var answer = await _api.Http.SendAsync(request);
        await using var gzip = new System.IO.Compression.GZipStream(await answer.Content.ReadAsStreamAsync(), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);

        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        Assert.Equal(await _api.ReportAsync("getTotal", 38), await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Unknown_path_is_not_found()
    {
        using var answer = await _api.Http.GetAsync(new Uri(_api.Server.BaseUrl, "elsewhere"));

        Assert.Equal(404, (int)answer.StatusCode);
    }

    private async Task<string> GetAsync(string address) => await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, address));

    private async Task<string> PostJsonAsync(string address, string json, string contentType)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        body.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var answer = await _api.Http.PostAsync(new Uri(_api.Server.BaseUrl, address), body);
        return await answer.Content.ReadAsStringAsync();
    }
}
