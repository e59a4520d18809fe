using System.Globalization;
using System.IO.Compression;
using System.Text;
using Etl.Core.Errors;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Abuse;

/// <summary>Answers that are small on the wire and want to be large here.</summary>
public class BombAbuseTests
{
    private const string Entities = """
        <?xml version="1.0"?>
        <!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>
        <xml><result><error><code>X</code><message>&c;&d;</message></error></result></xml>
        """;

    /// <summary>What it is, and the answer.</summary>
    public static TheoryData<string> Bombs() => [.. s_bombs.Keys];

    private static readonly Dictionary<string, Func<Answer>> s_bombs = new(StringComparer.Ordinal)
    {
        ["body that grows a thousand times"] = () => Gzip(Table([new string('a', 64 << 20) + "|1"], 1)),
        ["zip of zips"] = () => Gzip(Gzip(Gzip(Table([new string('a', 16 << 20) + "|1"], 1)).Body).Body),
        ["zip of zips, said to be one"] = () => Gzip(Gzip(Table(Entries(0, 3), 3)).Body).With("Content-Encoding", "gzip, gzip"),
        ["huge header"] = () => ((Answer)Table(Entries(0, 3), 3)).With("X-Huge", new string('h', 2 << 20)),
        ["many headers"] = () => ((Answer)Table(Entries(0, 3), 3)) with { Headers = Enumerable.Range(0, 60_000).ToDictionary(i => "X-" + i.ToString(CultureInfo.InvariantCulture), _ => "v") },
        ["a million columns"] = () => Table([string.Join('|', Enumerable.Repeat("1", 1_000_000))], 1, string.Join('|', Enumerable.Range(0, 1_000_000))),
        ["deep nesting"] = () => "{\"objectType\":\"KalturaReportTable\",\"header\":" + new string('[', 200_000) + new string(']', 200_000) + "}",
        ["deep nesting beside the rows"] = () => "{\"x\":" + string.Concat(Enumerable.Repeat("{\"x\":", 100_000)) + "1" + new string('}', 100_001),
        ["expanding entities"] = () => ((Answer)Entities).With("Content-Type", "text/xml"),
        ["deep XML"] = () => ((Answer)("<xml>" + string.Concat(Enumerable.Repeat("<a>", 200_000)))).With("Content-Type", "text/xml"),
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public async Task Bomb_is_refused_as_an_answer_in_little_memory(string bomb)
    {
        var answer = s_bombs[bomb]();
        await using var rig = new Rig();
        rig.Server.Script = _ => answer;
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var failure = await rig.FailAsync();

        Assert.True(failure.Kind is FaultKind.Window or FaultKind.Unreachable, $"{bomb}: {failure}");
        Assert.DoesNotContain("root:", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("aaaaaaaaaaaa", failure.ToString(), StringComparison.Ordinal);
        Assert.InRange(failure.Message.Length, 20, 2_000);
        Assert.Empty(rig.Sink.Rows);
        // What stays behind, not what passed through: the rest is bounded piece by piece, see the limits of bodies, cells and columns.
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 96 << 20, bomb);
    }

    [Fact]
    public async Task Report_file_may_not_be_a_bomb_either()
    {
        await using var service = new CsvService();
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(Encoding.UTF8.GetBytes(new string('a', 16 << 20)));
        service.File = _ => new Answer(packed.ToArray()).With("Content-Type", "text/csv").With("Content-Encoding", "gzip");

        Assert.Equal("bad-encoding", (await service.FailAsync()).Code);
    }
}
