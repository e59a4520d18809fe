using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Raw;
using Etl.Core.Sources;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Raw;

/// <summary>The same source over recorded answers brings the same rows and asks nobody.</summary>
public class ReplayTests
{
    /// <summary>Pulls once more from what the rig's sink captured, with no credential, and counts what reached the server.</summary>
    private static async Task<(PullOutcome Outcome, CollectingSink Sink)> ReplayAsync(Rig rig, SourceSpec? spec = null, IRawRecording? recording = null)
    {
        var calls = rig.Server.Calls.Count;
        using var connection = KalturaConnection.Over(
            new KalturaSettings { ServiceUrl = rig.Server.Url, PartnerId = "1234567" }, recording ?? new MemoryRecording(rig.Sink.Replies));
        var sink = new CollectingSink();
        try
        {
            var outcome = await new KalturaSourceFactory(connection, KalturaCatalog.Shared).Create(spec ?? Rig.Spec(), "1234567").PullAsync(Rig.Request(), sink, default);
            return (outcome, sink);
        }
        finally
        {
            Assert.Equal(calls, rig.Server.Calls.Count);
        }
    }

    private static void AssertEqual(Rig rig, PullOutcome pulled, (PullOutcome Outcome, CollectingSink Sink) replayed)
    {
        Assert.NotEmpty(rig.Sink.Rows);
        Assert.All(rig.Sink.Replies, r => Assert.True(r.Ended));
        Assert.Equal(rig.Sink.Rows, replayed.Sink.Rows);
        Assert.Equal(rig.Sink.Schema!.Columns, replayed.Sink.Schema!.Columns);
        Assert.Equal(rig.Sink.Notes, replayed.Sink.Notes);
        Assert.Equal(rig.Sink.Starts, replayed.Sink.Starts);
        Assert.Equal(pulled.Totals, replayed.Outcome.Totals);
        Assert.Equal(pulled.Proof.Restarts, replayed.Outcome.Proof.Restarts);
        Assert.Equal(pulled.Proof.Splits, replayed.Outcome.Proof.Splits);
        Assert.Equal(pulled.Proof.Chains.SelectMany(c => c.Pages), replayed.Outcome.Proof.Chains.SelectMany(c => c.Pages));
    }

    private static string Page(params string[] rows) => Bodies.Table(rows, rows.Length, "object_id|entry_name|count_plays");

    public static TheoryData<string> Faults() =>
        ["session ends", "busy", "cut", "reset", "server error", "times out", "nothing"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Pull_with_a_fault_in_the_middle_replays_with_the_same_fault(string fault)
    {
        await using var rig = new Rig();
        var page = Page("1_a|One|3", "1_b|Two|4");
        rig.TableAnswers(fault switch
        {
            "session ends" => [Bodies.InvalidKs("EXPIRED"), page],
            "busy" => [new Answer([]) { Status = 503 }, page],
            "cut" => [(Answer)page[..(page.Length / 2)] with { StatedLength = page.Length }, page],
            "reset" => [new Answer([]) { Reset = true }, page],
            "server error" => [Bodies.Error("INTERNAL_SERVERL_ERROR", "no"), page],
            "times out" => [Bodies.Error("DRUID_QUERY_TIMED_OUT", "late"), Bodies.Error("DRUID_QUERY_TIMED_OUT", "late"), page],
            _ => [page],
        });
        rig.TotalAnswers(Bodies.Plays(7));
        var pulled = await rig.PullAsync();

        AssertEqual(rig, pulled, await ReplayAsync(rig));
        Assert.Equal(pulled.Proof.Calls, rig.Sink.Replies.Count);
    }

    [Fact]
    public async Task File_over_several_connections_is_one_reply_and_replays_as_one()
    {
        await using var service = new CsvService { Rows = [.. Enumerable.Range(0, 400).Select(i => new[] { $"1_{i:00000000}", $"Name {i}", "1" })] };
        service.File = call =>
        {
            var file = service.Whole().Bytes;
            var from = call.Headers.TryGetValue("Range", out var range) ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            var rest = file[from..];
            var answer = (ReportFile.Send(rest[..Math.Min(4000, rest.Length)]) with { StatedLength = rest.Length, Status = from > 0 ? 206 : 200 }).With("Accept-Ranges", "bytes").With("ETag", "\"v1\"");
            return from > 0 ? answer.With("Content-Range", $"bytes {from}-{file.Length - 1}/{file.Length}") : answer;
        };
        var pulled = await service.PullAsync();
        Assert.True(service.FileCalls.Count() > 2);
        Assert.Single(service.Rig.Sink.Replies, r => r.Request.Service == "file");

        AssertEqual(service.Rig, pulled, await ReplayAsync(service.Rig, CsvService.Spec()));
    }

    [Fact]
    public async Task Files_that_were_refused_are_refused_again_before_the_one_that_came()
    {
        await using var service = new CsvService();
        service.Answers.Enqueue(new Answer([]).With("X-Kaltura", "error-3"));
        service.Answers.Enqueue(ReportFile.Send([]));
        var pulled = await service.PullAsync();
        Assert.Equal(2, pulled.Proof.Restarts.Count);

        AssertEqual(service.Rig, pulled, await ReplayAsync(service.Rig, CsvService.Spec()));
    }

    [Fact]
    public async Task Address_is_kept_without_its_session_in_request_and_reply()
    {
        await using var service = new CsvService();
        await service.PullAsync();
        var asked = service.Rig.Sink.Replies.Single(r => r.Request.Service == "file").Request;
        var address = Assert.Single(asked.Fields).Value;
        Assert.EndsWith("/serve/ks/***", address, StringComparison.Ordinal);
        Assert.Equal($"\"{address}\"", service.Rig.Sink.Raw["getUrlForReportAsCsv-1"]);
        Assert.DoesNotContain(service.Rig.Sink.Replies, r => r.Request.Service == "session" || r.Request.Fields.Any(f => f.Key == "ks"));
    }

    [Fact]
    public async Task Request_that_was_not_recorded_is_an_error_that_says_so()
    {
        await using var rig = new Rig();
        rig.TableAnswers(Page("1_a|One|3"));
        rig.TotalAnswers(Bodies.Plays(3));
        await rig.PullAsync();
        var filtered = Rig.Spec() with { Filter = new Dictionary<string, FilterValue> { ["playbackTypeIn"] = new(["vod"], false) } };
        var fault = await Assert.ThrowsAnyAsync<EtlException>(() => ReplayAsync(rig, filtered));
        Assert.Equal((FaultKind.Window, "not-recorded", false), (fault.Kind, fault.Code, fault.IsTransient));
        Assert.Contains("report.getTable, page 1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_that_are_used_up_are_an_error_and_no_call()
    {
        await using var rig = new Rig();
        rig.TableAnswers(new Answer([]) { Status = 503 }, Page("1_a|One|3"));
        rig.TotalAnswers(Bodies.Plays(3));
        await rig.PullAsync();
        var first = new MemoryRecording([rig.Sink.Replies[0]]);
        var fault = await Assert.ThrowsAnyAsync<EtlException>(() => ReplayAsync(rig, recording: first));
        Assert.Equal("not-recorded", fault.Code);
        Assert.Contains("no further answer", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_reply_fails_the_replay_without_another_try()
    {
        await using var rig = new Rig();
        rig.TableAnswers(Page("1_a|One|3"));
        rig.TotalAnswers(Bodies.Plays(3));
        await rig.PullAsync();
        var recording = new MemoryRecording(rig.Sink.Replies);
        recording.Damage(0);
        var fault = await Assert.ThrowsAnyAsync<EtlException>(() => ReplayAsync(rig, recording: recording));
        Assert.Equal("raw-damaged", fault.Code);
    }

    [Fact]
    public async Task Session_with_privileges_needs_no_credential_in_a_replay()
    {
        await using var rig = new Rig();
        rig.TableAnswers(Page("1_a|One|3"));
        rig.TotalAnswers(Bodies.Plays(3));
        var spec = Rig.Spec() with { Privileges = ["virtualeventid:99"] };
        var pulled = await rig.PullAsync(spec);
        AssertEqual(rig, pulled, await ReplayAsync(rig, spec));
    }
}
