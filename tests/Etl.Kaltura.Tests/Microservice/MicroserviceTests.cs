using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Microservice;

/// <summary>The life of a background report: how it is asked for and waited for, and what is kept of it.</summary>
public class MicroserviceTests
{
    [Fact]
    public async Task Report_is_asked_for_waited_for_and_fetched()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue("""{"status":"pending"}""");
        bench.Service.Statuses.Enqueue("""{"status":"in_progress"}""");
        bench.Service.Statuses.Enqueue(BackgroundService.Completed);

        var outcome = await bench.PullAsync();

        Assert.Equal(["generate", "status h1", "status h1", "status h1", "file h1"], bench.Service.Calls);
        Assert.Equal(
            """{"reportName":"pollsActivity","reportParameters":{"entries_ids":["1_abc"],"virtual_event_ids":["99"],"from_date_id":"2026-03-10","to_date_id":"2026-03-10"}}""",
            Assert.Single(bench.Service.Asked).GetRawText());
        Assert.All(bench.Rig.Server.Calls, c => Assert.StartsWith("Bearer ", c.Headers["Authorization"], StringComparison.Ordinal));
        Assert.Equal(["/api/v1/report/generate", "/api/v1/report/serve"], bench.Rig.Server.Calls.Select(c => c.Path).Distinct());
        Assert.Equal([["u1", "yes"]], bench.Rig.Sink.Rows);
        Assert.Equal(("file-end", 1L, 5, false), (Assert.Single(outcome.Proof.Chains).Stop, outcome.Rows, outcome.Proof.Calls, outcome.Proof.KnownEmpty));
        Assert.Null(outcome.Totals);
    }

    [Fact]
    public async Task Waits_grow_from_two_seconds_to_half_a_minute()
    {
        await using var bench = new MicroserviceBench();
        for (var i = 0; i < 12; i++) bench.Service.Statuses.Enqueue("""{"status":"in_progress"}""");
        bench.Service.Statuses.Enqueue(BackgroundService.Completed);

        await bench.PullAsync();

        Assert.Equal([2, 2, 3, 4.5, 6.75, 10.125], bench.Rig.Clock.Waits.Take(6).Select(w => w.TotalSeconds));
        Assert.Equal([30, 30], bench.Rig.Clock.Waits.TakeLast(2).Select(w => w.TotalSeconds));
    }

    [Fact]
    public async Task Waiting_is_told_with_its_time()
    {
        await using var bench = new MicroserviceBench();
        for (var i = 0; i < 12; i++) bench.Service.Statuses.Enqueue("""{"status":"pending"}""");
        bench.Service.Statuses.Enqueue(BackgroundService.Completed);

        await bench.PullAsync();

        Assert.Contains("waiting for the report, 2 s", bench.Rig.Sink.Told);
        Assert.Contains("waiting for the report, 4 s", bench.Rig.Sink.Told);
        Assert.Contains(bench.Rig.Sink.Told, t => t.EndsWith(" min", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handle_is_kept_before_the_first_question_about_it()
    {
        await using var bench = new MicroserviceBench();
        List<string> before = [];
        bench.Handles.OnKeep = handle => before.AddRange([.. bench.Service.Calls, $"keep {handle.Value}"]);

        await bench.PullAsync();

        Assert.Equal(["generate", "keep h1"], before);
        Assert.Equal(bench.Handles.Kept, new Handle("h1", new DateTimeOffset(2026, 4, 1, 12, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public async Task Same_question_takes_the_kept_handle_up_at_once()
    {
        await using var bench = new MicroserviceBench();
        await bench.PullAsync();
        bench.Rig.Clock.Waits.Clear();

        var outcome = await bench.PullAgainAsync();

        Assert.Equal(["generate", "status h1", "file h1", "status h1", "file h1"], bench.Service.Calls);
        Assert.Empty(bench.Rig.Clock.Waits);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("was taken up", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handle_whose_life_is_over_is_not_taken_up()
    {
        await using var bench = new MicroserviceBench();
        bench.Handles.Kept = new Handle("old", bench.Rig.Clock.GetUtcNow().AddHours(-1));

        await bench.PullAsync();

        Assert.Equal(["generate", "status h1", "file h1"], bench.Service.Calls);
        Assert.Equal("h1", bench.Handles.Kept!.Value);
    }

    [Theory]
    [InlineData("""{"status":"failed","error":"out of memory"}""", "'out of memory'")]
    [InlineData("""{"status":"FAILED_SOMEHOW","errorMessage":"out of memory"}""", "'out of memory'")]
    [InlineData("""{"status":"failed"}""", "it gave no reason")]
    public async Task Failed_report_says_why_and_cools_down(string status, string words)
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(status);

        var failure = await bench.FailAsync();
        Assert.Equal((FaultKind.Window, "report-failed"), (failure.Kind, failure.Code));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Contains("not asked for again before 2026-04-01 12:10 UTC", failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("Report pollsActivity, window 2026-03-10: ", failure.Message, StringComparison.Ordinal);

        var cooling = await bench.FailAsync();
        Assert.Equal("cooling-down", cooling.Code);
        Assert.Contains(words, cooling.Message, StringComparison.Ordinal);
        Assert.Contains("2026-04-01 12:10 UTC", cooling.Message, StringComparison.Ordinal);
        Assert.Equal(1, bench.Service.Count("generate"));

        bench.Rig.Clock.Advance(TimeSpan.FromMinutes(10));
        bench.Service.Statuses.Clear();
        await bench.PullAgainAsync();
        Assert.Equal(2, bench.Service.Count("generate"));
    }

    [Fact]
    public async Task Report_that_is_never_ready_is_given_up()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue("""{"status":"pending"}""");

        var failure = await bench.FailAsync();

        Assert.Equal("report-late", failure.Code);
        Assert.Contains("still 'pending' 60 min after it was asked for at 2026-04-01 12:00 UTC", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 4, 1, 13, 0, 0, TimeSpan.Zero), bench.Rig.Clock.GetUtcNow());
        Assert.Equal((null, bench.Rig.Clock.GetUtcNow().AddMinutes(10)), (bench.Handles.Kept!.Value, bench.Handles.Kept.NotBefore));
    }

    [Fact]
    public async Task Unknown_status_is_waited_out()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue("""{"status":"queued_for_export"}""");
        bench.Service.Statuses.Enqueue("""{"status":"archiving"}""");
        bench.Service.Statuses.Enqueue(BackgroundService.Completed);

        Assert.Equal(1, (await bench.PullAsync()).Rows);
    }

    [Theory]
    [InlineData("""{"status":"archived"}""", "'archived'")]
    [InlineData("{}", "''")]
    public async Task Unknown_status_that_stays_is_named(string status, string words)
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(status);

        var failure = await bench.FailAsync();

        Assert.Equal("report-status", failure.Code);
        Assert.Contains($"in the status {words}, which is not known here", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resumed_report_has_the_rest_of_its_life()
    {
        await using var bench = new MicroserviceBench();
        bench.Handles.Kept = new Handle("h0", bench.Rig.Clock.GetUtcNow().AddMinutes(-59));
        bench.Service.Statuses.Enqueue("""{"status":"pending"}""");

        Assert.Equal("report-late", (await bench.FailAsync()).Code);
        Assert.Equal(new DateTimeOffset(2026, 4, 1, 12, 1, 0, TimeSpan.Zero), bench.Rig.Clock.GetUtcNow());
        Assert.Equal(0, bench.Service.Count("generate"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Forgotten_report_is_asked_for_once_more(bool atTheFile)
    {
        await using var bench = new MicroserviceBench();
        bench.Handles.Kept = new Handle("old", bench.Rig.Clock.GetUtcNow().AddMinutes(-10));
        var answers = atTheFile ? bench.Service.Files : bench.Service.Statuses;
        answers.Enqueue(BackgroundService.Error(404, "Report session not found"));
        answers.Enqueue(atTheFile ? BackgroundService.File("user_id,answer\nu1,yes\n") : BackgroundService.Completed);

        var outcome = await bench.PullAsync();

        Assert.Equal(1, bench.Service.Count("generate"));
        Assert.Equal("file h1", bench.Service.Calls[^1]);
        Assert.Contains("did not know the report of 2026-04-01 11:50 UTC any more", Assert.Single(outcome.Proof.Restarts), StringComparison.Ordinal);
        Assert.Equal("h1", bench.Handles.Kept!.Value);
    }

    [Fact]
    public async Task Report_that_is_forgotten_again_and_again_fails_and_cools_down()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(BackgroundService.Error(404, "Report session not found"));

        var failure = await bench.FailAsync();

        Assert.Equal("report-vanished", failure.Code);
        Assert.Equal(2, bench.Service.Count("generate"));
        Assert.Null(bench.Handles.Kept!.Value);
    }

    [Fact]
    public async Task Status_404_of_something_else_is_no_forgotten_report()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(new Answer("<html>not here</html>"u8.ToArray()) { Status = 404 });

        var failure = await bench.FailAsync();

        Assert.Equal((FaultKind.Unreachable, "http-404"), (failure.Kind, failure.Code));
        Assert.Contains("KALTURA_REPORTS_URL", failure.Message, StringComparison.Ordinal);
        Assert.Equal("h1", bench.Handles.Kept!.Value);
    }

    [Fact]
    public async Task Session_is_renewed_once_when_it_is_refused()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(BackgroundService.Error(401, "Invalid or missing KS"));
        bench.Service.Statuses.Enqueue(BackgroundService.Completed);

        await bench.PullAsync();

        var sent = bench.Rig.Server.Calls.Select(c => c.Headers["Authorization"]).ToList();
        Assert.Equal(sent[0], sent[1]);
        Assert.NotEqual(sent[1], sent[2]);
        Assert.Equal(1, bench.Service.Count("generate"));
    }

    [Fact]
    public async Task Session_that_stays_refused_keeps_the_handle()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(BackgroundService.Error(401, "Invalid or missing KS"));

        var failure = await bench.FailAsync();

        Assert.Equal((FaultKind.Refused, "unauthorized"), (failure.Kind, failure.Code));
        Assert.Contains("Check the credentials", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, bench.Service.Count("status"));
        Assert.Equal("h1", bench.Handles.Kept!.Value);
    }

    [Theory]
    [InlineData(403, FaultKind.Refused, "forbidden", "virtualeventid:<id>")]
    [InlineData(400, FaultKind.Window, "bad-request", "reportName must be one of; appGuid must be a string")]
    [InlineData(302, FaultKind.Unreachable, "redirect", "final address")]
    public async Task Refused_question_says_what_to_do(int status, FaultKind kind, string code, string words)
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Generates.Enqueue(BackgroundService.Error(status, new[] { "reportName must be one of", "appGuid must be a string" }).With("Location", "http://127.0.0.1:1/canary"));

        var failure = await bench.FailAsync();

        Assert.Equal((kind, code), (failure.Kind, failure.Code));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Equal(["generate"], bench.Service.Calls);
        Assert.Null(bench.Handles.Kept);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(429)]
    public async Task Busy_service_is_asked_again_and_the_report_is_not(int status)
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(BackgroundService.Error(status, "later").With("Retry-After", "7"));
        bench.Service.Statuses.Enqueue(BackgroundService.Completed);
        bench.Service.Files.Enqueue(BackgroundService.Error(status, "later"));
        bench.Service.Files.Enqueue(BackgroundService.File("user_id,answer\nu1,yes\n"));

        await bench.PullAsync();

        Assert.Equal(["generate", "status h1", "status h1", "file h1", "file h1"], bench.Service.Calls);
        Assert.True(bench.Rig.Clock.Waits[1] >= TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData(500, 3)]
    [InlineData(429, 6)]
    public async Task Service_that_fails_at_the_question_is_not_made_to_write_many_reports(int status, int asked)
    {
        await using var bench = new MicroserviceBench();
        for (var i = 0; i < 10; i++) bench.Service.Generates.Enqueue(BackgroundService.Error(status, "away"));

        Assert.Equal(FaultKind.Unreachable, (await bench.FailAsync()).Kind);
        Assert.Equal(asked, bench.Service.Count("generate"));
    }

    [Fact]
    public async Task Word_of_a_status_counts_in_any_letters()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue("""{"status":"IN_PROGRESS"}""");
        bench.Service.Statuses.Enqueue("""{"status":"Completed"}""");

        Assert.Equal(1, (await bench.PullAsync()).Rows);
        Assert.Equal(2, bench.Service.Count("status"));
    }

    [Fact]
    public async Task Service_that_stays_away_keeps_the_handle_for_the_next_run()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(BackgroundService.Error(503, "away"));
        var failure = await bench.FailAsync();
        Assert.Equal((FaultKind.Unreachable, "http-503"), (failure.Kind, failure.Code));

        bench.Service.Statuses.Clear();
        await bench.PullAgainAsync();

        Assert.Equal(1, bench.Service.Count("generate"));
        Assert.Equal("file h1", bench.Service.Calls[^1]);
    }

    [Fact]
    public async Task Successful_status_other_than_200_is_success()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Generates.Enqueue(new Answer("""{"sessionId":"made"}"""u8.ToArray()) { Status = 201 });

        await bench.PullAsync();

        Assert.Equal("file made", bench.Service.Calls[^1]);
    }

    [Theory]
    [InlineData("{}", "bad-reply")]
    [InlineData("""{"sessionId":null,"error":"no such report"}""", "bad-reply")]
    [InlineData("[]", "not-json")]
    [InlineData("<html></html>", "html")]
    [InlineData("", "empty-body")]
    public async Task Generate_without_an_id_keeps_nothing(string body, string code)
    {
        await using var bench = new MicroserviceBench();
        for (var i = 0; i < 6; i++) bench.Service.Generates.Enqueue(body);

        Assert.Equal(code, (await bench.FailAsync()).Code);
        Assert.Null(bench.Handles.Kept);
        Assert.Equal(0, bench.Service.Count("status"));
    }
}
