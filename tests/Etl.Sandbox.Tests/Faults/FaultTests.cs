using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Etl.Sandbox.Tests.Faults;

public sealed class FaultTests : IAsyncLifetime
{
    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(SandboxFixture.Options);

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private void Add(string kind, string? parameter = null, string action = "report.getTable", int times = 1, int skip = 0, int? report = null, int? page = null) =>
        _api.Server.AddFault(new SandboxFault { Kind = kind, Parameter = parameter, Action = action, Times = times, Skip = skip, Report = report, Page = page });

    private async Task<HttpResponseMessage> GetAsync(bool gzip = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_api.Server.BaseUrl,
            $"api_v3/service/report/action/getTable/format/1?ks={_api.Ks}&reportType=38&reportInputFilter[fromDate]={Api.From}&reportInputFilter[toDate]={Api.To}&pager[pageSize]=500"));
        if (gzip)
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        return await _api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    [Theory]
    [InlineData(SandboxFaultKinds.ActionBlocked, """{"code":"ACTION_BLOCKED","message":"Action \"gettable\" in service \"report\" is blocked","objectType":"KalturaAPIException","args":{"ACTION_NAME":"gettable","SERVICE_NAME":"report"}}""")]
    [InlineData(SandboxFaultKinds.QueryTimedOut, """{"code":"DRUID_QUERY_TIMED_OUT","message":"Query timed out","objectType":"KalturaAPIException","args":[]}""")]
    [InlineData(SandboxFaultKinds.InternalError, """{"code":"INTERNAL_SERVERL_ERROR","message":"Internal server error occurred","objectType":"KalturaAPIException","args":[]}""")]
    [InlineData(SandboxFaultKinds.ExpiredSession, """{"code":"INVALID_KS","message":"Invalid KS \"EXPIRED\", Error \"-1,INVALID_STR\"","objectType":"KalturaAPIException","args":{"KSID":"EXPIRED","ERR_CODE":"-1","ERR_DESC":"INVALID_STR"}}""")]
    public async Task Service_error_is_answered_once(string kind, string expected)
    {
        var healthy = await _api.ReportAsync("getTable", 38);
        Add(kind);

        Assert.Equal(expected, await _api.ReportAsync("getTable", 38));
        Assert.Equal(healthy, await _api.ReportAsync("getTable", 38));
    }

    [Theory]
    [InlineData(SandboxFaultKinds.BadGateway, 502, null)]
    [InlineData(SandboxFaultKinds.TooManyRequests, 429, "7")]
    [InlineData(SandboxFaultKinds.Unavailable, 503, "7")]
    public async Task Http_error_has_no_body(string kind, int status, string? retryAfter)
    {
        Add(kind, retryAfter);
        using var answer = await GetAsync();

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
        Assert.Equal(retryAfter, answer.Headers.RetryAfter?.ToString());
    }

    [Fact]
    public async Task Empty_body_and_html_page_come_with_status_200()
    {
        Add(SandboxFaultKinds.EmptyBody);
        Assert.Equal("", await _api.ReportAsync("getTable", 38));
        Add(SandboxFaultKinds.HtmlPage);
        Assert.StartsWith("<!DOCTYPE html>", await _api.ReportAsync("getTable", 38), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Truncated_body_is_a_beginning_of_the_whole()
    {
        var whole = await _api.ReportAsync("getTable", 38);
        Add(SandboxFaultKinds.TruncatedBody, "0.25");
        var part = await _api.ReportAsync("getTable", 38);

        Assert.Equal(whole.Length / 4, part.Length);
        Assert.StartsWith(part, whole, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Truncated_gzip_does_not_inflate_to_the_whole()
    {
        Add(SandboxFaultKinds.TruncatedGzip);
        using var answer = await GetAsync(gzip: true);
        var packed = await answer.Content.ReadAsByteArrayAsync();

        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        Assert.Equal([0x1F, 0x8B], packed[..2]);
    }

    [Fact]
    public async Task Broken_connection_breaks()
    {
        Add(SandboxFaultKinds.BrokenConnection);

        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var answer = await GetAsync();
            await answer.Content.ReadAsStringAsync();
        });
    }

    [Fact]
    public async Task Invalid_utf8_spoils_one_byte()
    {
        Add(SandboxFaultKinds.InvalidUtf8);
        using var answer = await GetAsync();
        var bytes = await answer.Content.ReadAsByteArrayAsync();

        Assert.Throws<DecoderFallbackException>(() => new UTF8Encoding(false, true).GetString(bytes));
    }

    [Fact]
    public async Task Drip_sends_bytes_without_an_end()
    {
        Add(SandboxFaultKinds.Drip, "1");
        using var answer = await GetAsync();
        await using var stream = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[64];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 20));

        Assert.StartsWith("{\"header\":\"object_id", Encoding.UTF8.GetString(buffer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slow_answer_is_late_but_whole()
    {
        Add(SandboxFaultKinds.Slow, "0.05");
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var answer = await _api.ReportAsync("getTable", 38);

        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(45));
        Assert.Contains("totalCount", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_null_keeps_header_and_count()
    {
        Add(SandboxFaultKinds.DataNull);

        Assert.Matches("^\\{\"header\":\"[^\"]+\",\"totalCount\":[0-9]+,\"objectType\":\"KalturaReportTable\"\\}$", await _api.ReportAsync("getTable", 38));
    }

    [Fact]
    public async Task Header_only_has_empty_data_and_a_count()
    {
        Add(SandboxFaultKinds.HeaderOnly);
        var table = await _api.TableAsync(38);

        Assert.Empty(table.Rows);
        Assert.True(table.TotalCount > 0);
        Assert.Contains("\"data\":\"\"", table.Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_drift_repeats_a_row_and_loses_another()
    {
        var all = (await _api.TableAsync(38, ("pager[pageSize]", "30"))).Cells("object_id").ToList();
        Add(SandboxFaultKinds.PageDrift, times: -1);
        var pages = new List<string>();
        for (var page = 1; page <= 3; page++)
            pages.AddRange((await _api.TableAsync(38, ("pager[pageSize]", "10"), ("pager[pageIndex]", $"{page}"))).Cells("object_id"));

        Assert.Equal(29, pages.Distinct().Count());
        Assert.Equal([all[19]], all.Except(pages));
    }

    [Fact]
    public async Task Page_clamp_limits_every_page()
    {
        Add(SandboxFaultKinds.PageClamp, "7", times: -1);

        Assert.Equal(7, (await _api.TableAsync(38)).Rows.Count);
        Assert.Equal(7, (await _api.TableAsync(38, ("pager[pageIndex]", "2"))).Rows.Count);
    }

    [Fact]
    public async Task Row_faults_change_one_row()
    {
        var whole = await _api.TableAsync(38);
        Add(SandboxFaultKinds.DuplicateRow);
        var twice = await _api.TableAsync(38);
        Add(SandboxFaultKinds.DropRow);
        var dropped = await _api.TableAsync(38);
        Add(SandboxFaultKinds.WrongCellCount);
        var shorter = await _api.TableAsync(38);
        Add(SandboxFaultKinds.WrongCellCount, "extra");
        var longer = await _api.TableAsync(38);

        Assert.Equal(twice.Rows[0], twice.Rows[1]);
        Assert.Equal(whole.Rows.Count - 1, dropped.Rows.Count);
        Assert.Equal(whole.TotalCount, dropped.TotalCount);
        Assert.Single(shorter.Rows, row => row.Length == whole.Header.Length - 1);
        Assert.Single(longer.Rows, row => row.Length == whole.Header.Length + 1);
    }

    [Fact]
    public async Task Column_faults_keep_header_and_rows_in_step()
    {
        var whole = await _api.TableAsync(38);
        Add(SandboxFaultKinds.RenameColumn, "count_plays=plays");
        Assert.Contains("plays", (await _api.TableAsync(38)).Header);
        Add(SandboxFaultKinds.AddColumn, "surprise");
        var added = await _api.TableAsync(38);
        Add(SandboxFaultKinds.RemoveColumn, "creator_name");
        var removed = await _api.TableAsync(38);
        Add(SandboxFaultKinds.ReorderColumns);
        var reordered = await _api.TableAsync(38);

        Assert.All(added.Cells("surprise"), cell => Assert.Equal("7", cell));
        Assert.DoesNotContain("creator_name", removed.Header);
        Assert.Equal(whole.Cells("count_plays"), removed.Cells("count_plays"));
        Assert.Equal(whole.Header.Reverse(), reordered.Header);
        Assert.Equal(whole.Cells("count_plays"), reordered.Cells("count_plays"));
    }

    [Fact]
    public async Task Cell_faults_put_words_into_numbers()
    {
        Add(SandboxFaultKinds.UnknownCell, "count_plays");
        Assert.Equal("Unknown", (await _api.TableAsync(38)).Cells("count_plays").First());
        Add(SandboxFaultKinds.ErrorCell, "created_at");
        Assert.Equal("Error", (await _api.TableAsync(38)).Cells("created_at").First());
        Add(SandboxFaultKinds.BadCell, "sum_time_viewed=12:61");
        var cells = (await _api.TableAsync(38)).Cells("sum_time_viewed").ToList();
        Assert.Equal("12:61", cells[cells.Count / 2]);
        Assert.Single(cells, c => c == "12:61");
    }

    [Fact]
    public async Task Count_and_emptiness_can_be_overridden()
    {
        Add(SandboxFaultKinds.TotalCount, "3");
        Assert.Equal(3, (await _api.TableAsync(38)).TotalCount);
        Add(SandboxFaultKinds.EmptyTable);
        Assert.Equal("""{"objectType":"KalturaReportTable"}""", await _api.ReportAsync("getTable", 38));
    }

    [Fact]
    public async Task Fault_hits_only_what_it_matches()
    {
        Add(SandboxFaultKinds.InternalError, action: "getTotal", skip: 1, times: 2, report: 38);

        Assert.Contains("header", await _api.ReportAsync("getTable", 38), StringComparison.Ordinal);
        Assert.Contains("header", await _api.ReportAsync("getTotal", 1), StringComparison.Ordinal);
        var codes = new List<bool>();
        for (var i = 0; i < 4; i++)
            codes.Add((await _api.ReportAsync("getTotal", 38)).Contains("INTERNAL", StringComparison.Ordinal));
        Assert.Equal([false, true, true, false], codes);
    }

    [Fact]
    public async Task Fault_can_be_tied_to_a_page()
    {
        Add(SandboxFaultKinds.InternalError, page: 2);

        Assert.Contains("header", await _api.ReportAsync("getTable", 38, ("pager[pageSize]", "5")), StringComparison.Ordinal);
        Assert.Contains("INTERNAL", await _api.ReportAsync("getTable", 38, ("pager[pageSize]", "5"), ("pager[pageIndex]", "2")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_can_be_posted_listed_and_removed()
    {
        using var posted = await _api.ControlAsync("faults", """[{"kind":"action-blocked","times":-1},{"kind":"http-502","action":"getTotal"}]""");
        Assert.Equal(200, (int)posted.StatusCode);
        Assert.Contains("ACTION_BLOCKED", await _api.ReportAsync("getTable", 38), StringComparison.Ordinal);
        Assert.Contains("http-502", await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, "sandbox/faults")), StringComparison.Ordinal);
        using var deleted = await _api.Http.DeleteAsync(new Uri(_api.Server.BaseUrl, "sandbox/faults"));
        Assert.Equal("[]", await deleted.Content.ReadAsStringAsync());
        Assert.Contains("header", await _api.ReportAsync("getTable", 38), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("faults", """{"kind":"nonsense"}""")]
    [InlineData("faults", "{")]
    [InlineData("faults", "{}")]
    [InlineData("restate", """{"kind":"nonsense","day":"20260301"}""")]
    [InlineData("restate", """{"kind":"late"}""")]
    public async Task Senseless_control_call_is_a_bad_request(string path, string json)
    {
        using var answer = await _api.ControlAsync(path, json);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Fault_of_a_part_hits_only_that_part_of_a_multirequest()
    {
        Add(SandboxFaultKinds.QueryTimedOut, action: "getTotal");
        var answer = await _api.PostAsync("multirequest", "null",
            ("ks", _api.Ks), ("1:service", "session"), ("1:action", "get"), ("2:service", "report"), ("2:action", "getTotal"));

        Assert.Contains("KalturaSessionInfo\"},{\"code\":\"DRUID_QUERY_TIMED_OUT\"", answer, StringComparison.Ordinal);
    }
}
