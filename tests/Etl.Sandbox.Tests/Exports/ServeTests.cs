using System.Net;
using System.Net.Http.Headers;

namespace Etl.Sandbox.Tests.Exports;

/// <summary>report.serve: rights, ranges and what goes wrong (wire facts 4.2, 1.5).</summary>
public sealed class ServeTests : IAsyncLifetime
{
    private readonly FixedClock _clock = new(SandboxFixture.Now);
    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(SandboxFixture.Options with { Clock = _clock });

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private async Task<Uri> UrlAsync() => new((await ExportFile.UrlAsync(_api, 38, "a;b,c"))!);

    private static Uri WithKs(Uri url, string? ks) => new(System.Text.RegularExpressions.Regex.Replace(url.ToString(), "/ks/[^/]+", ks is null ? "" : "/ks/" + ks));

    [Fact]
    public async Task File_is_text_with_a_length()
    {
        using var answer = await _api.Http.GetAsync(await UrlAsync());

        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal((await answer.Content.ReadAsByteArrayAsync()).Length, answer.Content.Headers.ContentLength);
        Assert.Equal(["bytes"], answer.Headers.AcceptRanges);
    }

    [Theory]
    [InlineData(10L, 19L)]
    [InlineData(10L, null)]
    [InlineData(null, 7L)]
    public async Task Range_is_served(long? from, long? to)
    {
        var url = await UrlAsync();
        var whole = await _api.Http.GetByteArrayAsync(url);
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(from, to) } };
        using var answer = await _api.Http.SendAsync(request);
        var expected = from is null ? whole[^(int)to!.Value..] : to is null ? whole[(int)from..] : whole[(int)from..((int)to + 1)];

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(expected, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(whole.Length, answer.Content.Headers.ContentRange!.Length);
    }

    [Fact]
    public async Task Range_beyond_the_end_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, await UrlAsync()) { Headers = { Range = new RangeHeaderValue(9_999_999, null) } };
        using var answer = await _api.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, answer.StatusCode);
    }

    [Fact]
    public async Task Address_holds_a_user_session_for_this_file_alone()
    {
        var url = await UrlAsync();
        var ks = url.Segments[url.Segments.ToList().IndexOf("ks/") + 1].TrimEnd('/');
        var name = url.Segments[url.Segments.ToList().IndexOf("id/") + 1].TrimEnd('/');
        var session = await _api.PostAsync("session", "get", ("ks", ks));

        Assert.Contains($"\"sessionType\":0,\"partnerId\":1234567,\"userId\":\"\",\"expiry\":{SandboxFixture.Now.ToUnixTimeSeconds() + 86_400},\"privileges\":\"download:{name}\"", session, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Right_is_an_admin_or_the_download_privilege()
    {
        var url = await UrlAsync();
        var other = await UrlAsync();
        var stranger = other.Segments[other.Segments.ToList().IndexOf("ks/") + 1].TrimEnd('/');

        Assert.NotEmpty(await _api.Http.GetByteArrayAsync(WithKs(url, _api.Ks)));
        await AssertEmptyAsync(WithKs(url, stranger), "error-3");
        await AssertEmptyAsync(WithKs(url, await _api.StartSessionAsync(("type", "0"))), "error-3");
        await AssertEmptyAsync(WithKs(url, null), "error-3");
    }

    [Fact]
    public async Task Missing_file_is_an_empty_answer_with_a_number() =>
        await AssertEmptyAsync(new Uri(_api.Server.BaseUrl, $"api_v3/index.php/service/report/action/serve/ks/{_api.Ks}/id/nothing_here/report.csv"), "error-5");

    [Fact]
    public async Task Expired_session_is_an_xml_error()
    {
        var url = await UrlAsync();
        _clock.Now += TimeSpan.FromDays(1);
        using var answer = await _api.Http.GetAsync(url);

        Assert.Equal("text/xml", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("<error><code>INVALID_KS</code><message>Invalid KS &quot;EXPIRED&quot;", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Malformed_id_is_an_xml_error() =>
        Assert.Contains("<error><code>REPORT_NOT_FOUND</code>", await _api.Http.GetStringAsync(
            new Uri(_api.Server.BaseUrl, $"api_v3/index.php/service/report/action/serve/ks/{_api.Ks}/id/a.b/report.csv")), StringComparison.Ordinal);

    [Theory]
    [InlineData(SandboxFaultKinds.EmptyUrl, "\"\"")]
    [InlineData(SandboxFaultKinds.NullUrl, "null")]
    public async Task Address_can_be_missing(string kind, string expected)
    {
        Add(kind, "report.getUrlForReportAsCsv");

        Assert.Equal(expected, await _api.ReportAsync("getUrlForReportAsCsv", 38, ("reportTitle", "t"), ("reportText", "x"), ("headers", "a;b")));
        Assert.NotEmpty((await UrlAsync()).ToString());
    }

    [Fact]
    public async Task Address_can_name_another_host()
    {
        Add(SandboxFaultKinds.OtherHost, "report.getUrlForReportAsCsv");

        Assert.Equal("cdn.invalid", (await UrlAsync()).Host);
    }

    [Fact]
    public async Task File_can_end_after_its_title()
    {
        Add(SandboxFaultKinds.TitleOnly, "report.getUrlForReportAsCsv");

        Assert.Equal(5, (await ExportFile.GetAsync(_api, 38, "a;b,c")).Records.Count);
    }

    [Fact]
    public async Task Count_and_rows_of_the_file_can_be_wrong()
    {
        Add(SandboxFaultKinds.TotalCount, "report.getUrlForReportAsCsv", "7");
        Assert.Equal(7, (await ExportFile.GetAsync(_api, 38, ";b,c")).TotalCount);
        Add(SandboxFaultKinds.DropRow, "report.getUrlForReportAsCsv");
        var file = await ExportFile.GetAsync(_api, 38, ";b,c");
        Assert.Equal(file.TotalCount, file.Section("# Table")!.Count);
    }

    [Theory]
    [InlineData(SandboxFaultKinds.NotFound, 404)]
    [InlineData(SandboxFaultKinds.Redirect, 302)]
    [InlineData(SandboxFaultKinds.HtmlPage, 200)]
    [InlineData(SandboxFaultKinds.TruncatedBody, 200)]
    [InlineData(SandboxFaultKinds.FileError, 200)]
    public async Task Download_can_fail(string kind, int status)
    {
        var url = await UrlAsync();
        var whole = await _api.Http.GetByteArrayAsync(url);
        Add(kind, "report.serve");
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler);
        using var answer = await http.GetAsync(url);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.NotEqual(whole, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(kind == SandboxFaultKinds.Redirect ? "cdn.invalid" : null, answer.Headers.Location?.Host);
        Assert.Equal(kind == SandboxFaultKinds.FileError, answer.Headers.Contains("X-Kaltura"));
        Assert.Equal(whole, await http.GetByteArrayAsync(url));
    }

    private void Add(string kind, string action, string? parameter = null) =>
        _api.Server.AddFault(new SandboxFault { Kind = kind, Action = action, Parameter = parameter });

    private async Task AssertEmptyAsync(Uri url, string code)
    {
        using var answer = await _api.Http.GetAsync(url);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(code, answer.Headers.GetValues("X-Kaltura").Single());
    }
}
