using System.Text;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.MicroserviceBench;

namespace Etl.Kaltura.Tests.Microservice;

/// <summary>The file of a background report: whole, proven and typed, or a failure.</summary>
public class MicroserviceFileTests
{
    [Theory]
    [InlineData("", "empty-body", true)]
    [InlineData("""{"statusCode":500,"error":"Internal","message":"x"}""", "not-json", true)]
    [InlineData("""{"status":"in_progress"}""", "not-json", true)]
    [InlineData("<html>We will be back</html>", "html", false)]
    [InlineData("<?xml version=\"1.0\"?><x/>", "html", false)]
    [InlineData("a,b\n1,2,3\n", "bad-row", true)]
    [InlineData("a,b\n1,\"2\n", "cut-off", true)]
    public async Task Answer_that_is_no_file_is_a_failure_and_not_an_empty_report(string body, string code, bool cools)
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Files.Enqueue(BackgroundService.File(body));

        var failure = await bench.FailAsync();

        Assert.Equal((FaultKind.Window, code), (failure.Kind, failure.Code));
        Assert.Equal(cools, bench.Handles.Kept!.Value is null);
        Assert.Equal(1, bench.Service.Count("generate"));
    }

    [Fact]
    public async Task Answer_that_is_no_file_once_is_survived()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Files.Enqueue("<html>We will be back</html>");
        bench.Service.Files.Enqueue(BackgroundService.File(""));
        bench.Service.Files.Enqueue(BackgroundService.File("user_id\nu1\nu2\n"));

        Assert.Equal(2, (await bench.PullAsync()).Rows);
    }

    [Fact]
    public async Task File_cut_on_the_way_is_fetched_again_from_its_beginning()
    {
        await using var bench = new MicroserviceBench();
        var whole = "user_id,answer\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"u{i},yes\n"));
        var cut = BackgroundService.File(whole[..(whole.Length / 2)]) with { StatedLength = Encoding.UTF8.GetByteCount(whole) };
        bench.Service.Files.Enqueue(cut);
        bench.Service.Files.Enqueue(BackgroundService.File(whole));

        var outcome = await bench.PullAsync();

        Assert.Equal(20_000, outcome.Rows);
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => $"u{i}"), bench.Rig.Sink.Column("user_id"));
        Assert.Equal(1, bench.Service.Count("generate"));
        Assert.Single(outcome.Proof.Restarts);
    }

    [Fact]
    public async Task File_without_a_last_line_feed_has_to_come_twice_alike()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Files.Enqueue(BackgroundService.File("user_id,answer\nu1,ye"));
        bench.Service.Files.Enqueue(BackgroundService.File("user_id,answer\nu1,yes\nu2,no"));

        var outcome = await bench.PullAsync();

        Assert.Equal([["u1", "yes"], ["u2", "no"]], bench.Rig.Sink.Rows);
        Assert.Equal("file-twice", Assert.Single(outcome.Proof.Chains).Stop);
        Assert.Single(outcome.Proof.Restarts);
        Assert.Equal(4, bench.Service.Count("file"));
    }

    [Fact]
    public async Task File_without_rows_is_an_empty_report_when_it_comes_twice()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Files.Enqueue(BackgroundService.File("user_id,answer\n"));

        var outcome = await bench.PullAsync();

        Assert.Equal((0L, true, "known-empty"), (outcome.Rows, outcome.Proof.KnownEmpty, Assert.Single(outcome.Proof.Chains).Stop));
        Assert.Equal(2, bench.Service.Count("file"));
        Assert.Equal(["user_id", "answer"], bench.Rig.Sink.Schema!.Columns.Select(c => c.Name));
    }

    [Fact]
    public async Task File_without_rows_that_has_some_a_moment_later_is_read_again()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Files.Enqueue(BackgroundService.File("user_id,answer\n"));
        bench.Service.Files.Enqueue(BackgroundService.File("user_id,answer\nu1,yes\n"));

        Assert.Equal(1, (await bench.PullAsync()).Rows);
    }

    [Fact]
    public async Task Columns_go_by_name_ids_stay_text_and_unknown_ones_follow_the_policy()
    {
        const string File = "novel,user_id,plays,entry_name\nx,007,12,\"a, \"\"b\"\"\nc\"\n";
        await using var bench = new MicroserviceBench();
        bench.Service.Files.Enqueue(BackgroundService.File(File));
        await bench.PullAsync();
        Assert.Equal([["x", "007", "12", "a, \"b\"\nc"]], bench.Rig.Sink.Rows);
        Assert.Equal([false, true, true, true], bench.Rig.Sink.Schema!.Columns.Select(c => c.Known));

        await using var other = new MicroserviceBench();
        other.Service.Files.Enqueue(BackgroundService.File(File));
        await other.PullAsync(request: other.Request(policy: SchemaPolicy.Ignore));
        Assert.Equal(["user_id", "plays", "entry_name", "_extra"], other.Rig.Sink.Schema!.Columns.Select(c => c.Name));
        Assert.Equal([["007", "12", "a, \"b\"\nc", """{"novel":"x"}"""]], other.Rig.Sink.Rows);
    }

    [Fact]
    public async Task Column_that_is_text_in_this_report_stays_text()
    {
        await using var bench = new MicroserviceBench();
        bench.Service.Files.Enqueue(BackgroundService.File("email,attended\na@example.com,true\n"));

        await bench.PullAsync(Spec("registration", ("appGuid", Text("a1"))));

        Assert.Equal([["a@example.com", "true"]], bench.Rig.Sink.Rows);
        Assert.Empty(bench.Rig.Sink.Notes);
        Assert.Equal("""{"appGuid":"a1"}""", bench.Service.Asked[0].GetProperty("reportParameters").GetRawText());
    }

    [Fact]
    public async Task Every_answer_is_captured_without_credentials()
    {
        await using var bench = new MicroserviceBench();
        await bench.PullAsync();

        Assert.Equal(["generate-1", "serve-1", "serve-2"], bench.Rig.Sink.Raw.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("user_id,answer\nu1,yes\n", bench.Rig.Sink.Raw["serve-2"]);
        foreach (var raw in bench.Rig.Sink.Raw.Values) Rig.AssertNoCanary(raw);
    }
}
