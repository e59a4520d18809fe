using System.Text;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Secrets;
using Etl.Core.Windows;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>Custom reports: parameters and dates as each id wants them, refusals, and the limit without a mark.</summary>
public class CustomCsvTests
{
    private static SourceSpec Spec(string id = "3007", params (string Name, string Value)[] parameters) =>
        new() { Action = "custom-csv", Custom = id, Params = parameters.ToDictionary(p => p.Name, p => p.Value) };

    private static Answer File(string text) => ReportFile.Send(Encoding.UTF8.GetBytes("\uFEFF" + text));

    private static Rig Serving(Func<RecordedCall, Answer> answer)
    {
        var rig = new Rig();
        rig.Server.Script = answer;
        return rig;
    }

    private static Dictionary<string, string> Params(RecordedCall call) =>
        call.Form["params"].Split(';').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);

    [Fact]
    public async Task Report_with_day_ids_gets_local_days_and_the_offset()
    {
        await using var rig = Serving(_ => File("user_id,view_time,play\nu1,1.5,2\n"));

        var outcome = await rig.PullAsync(Spec("3007", ("cat_ids", "12,13")) with { Exclude = ["company", "email"] }, Rig.Request("2026-03-10", "America/New_York"));

        var call = Assert.Single(rig.Server.Calls);
        Assert.Equal("from_date_id=20260310;to_date_id=20260310;timezone_offset=240;cat_ids=12,13", call.Form["params"]);
        Assert.Equal(("3007", "company,email"), (call.Form["id"], call.Form["excludedFields"]));
        Assert.EndsWith("/service/report/action/getCsvFromStringParams", call.Path, StringComparison.Ordinal);
        Assert.Equal([["u1", "1.5", "2"]], rig.Sink.Rows);
        Assert.Null(outcome.Totals);
        Assert.Equal("file-end", Assert.Single(outcome.Proof.Chains).Stop);
    }

    [Fact]
    public async Task Month_of_day_ids_ends_on_its_last_day()
    {
        await using var rig = Serving(_ => File("user_id,play\nu1,2\n"));

        await rig.PullAsync(Spec(), Rig.Request("2026-11", "America/New_York", WindowUnit.Month));

        var sent = Params(rig.Server.Calls[0]);
        Assert.Equal(("20261101", "20261130"), (sent["from_date_id"], sent["to_date_id"]));
    }

    [Theory]
    [InlineData("3009")]
    [InlineData("9999")]
    public async Task Report_with_unix_dates_gets_the_windows_seconds(string id)
    {
        await using var rig = Serving(_ => File("user,view_time\nu1,2\n"));

        await rig.PullAsync(Spec(id), Rig.Request("2026-03-10"));

        Assert.Equal("from_date=1773100800;to_date=1773187200", rig.Server.Calls[0].Form["params"]);
    }

    [Fact]
    public async Task Dates_of_an_unlisted_report_are_what_the_job_says_and_its_columns_text()
    {
        await using var rig = Serving(_ => File("who,how_many\nu1,2\n"));

        await rig.PullAsync(Spec("9999", ("anything", "a b")) with { Dates = "ids" });

        Assert.Equal("from_date_id=20260310;to_date_id=20260310;timezone_offset=0;anything=a b", rig.Server.Calls[0].Form["params"]);
        Assert.All(rig.Sink.Schema!.Columns, c => Assert.False(c.Known));
    }

    [Fact]
    public async Task Hour_windows_of_day_ids_are_refused_before_any_call()
    {
        await using var rig = Serving(_ => File("a\n"));

        var failure = await rig.FailAsync(Spec(), Rig.Request("2026-03-10T05+0000", unit: WindowUnit.Hour));

        Assert.Equal((FaultKind.Usage, "bad-window"), (failure.Kind, failure.Code));
        Assert.Empty(rig.Server.Calls);
    }

    [Theory]
    [InlineData(null, "virtualeventid:99")]
    [InlineData("virtualeventid:77", "virtualeventid:77")]
    public async Task Session_gets_the_privilege_that_the_report_needs(string? own, string expected)
    {
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { SessionMode = Etl.Kaltura.Sessions.SessionMode.Start };
        rig.Server.Script = call => call.Action == "start" ? $"\"{Rig.UserKs}\"" : File("email,raise_hand\na@example.com,2\n");

        await rig.PullAsync(Spec("4021", ("virtualeventid", "99")) with { Privileges = own is null ? [] : [own] });

        Assert.Equal(expected, rig.Server.Calls.Single(c => c.Action == "start").Form["privileges"]);
    }

    [Fact]
    public async Task Ready_made_session_is_refused_where_a_privilege_is_needed()
    {
        await using var rig = new Rig();
        rig.Settings = new KalturaSettings { ServiceUrl = rig.Server.Url, PartnerId = "1234567", Ks = new Secret(Rig.UserKs) };

        Assert.Equal("privileges", (await rig.FailAsync(Spec("4021", ("virtualeventid", "99")))).Code);
    }

    public static IEnumerable<object[]> Refused() =>
    [
        [Spec("3007", ("cat_ids", "1;from_date_id=1")), "holds ';'"],
        [Spec("3007", ("cat_ids", "1\n2")), "control character"],
        [Spec("3007", ("cat_idss", "1")), "Did you mean"],
        [Spec("3007", ("from_date_id", "20260101")), "filled in from the window"],
        [Spec("3007", ("limit", "5")), "would cut the file"],
        [Spec("3007", ("partner_id", "5")), "accounts"],
        [Spec("3010"), "needs the parameter 'user_id'"],
        [Spec("4021"), "needs the parameter 'virtualeventid'"],
        [Spec("4021", ("virtualeventid", "1,2")), "one value"],
        [Spec("38"), "no custom report"],
        [Spec("x"), "id of a custom report"],
        [Spec("9999") with { Dates = "iso" }, "expected ids or unix"],
        [Spec() with { Exclude = ["Company"] }, "has no column 'Company'"],
        [Spec() with { Exclude = ["a,b"] }, "separated by commas"],
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Source_that_the_service_would_misread_is_refused(SourceSpec spec, string words)
    {
        await using var rig = new Rig();

        var failure = await rig.FailAsync(spec);

        Assert.Equal("bad-source", failure.Code);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Calls);
    }

    [Fact]
    public async Task Empty_body_with_an_error_header_is_a_typed_failure()
    {
        await using var rig = Serving(_ => ReportFile.Send([]).With("X-Kaltura", "error-REPORT_NOT_FOUND").With("X-Kaltura-App", "exiting on error REPORT_NOT_FOUND - Report id \"9999\" not found"));

        var failure = await rig.FailAsync(Spec("9999"));

        Assert.Equal((FaultKind.Window, "REPORT_NOT_FOUND", false), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Contains("refused without a message, code REPORT_NOT_FOUND", failure.Message, StringComparison.Ordinal);
        Assert.Single(rig.Server.Calls);
    }

    [Fact]
    public async Task Error_object_is_the_services_own_error()
    {
        await using var rig = Serving(_ => Bodies.Error("INTERNAL_SERVER_ERROR", "Internal server error N/A"));

        Assert.Equal("INTERNAL_SERVER_ERROR", (await rig.FailAsync(Spec())).Code);
        Assert.Equal(3, rig.Server.Calls.Count);
    }

    [Theory]
    [InlineData("", "empty-body")]
    [InlineData("<html>busy</html>", "html")]
    [InlineData("user_id,play\nu1,2\n", "not-csv")]
    [InlineData("\uFEFFuser_id,play\nu1,2", "cut-off")]
    [InlineData("\uFEFFuser_id,play\nu1\n", "bad-row")]
    [InlineData("\uFEFFuser_id,user_id\nu1,2\n", "bad-header")]
    [InlineData("\uFEFF", "cut-off")]
    public async Task Answer_that_is_no_whole_file_is_a_failure(string body, string code)
    {
        await using var rig = Serving(_ => ReportFile.Send(Encoding.UTF8.GetBytes(body)));

        Assert.Equal(code, (await rig.FailAsync(Spec())).Code);
    }

    [Fact]
    public async Task Broken_connection_is_asked_again_and_rows_never_mix()
    {
        var text = "\uFEFFuser_id,play\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"user{i},1\n"));
        var calls = 0;
        await using var rig = Serving(_ => ++calls == 1
            ? ReportFile.Send(Encoding.UTF8.GetBytes(text[..^50_000])) with { StatedLength = text.Length }
            : ReportFile.Send(Encoding.UTF8.GetBytes(text)));

        var outcome = await rig.PullAsync(Spec());

        Assert.Equal(20_000, outcome.Rows);
        Assert.Equal(20_000, rig.Sink.Column("user_id").Distinct().Count());
        Assert.Single(outcome.Proof.Restarts);
    }

    [Fact]
    public async Task Header_without_rows_is_empty_when_it_comes_twice()
    {
        await using var rig = Serving(_ => File("user_id,play\n"));

        var outcome = await rig.PullAsync(Spec());

        Assert.True(outcome.Proof.KnownEmpty);
        Assert.Equal((2, 2), (rig.Server.Calls.Count, outcome.Proof.Chains[0].Pages.Count));
    }

    [Fact]
    public async Task Excluded_column_that_comes_nevertheless_fails()
    {
        await using var rig = Serving(_ => File("user_id,company\nu1,Acme\n"));

        Assert.Equal("excluded-column", (await rig.FailAsync(Spec() with { Exclude = ["company"] })).Code);
        Assert.Empty(rig.Sink.Rows);
    }

    [Fact]
    public async Task Quotes_and_broken_rows_are_told_apart()
    {
        await using var rig = Serving(_ => File("user_id,entry_name,play\n00123,\"Intro \"\"A\"\"  part 1\",2\n=cmd,say \"hi\",0\n"));

        await rig.PullAsync(Spec());

        Assert.Equal(["00123", "=cmd"], rig.Sink.Column("user_id"));
        Assert.Equal(["Intro \"A\"  part 1", "say \"hi\""], rig.Sink.Column("entry_name"));
    }

    [Fact]
    public async Task File_of_exactly_the_limit_fails_as_truncated_where_rows_have_no_day()
    {
        var text = "user_id,play\n" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"u{i},1\n"));
        await using var rig = Serving(_ => File(text));

        var failure = await rig.FailAsync(Spec(), Rig.Request("2026-03", unit: WindowUnit.Month));

        Assert.Equal("truncated", failure.Code);
        Assert.Contains("which day they belong to", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_row_below_the_limit_is_whole()
    {
        var text = "user_id,play\n" + string.Concat(Enumerable.Range(0, 99_999).Select(i => $"u{i},1\n"));
        await using var rig = Serving(_ => File(text));

        Assert.Equal(99_999, (await rig.PullAsync(Spec())).Rows);
    }

    // 31 days of 5,000 rows each: 155,000 in all, of which the service gives the first 100,000.
    private static Answer Daily(RecordedCall call, string metric = "sum_minutes_viewed", bool sloppy = false)
    {
        var sent = Params(call);
        var first = DateTimeOffset.FromUnixTimeSeconds(long.Parse(sent["from_date"], System.Globalization.CultureInfo.InvariantCulture)).AddHours(sloppy ? -24 : 0);
        var last = DateTimeOffset.FromUnixTimeSeconds(long.Parse(sent["to_date"], System.Globalization.CultureInfo.InvariantCulture));
        var text = new StringBuilder($"date,user_id,{metric}\n");
        var rows = 0;
        for (var day = first; day < last; day = day.AddDays(1))
            for (var i = 0; i < 5000 && rows < 100_000; i++, rows++) text.Append($"{day:yyyyMMdd},u{i},1\n");
        return File(text.ToString());
    }

    [Fact]
    public async Task Report_that_says_the_day_of_each_row_is_pulled_in_shorter_ranges()
    {
        await using var rig = Serving(c => Daily(c));

        var outcome = await rig.PullAsync(Spec("3037"), Rig.Request("2026-03", unit: WindowUnit.Month));

        Assert.Equal((155_000, 155_000), (outcome.Rows, rig.Sink.Rows.Select(r => $"{r[0]} {r[1]}").Distinct().Count()));
        Assert.Equal(["cap", "file-end", "file-end"], outcome.Proof.Chains.Select(c => c.Stop));
        Assert.Contains("2026-03-01 to 2026-03-15", outcome.Proof.Chains[1].Part, StringComparison.Ordinal);
        Assert.Single(outcome.Proof.Splits);
    }

    [Theory]
    [InlineData("live_engagement_rate", false, "does not add up")]
    [InlineData("brand_new", false, "not known")]
    [InlineData("sum_minutes_viewed", true, "stands in two parts")]
    public async Task Report_whose_parts_might_not_be_the_whole_fails_as_truncated(string metric, bool sloppy, string words)
    {
        await using var rig = Serving(c => Daily(c, metric, sloppy));

        var failure = await rig.FailAsync(Spec("3037"), Rig.Request("2026-03", unit: WindowUnit.Month));

        Assert.Equal("truncated", failure.Code);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(CsvVectorTests.CustomFiles), MemberType = typeof(CsvVectorTests))]
    public async Task Custom_file_vector_lands_as_expected_byte_by_byte(string id)
    {
        var vector = CsvVectorTests.Of("csvParams").Single(v => v.GetProperty("id").GetString() == id);
        await using var rig = Serving(_ => ReportFile.Send(vector.GetProperty("file_base64").GetBytesFromBase64()) with { Drip = TimeSpan.Zero });

        await rig.PullAsync(Spec());

        var expected = vector.GetProperty("expected");
        Assert.Equal(expected.GetProperty("header").EnumerateArray().Select(h => h.GetString()!), rig.Sink.Schema!.Columns.Select(c => c.Name));
        string?[] Cells(JsonElement row) => [.. row.EnumerateArray().Select((c, i) => rig.Sink.Schema.Columns[i].Type == Etl.Core.Columns.ColumnType.Double
            ? double.Parse(c.GetString()!, System.Globalization.CultureInfo.InvariantCulture).ToString("R", System.Globalization.CultureInfo.InvariantCulture) : c.GetString())];
        Assert.Equal(expected.GetProperty("rows").EnumerateArray().Select(Cells), rig.Sink.Rows.Select(r => r.ToArray()));
    }
}
