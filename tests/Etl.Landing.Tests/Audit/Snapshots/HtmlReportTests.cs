using System.Text.RegularExpressions;
using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Landing.Audit.Report;
using Etl.Landing.Tests.Staging;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Audit.Snapshots;

public sealed partial class HtmlReportTests : IDisposable
{
    private readonly SnapshotBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private async Task<string> ReportAsync(params RowBatch[] batches)
    {
        var key = Keys.Key(job: "compliance-training");
        using var pull = Staged.Pull(_bench.Folder.Path, key, Keys.Stamp("20261120T120000Z-0badf00d", 3, batches.Sum(b => b.RowCount), new string('c', 64)), batches[0].Schema, batches);
        await _bench.RecordAsync(pull, "reply", "totals");
        var order = SnapshotBench.Order(pull);
        order = order with
        {
            Record = order.Record! with
            {
                Quarantined = 0,
                ProofJson = """{"version":1,"chains":[{"part":"","pages":[{"number":1,"asked":12000,"rows":24,"totalCount":24,"bytes":2048,"sha256":"00"}],"stop":"short-page-matches-total"}],"totals":{"count_plays":60,"sum_time_viewed":312.0},"calls":2,"bytes":2290}""",
                Checks = [new("totals", Verdict.Pass, "2 sums equal the service's totals."), new("keys", Verdict.Pass, "No key occurs twice."), new("second-path", Verdict.Skipped, "switched off in the job")],
            },
        };
        await using var prepared = await _bench.Target().PrepareAsync(order, pull, default);
        await prepared.PublishAsync(default);
        var html = await File.ReadAllTextAsync(_bench.FileOf(_bench.Log.Entries.Count - 1, "report.html"));
        if (Environment.GetEnvironmentVariable("ETL_TESTS_REPORT") is { } path) await File.WriteAllTextAsync(path, html);
        return html;
    }

    [Fact]
    public async Task Report_says_who_watched_what_and_how_it_is_known()
    {
        var html = await ReportAsync(TrainingRows.Batch(24));
        var text = Tags().Replace(html[html.IndexOf("<body>", StringComparison.Ordinal)..], " ");
        foreach (var said in new[]
        {
            "Who watched what", "Amara Okafor", "Code of conduct 2026", "Benoît Lefèvre", "Elif Yılmaz", "Geographic spread", "Taiwan, Province of China", "(not known)", "Completion",
            "The service was called 2 times", "shorter than asked for and the rows add up", "2 sums equal the service&#39;s totals.", "not asked", "rows.parquet", "raw/replies.jsonl", "312", "openssl dgst",
        })
            Assert.Contains(said, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_mean_no_good_are_text()
    {
        var html = await ReportAsync(TrainingRows.Batch(24));
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u202E', html);
        Assert.Contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;[U+202E]gnp.exe", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
        Assert.All(Opening().Matches(html).Select(m => m.Groups[1].Value), tag => Assert.DoesNotContain(tag, new[] { "script", "img", "link", "iframe", "a", "object" }));
    }

    [Fact]
    public async Task Same_rows_in_another_order_give_the_same_bytes_but_for_the_files_they_speak_of()
    {
        var rows = TrainingRows.Batch(1_500);
        var turned = new RowBatch(TrainingRows.Schema);
        for (var row = rows.RowCount - 1; row >= 0; row--) turned.AppendRow(rows, row);
        string Said(string html) => Hashes().Replace(html[..html.IndexOf("Files and how", StringComparison.Ordinal)], "");
        var (first, second) = (await ReportAsync(rows), await ReportAsync(rows));
        Assert.Equal(first, second);
        Assert.Equal(Said(first), Said(await ReportAsync(turned)));
        Assert.Contains("The first 1,000 of 1,500 rows", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quartiles_are_told_where_the_rows_have_them()
    {
        var schema = new TableSchema(
        [
            new Column("object_id", ColumnType.Text), new Column("country", ColumnType.Text), new Column("count_plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full),
            .. new[] { "25", "50", "75", "100" }.Select(q => new Column("count_plays_" + q, ColumnType.Int64, ColumnRole.Metric, Additivity.Full)),
        ], ["object_id"]);
        var rows = new RowBatch(schema);
        for (var row = 0; row < 2; row++)
        {
            AllTypes.Text(rows, 0, row == 0 ? "US" : "DE");
            AllTypes.Text(rows, 1, row == 0 ? "United States" : "Germany");
            foreach (var (column, value) in new[] { 100L, 80, 60, 40, 20 }.Select((v, i) => (i + 2, v + row))) AllTypes.Fixed<long>(rows, column, value);
        }
        var text = Tags().Replace(await ReportAsync(rows), " ");
        Assert.Contains("Where it was watched", text, StringComparison.Ordinal);
        Assert.Matches(@"reached 25 %\s+161\s", text);
        Assert.Matches(@"reached 100 %\s+41\s", text);
    }

    [Theory]
    [InlineData("a\0b", "a[U+0000]b")]
    [InlineData("\u200Bx\uFEFF", "[U+200B]x[U+FEFF]")]
    [InlineData("'\"<>&", "&#39;&quot;&lt;&gt;&amp;")]
    [InlineData("漢字 𝒳 עברית", "漢字 𝒳 עברית")]
    public void Text_shows_what_cannot_be_seen(string text, string escaped) => Assert.Equal(escaped, Html.Escape(text));

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex("<([a-z0-9]+)")]
    private static partial Regex Opening();

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Hashes();
}
