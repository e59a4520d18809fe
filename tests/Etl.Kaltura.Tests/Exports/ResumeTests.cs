using System.Globalization;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>Broken connections: the rest by range where it is provably of the same file, otherwise a new file.</summary>
public class ResumeTests
{
    private const string Tag = "\"v1\"";

    private static List<string[]> Many => [.. Enumerable.Range(0, 400).Select(i => new[] { $"1_{i:00000000}", $"Name {i}", "1" })];

    /// <summary>Serves ranges as the service does, and breaks off after so many bytes of each answer.</summary>
    private static Answer Ranged(CsvService service, RecordedCall call, int bytes, string tag = Tag, int? length = null, bool acceptRanges = true)
    {
        var file = service.Whole().Bytes;
        var from = call.Headers.TryGetValue("Range", out var range) ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
        var rest = file[from..];
        var sent = rest[..Math.Min(bytes, rest.Length)];
        var answer = ReportFile.Send(sent) with { StatedLength = rest.Length, Status = from > 0 ? 206 : 200 };
        if (acceptRanges) answer = answer.With("Accept-Ranges", "bytes");
        if (tag.Length > 0) answer = answer.With("ETag", tag);
        return from > 0 ? answer.With("Content-Range", $"bytes {from}-{file.Length - 1}/{length ?? file.Length}") : answer;
    }

    [Theory]
    [InlineData(Tag)]
    [InlineData("")]
    public async Task Broken_connection_is_resumed_by_range_at_the_same_address(string tag)
    {
        await using var service = new CsvService { Rows = Many };
        service.File = call => Ranged(service, call, 4000, tag);

        var outcome = await service.PullAsync();

        Assert.Equal(400, outcome.Rows);
        Assert.Equal(400, service.Rig.Sink.Column("object_id").Distinct().Count());
        Assert.Single(service.AddressCalls);
        Assert.True(service.FileCalls.Count() > 2);
        Assert.Equal(tag.Length > 0, service.FileCalls.Skip(1).All(c => c.Headers.GetValueOrDefault("If-Range") == Tag));
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("asked for by range", StringComparison.Ordinal));
        Assert.Equal(service.Whole().Text, service.Rig.Sink.Raw["get-1"]);
    }

    [Fact]
    public async Task Broken_connection_without_ranges_asks_for_a_new_file()
    {
        await using var service = new CsvService { Rows = Many };
        var files = 0;
        service.File = call => Ranged(service, call, ++files == 1 ? 4000 : int.MaxValue, acceptRanges: false);

        var outcome = await service.PullAsync();

        Assert.Equal(400, service.Rig.Sink.Rows.Count);
        Assert.Equal(2, service.AddressCalls.Count());
        Assert.DoesNotContain(service.FileCalls, c => c.Headers.ContainsKey("Range"));
        Assert.Contains("connection broke", Assert.Single(outcome.Proof.Restarts), StringComparison.Ordinal);
    }

    public static TheoryData<string> Changes() => ["tag", "length", "whole", "gone", "refused", "shifted"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Rest_that_is_not_of_the_same_file_is_not_taken(string change)
    {
        await using var service = new CsvService { Rows = Many };
        var files = 0;
        service.File = call =>
        {
            if (++files is 1 or > 2) return Ranged(service, call, files == 1 ? 4000 : int.MaxValue);
            return change switch
            {
                "tag" => Ranged(service, call, int.MaxValue, "\"v2\""),
                "length" => Ranged(service, call, int.MaxValue, length: 99_999),
                "whole" => service.Whole(),
                "gone" => new Answer([]) { Status = 404 },
                "refused" => Ranged(service, call, int.MaxValue).With("X-Kaltura", "error-3"),
                _ => Ranged(service, call, int.MaxValue).With("Content-Range", $"bytes 0-{service.Whole().Bytes.Length - 1}/{service.Whole().Bytes.Length}"),
            };
        };

        var outcome = await service.PullAsync();

        Assert.Equal(400, outcome.Rows);
        Assert.Equal(2, service.AddressCalls.Count());
        Assert.Equal(400, service.Rig.Sink.Column("object_id").Distinct().Count());
        Assert.Single(outcome.Proof.Restarts);
    }

    [Fact]
    public async Task Connection_that_never_brings_a_byte_more_is_given_up()
    {
        await using var service = new CsvService { Rows = Many };
        service.File = call => Ranged(service, call, call.Headers.ContainsKey("Range") ? 0 : 4000);

        var failure = await service.FailAsync();

        Assert.Equal(("connection-lost", true), (failure.Code, failure.IsTransient));
        // Four addresses, each with its file and three tries for the rest.
        Assert.Equal((4, 16), (service.AddressCalls.Count(), service.FileCalls.Count()));
    }
}
