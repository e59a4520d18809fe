using System.Text;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>What goes wrong with addresses and files (reliability N44-N48). No failure shows the session in an address.</summary>
public class CsvFaultTests
{
    private static Answer Send(string text) => ReportFile.Send(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("\"\"")]
    [InlineData("null")]
    public async Task N44_Missing_address_is_asked_for_again_and_then_fails(string body)
    {
        await using var service = new CsvService { Address = _ => body };

        var failure = await service.FailAsync();

        Assert.Equal((FaultKind.Window, "csv-url-empty", true), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Equal(4, service.AddressCalls.Count());
        Assert.Empty(service.FileCalls);
    }

    [Fact]
    public async Task Missing_address_once_is_no_failure()
    {
        await using var service = new CsvService();
        var calls = 0;
        service.Address = _ => ++calls == 1 ? "null" : JsonSerializer.Serialize(service.Url());

        Assert.Equal(2, (await service.PullAsync()).Rows);
    }

    [Theory]
    [InlineData("https://evil.example.com", "not the service's own")]
    [InlineData("http://www.kaltura.com", "not the service's own")]
    [InlineData("https://127.0.0.1.evil.test", "not the service's own")]
    [InlineData("https://127.0.0.1@evil.test", "user name")]
    [InlineData("https://evil.test@127.0.0.1", "user name")]
    [InlineData("https://127.0.0.1:22", "port 22")]
    [InlineData("https://localhost", "not the service's own")]
    [InlineData("http://169.254.169.254", "not the service's own")]
    [InlineData("https://0", "not the service's own")]
    [InlineData("https://[fd00:ec2::254]", "not the service's own")]
    [InlineData("ftp://127.0.0.1", "not a web address")]
    [InlineData("file:///etc/passwd?", "not a web address")]
    [InlineData("relative", "not a web address")]
    public async Task N44_Address_that_is_not_the_services_is_refused(string root, string reason)
    {
        await using var service = new CsvService();
        service.Address = _ => JsonSerializer.Serialize(service.Url(root));

        var failure = await service.FailAsync();

        Assert.Equal(("csv-url-refused", false), (failure.Code, failure.IsTransient));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Empty(service.FileCalls);
        Assert.Single(service.AddressCalls);
    }

    [Fact]
    public async Task Redirect_is_not_followed_and_its_target_not_named()
    {
        await using var service = new CsvService();
        service.File = _ => new Answer([]) { Status = 302 }.With("Location", service.Url());

        Assert.Equal(("csv-redirect", false), ((await service.FailAsync()) is var f ? f.Code : "", f.IsTransient));
        Assert.Single(service.FileCalls);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    public async Task N45_Expired_address_is_replaced_by_a_new_one(int status)
    {
        await using var service = new CsvService();
        service.Answers.Enqueue(new Answer([]) { Status = status });

        var outcome = await service.PullAsync();

        Assert.Equal(2, outcome.Rows);
        Assert.Equal(2, service.AddressCalls.Count());
        Assert.Equal(2, service.FileCalls.Select(c => c.Path).Distinct().Count());
        Assert.Contains($"HTTP {status}", Assert.Single(outcome.Proof.Restarts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Busy_host_is_asked_again_at_the_same_address()
    {
        await using var service = new CsvService();
        service.Answers.Enqueue(new Answer([]) { Status = 503 });
        service.Answers.Enqueue(new Answer([]) { Reset = true });

        Assert.Equal(2, (await service.PullAsync()).Rows);
        Assert.Single(service.AddressCalls);
        Assert.Equal(3, service.FileCalls.Count());
    }

    [Fact]
    public async Task Missing_file_for_good_fails_after_the_restarts()
    {
        await using var service = new CsvService { File = _ => new Answer([]) { Status = 404 } };

        var failure = await service.FailAsync();

        Assert.Equal(("http-404", true), (failure.Code, failure.IsTransient));
        Assert.Equal(4, service.AddressCalls.Count());
    }

    public static TheoryData<string, string> Impostors() => new()
    {
        { "x-kaltura", "csv-refused" },
        { "empty", "csv-empty" },
        { "html", "html" },
        { "xml", "INVALID_KS" },
        { "json", "INTERNAL_SERVER_ERROR" },
        { "text", "not-csv" },
        { "type", "not-csv" },
        { "no mark", "not-csv" },
        { "partial", "http-206" },
    };

    [Theory]
    [MemberData(nameof(Impostors))]
    public async Task N45_Answer_that_is_not_a_file_is_a_failure_and_not_an_empty_report(string kind, string code)
    {
        await using var service = new CsvService();
        service.File = _ => kind switch
        {
            "x-kaltura" => new Answer([]).With("X-Kaltura", "error-3").With("X-Kaltura-App", "exiting on error 3"),
            "empty" => ReportFile.Send([]),
            "html" => new Answer("<html><body>busy</body></html>"u8.ToArray()).With("Content-Type", "text/html"),
            "xml" => new Answer(Encoding.UTF8.GetBytes($"<xml><result><error><code>INVALID_KS</code><message>Invalid KS \"{CsvService.FileKs}\"</message></error></result></xml>")).With("Content-Type", "text/xml"),
            "json" => Bodies.Error("INTERNAL_SERVER_ERROR", $"no {CsvService.FileKs}"),
            "text" => Send("nothing here\n"),
            "type" => ((Answer)service.Whole()).With("Content-Type", "text/plain"),
            "no mark" => ReportFile.Send(service.Whole().Bytes[3..]),
            _ => (Answer)service.Whole() with { Status = 206 },
        };

        var failure = await service.FailAsync();

        Assert.Equal(code, failure.Code);
        Assert.Equal(0, service.Rig.Sink.Starts);
        if (kind != "partial") Assert.Equal(4, service.AddressCalls.Count());
    }

    public static TheoryData<string, string> Cuts() => new()
    {
        { "title only", "cut-off" },
        { "inside quotes", "cut-off" },
        { "without line end", "cut-off" },
        { "at a line end", "csv-row-count" },
        { "before the table", "empty-unproven" },
        { "before the totals", "csv-cut" },
        { "before the rows", "cut-off" },
        { "rows without labels", "csv-row-count" },
        { "other labels", "bad-header" },
        { "other title", "csv-other-file" },
        { "row of other width", "bad-row" },
    };

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task N46_N47_N48_Cut_file_is_never_taken_for_whole(string kind, string code)
    {
        await using var service = new CsvService();
        service.File = _ =>
        {
            var text = service.Whole().Text;
            return Send(kind switch
            {
                "title only" => text[..(text.IndexOf('\n', StringComparison.Ordinal) + 1)],
                "inside quotes" => text[..^6],
                "without line end" => text[..^1],
                "at a line end" => text[..text.IndexOf("\"1_b\"", StringComparison.Ordinal)],
                "before the table" => text[..(text.IndexOf("\"\"\n\"# ---", text.IndexOf("# Total\"", StringComparison.Ordinal), StringComparison.Ordinal))],
                "before the totals" => text[..(text.IndexOf("\"\"\n\"# ---", text.IndexOf("# Graph\"", StringComparison.Ordinal), StringComparison.Ordinal))],
                "before the rows" => text[..text.IndexOf("\"object_id\"", StringComparison.Ordinal)],
                "rows without labels" => text[..text.IndexOf("\"1_a\"", StringComparison.Ordinal)],
                "other labels" => text.Replace("\"entry_name\"", "\"Name\"", StringComparison.Ordinal),
                "other title" => (service.Whole() with { Title = "Report 1 2020-01-01" }).Text,
                _ => text.Replace("\"1_b\",\"Two\",\"4\"", "\"1_b\",\"4\"", StringComparison.Ordinal),
            });
        };

        var failure = await service.FailAsync();

        Assert.Equal(code, failure.Code);
        Assert.True(service.AddressCalls.Count() >= 2, "a new file may be whole");
    }

    [Fact]
    public async Task File_that_was_cut_once_lands_from_the_second_only()
    {
        await using var service = new CsvService();
        var files = 0;
        service.File = _ => ++files == 1 ? Send(service.Whole().Text[..service.Whole().Text.IndexOf("\"1_b\"", StringComparison.Ordinal)]) : service.Whole();

        var outcome = await service.PullAsync();

        Assert.Equal(["1_a", "1_b"], service.Rig.Sink.Column("object_id"));
        Assert.Equal(2, service.Rig.Sink.Starts);
        Assert.Equal(2, outcome.Rows);
        Assert.Single(outcome.Proof.Restarts);
    }

    [Fact]
    public async Task Count_of_zero_beside_rows_is_not_told_and_noted()
    {
        await using var service = new CsvService();
        service.File = _ => service.Whole() with { Announced = 0 };

        var outcome = await service.PullAsync();

        Assert.Equal(2, outcome.Rows);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("does not tell", StringComparison.Ordinal));
    }

    [Fact]
    public async Task File_beyond_the_size_limit_fails_at_its_headers()
    {
        await using var service = new CsvService();
        service.Rig.Settings = service.Rig.Settings with { Downloads = new() { MaxFileBytes = 100 } };

        var failure = await service.FailAsync();

        Assert.Equal(("too-large", false), (failure.Code, failure.IsTransient));
    }

    [Fact]
    public async Task File_that_grows_beyond_the_size_limit_fails_too()
    {
        await using var service = new CsvService();
        service.Rig.Settings = service.Rig.Settings with { Downloads = new() { MaxFileBytes = 300 } };
        service.File = _ => (Answer)service.Whole() with { CloseDelimited = true };

        Assert.Equal("too-large", (await service.FailAsync()).Code);
    }

    [Fact]
    public async Task File_that_holds_our_own_session_is_masked_in_the_capture()
    {
        await using var service = new CsvService { Rows = [["1_a", $"see /ks/{CsvService.FileKs}/", "3"]] };
        await service.Rig.PullAsync(CsvService.Spec());

        Rig.AssertNoCanary(service.Rig.Sink.Raw["get-1"]);
    }

    [Fact]
    public async Task Slow_file_is_given_up_by_idle_time()
    {
        await using var service = new CsvService();
        service.File = _ => (Answer)service.Whole() with { HangAfter = 100 };

        var failure = await service.FailAsync();

        Assert.Equal(("too-slow", true), (failure.Code, failure.IsTransient));
    }
}
