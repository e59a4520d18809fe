using Etl.Core.Errors;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Network;

/// <summary>Reports that are written in the background (docs/reliability.md, N49 to N53); the rest is in <c>MicroserviceTests</c>.</summary>
public class BackgroundFaultTests
{
    [Fact]
    public async Task N49_Lost_answer_to_generate_asks_again_and_follows_one_of_the_two()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Generates.Enqueue(new Answer([]) { Reset = true });

        var outcome = await bench.PullAsync();

        Assert.Equal(1, outcome.Rows);
        Assert.Equal(["generate", "generate", "status h1", "file h1"], bench.Service.Calls);
        Assert.Equal("h1", bench.Handles.Kept!.Value);
    }

    [Theory]
    [InlineData("pending")]
    [InlineData("in_progress")]
    public async Task N50_Report_that_stays_unfinished_is_given_up_after_its_life(string status)
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue($$"""{"status":"{{status}}"}""");
        var begun = bench.Rig.Clock.GetUtcNow();

        var failure = await bench.FailAsync();

        Assert.Equal("report-late", failure.Code);
        Assert.InRange(bench.Rig.Clock.GetUtcNow() - begun, TimeSpan.FromHours(1), TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));
        // Asked ever more seldom, half a minute apart in the end.
        Assert.InRange(bench.Service.Count("status"), 100, 140);
        Assert.Equal(1, bench.Service.Count("generate"));
        Assert.Null(bench.Handles.Kept!.Value);
    }

    [Theory]
    [InlineData("""{"status":"failed","error":"out of memory"}""", "report-failed")]
    [InlineData("""{"status":"Failed"}""", "report-failed")]
    [InlineData("""{"status":"ERROR"}""", "report-failed")]
    [InlineData("""{"status":"archived"}""", "report-status")]
    public async Task N51_Status_that_is_no_success_is_refused_whatever_its_letters(string status, string code)
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Statuses.Enqueue(status);

        Assert.Equal((FaultKind.Window, code), (await bench.FailAsync()) is var f ? (f.Kind, f.Code) : default);
        Assert.Equal(0, bench.Service.Count("file"));
    }

    [Fact]
    public async Task N52_Finished_report_that_is_gone_is_asked_for_once_more()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Files.Enqueue(BackgroundService.Error(404, "unknown session"));
        bench.Service.Files.Enqueue(BackgroundService.File("user_id,answer\nu1,yes\n"));

        Assert.Equal(1, (await bench.PullAsync()).Rows);
        Assert.Equal(2, bench.Service.Count("generate"));
    }

    [Fact]
    public async Task N52_Finished_report_that_serves_its_status_is_asked_again_and_then_refused()
    {
        await using (var once = new FaultyRoute(RouteName.Background, _ => """{"status":"in_progress"}""")) await once.SurvivesAsync();
        await using var pull = new FaultyRoute(RouteName.Background) { Always = _ => """{"status":"completed"}""" };

        Assert.Equal("not-json", (await pull.FailsAsync(calls: 3)).Code);
        Assert.Equal(0, pull.Rig.Sink.Starts);
    }

    [Fact]
    public async Task N53_Empty_file_beside_totals_that_are_not_is_refused()
    {
        await using var service = new CsvService { Rows = [["1_a", "One", "3"]] };
        service.File = _ => service.Whole() with { Rows = [], Totals = [""] };

        Assert.Equal("empty-unproven", (await service.FailAsync()).Code);
        Assert.Equal(4, service.AddressCalls.Count());
    }

    [Fact]
    public async Task N53_Empty_file_beside_totals_that_failed_is_refused()
    {
        // Totals without a header are no totals of nothing: the query failed inside the service.
        await using var service = new CsvService { Rows = [["1_a", "One", "3"]] };
        service.File = _ => service.Whole() with { Rows = [], Totals = [""] };
        service.Total = _ => """{"objectType":"KalturaReportTotal"}""";

        Assert.Equal("empty-unproven", (await service.FailAsync()).Code);
    }
}
