using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>Files at the cap of 60,000 rows are split like tables; a part never reaches the cap.</summary>
public class CsvSplitTests
{
    private static readonly string[] s_columns = ["object_id", "entry_name", "count_plays"];

    private static FakeReport Entries(int count) => new(s_columns, [.. Enumerable.Range(0, count).Select(i => new Dictionary<string, string>
    {
        ["object_id"] = string.Create(CultureInfo.InvariantCulture, $"1_{i:00000000}"),
        ["entry_name"] = "-name",
        ["count_plays"] = string.Create(CultureInfo.InvariantCulture, $"{i % 50 + 1}"),
        [".created"] = (1_600_000_000 + i * 360L).ToString(CultureInfo.InvariantCulture),
    })])
    { CreatedAt = ".created" };

    private static Rig Serving(FakeReport report)
    {
        var rig = new Rig();
        var asks = new ConcurrentDictionary<string, RecordedCall>();
        rig.Server.Script = call =>
        {
            switch (call.Action)
            {
                case "getTable": return report.Table(call);
                case "getTotal": return report.Total(call);
                case "getUrlForReportAsCsv":
                    var path = $"/serve/ks/{CsvService.FileKs}/id/{asks.Count}/report.csv";
                    asks[path] = call;
                    return JsonSerializer.Serialize($"{rig.Server.Url.GetLeftPart(UriPartial.Authority)}{path}");
                default: return report.File(asks[call.Path]);
            }
        };
        return rig;
    }

    [Fact]
    public async Task One_row_below_the_cap_is_one_file()
    {
        await using var rig = Serving(Entries(59_999));

        var outcome = await rig.PullAsync(CsvService.Spec());

        Assert.Equal(59_999, rig.Sink.Rows.Count);
        Assert.Empty(outcome.Proof.Splits);
        Assert.Single(outcome.Proof.Chains);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(60_001)]
    [InlineData(130_000)]
    public async Task N42_File_at_or_past_the_cap_is_split_and_brings_all_rows_once(int rows)
    {
        await using var rig = Serving(Entries(rows));

        var outcome = await rig.PullAsync(CsvService.Spec());

        Assert.Equal(rows, outcome.Rows);
        Assert.Equal(rows, rig.Sink.Column("object_id").Distinct().Count());
        Assert.Equal("cap", outcome.Proof.Chains[0].Stop);
        Assert.Contains("entryCreatedAt ranges", outcome.Proof.Splits[0], StringComparison.Ordinal);
        Assert.All(outcome.Proof.Chains.Where(c => c.Stop != "cap"), c => Assert.True(c.Pages.Sum(p => p.Rows) < 60_000));
        Assert.All(rig.Sink.Column("entry_name"), n => Assert.Equal("-name", n));
        Rig.AssertNoCanary(JsonSerializer.Serialize(outcome.Proof));
    }

    [Fact]
    public async Task Report_without_a_split_fails_as_truncated_at_exactly_the_cap()
    {
        var report = new FakeReport(["object_id", "count_plays"], [.. Enumerable.Range(0, 60_000).Select(i => new Dictionary<string, string> { ["object_id"] = $"d{i}", ["count_plays"] = "1" })]);
        await using var rig = Serving(report);

        var failure = await rig.FailAsync(CsvService.Spec("6"));

        Assert.Equal("truncated", failure.Code);
        Assert.Contains("60000", failure.Message, StringComparison.Ordinal);
    }
}
