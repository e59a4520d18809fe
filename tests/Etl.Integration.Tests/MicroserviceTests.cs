using System.Globalization;
using System.Text;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Parquet;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>Background reports from the command line against the sandbox: rows, faults, and a process that is killed while it waits.</summary>
public sealed class MicroserviceTests
{
    private const string Polls = "{ name: pollsActivity, action: microservice, parameters: { virtual_event_ids: [70001] } }";

    private static readonly SandboxMicroserviceOptions s_quick = new() { PendingFor = TimeSpan.FromMilliseconds(200), InProgressFor = TimeSpan.FromMilliseconds(200) };

    private static Task<Workshop> OpenAsync() => Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 12, Microservice = s_quick });

    private static void WriteJob(Workshop shop, string name = "polls", string source = Polls) => shop.WriteJobText(name, $$"""
        job: {{name}}
        source: {{source}}
        window: { every: day, timezone: UTC, lookback: 1, settle: 2h }
        land:
          - parquet: { dataset: {{name}} }
          - table: { connection: warehouse, name: {{name}} }
        """);

    private static string LatestDay() => DateTimeOffset.UtcNow.AddHours(-2).Date.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Rows_of_every_report_equal_the_truth()
    {
        await using var shop = await OpenAsync();
        string[] chat = ["pollsActivity", "chatUserActivity", "moderatorTranscripts", "chatModeration", "groupChatTranscripts", "privateTranscripts"];
        List<(string Report, string Source)> sources =
        [
            ("registration", "{ name: registration, action: microservice, parameters: { appGuid: a1b2 } }"),
            ("attachment", "{ name: attachment, action: microservice }"),
            ("reportsEnrichment", "{ name: reportsEnrichment, action: microservice, parameters: { taskType: viewership } }"),
            .. chat.Select(name => (name, $"{{ name: {name}, action: microservice, parameters: {{ virtual_event_ids: [70001] }} }}")),
        ];
        var yaml = new StringBuilder("job: all\nsources:\n");
        foreach (var (report, source) in sources) yaml.Append(CultureInfo.InvariantCulture, $"  {report.ToLowerInvariant()}: {source}\n");
        yaml.Append("window: { every: day, timezone: UTC, lookback: 1, settle: 2h }\nland:\n");
        foreach (var (report, _) in sources) yaml.Append(CultureInfo.InvariantCulture, $"  - {{ from: {report.ToLowerInvariant()}, parquet: {{ dataset: {report.ToLowerInvariant()} }} }}\n");
        shop.WriteJobText("all", yaml.ToString());

        var run = await shop.RunAsync("run", "all", "--json");

        Assert.True(run.Exit == 0, run.ToString());
        var jobs = await JobsAsync(shop);
        Assert.Equal(sources.Select(s => s.Report).Order(StringComparer.Ordinal), jobs.Select(j => j.Report).Order(StringComparer.Ordinal));
        foreach (var (report, session) in jobs)
        {
            var truth = await TruthAsync(shop, session);
            Assert.True(truth.Length > 0, $"The sandbox has no rows for {report}.");
            Assert.Equal(truth, Landed(shop.ParquetFile(report.ToLowerInvariant(), LatestDay())));
        }
    }

    /// <summary>Killed before the handle is written down, nobody can know of it any more: the report is asked for once more, and one of the two lands.</summary>
    [SkippableFact]
    public async Task Kill_before_the_handle_is_kept_asks_once_more_and_lands_once()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        WriteJob(shop);
        var crashed = await shop.RunAsync(new Dictionary<string, string> { ["ETL_CRASH_AT"] = "microservice.generated" }, "run", "polls");
        Assert.True(crashed.Exit == 137, crashed.ToString());
        Assert.Single(await JobsAsync(shop));

        var again = await shop.RunAsync("run", "polls");

        Assert.True(again.Exit == 0, again.ToString());
        var reports = await JobsAsync(shop);
        Assert.Equal(2, reports.Count);
        Assert.Equal(await TruthAsync(shop, reports[^1].Session), Landed(shop.ParquetFile("polls", LatestDay())));
        Assert.Equal("1", Ledger(shop, "SELECT count(DISTINCT landed_pull) AS v FROM etl_window WHERE state = 'landed'"));
        Assert.Equal("0", Ledger(shop, "SELECT count(*) AS v FROM etl_handle"));
        Assert.Empty(shop.Leftovers());
    }

    /// <summary>Wherever the process is killed once it has the handle, the service is not asked to write a second report.</summary>
    [SkippableTheory]
    [InlineData("microservice.kept")]
    [InlineData("staged.half")]
    [InlineData("parquet.renamed")]
    [InlineData("table.committed")]
    [InlineData("ledger.before-settle")]
    public async Task Kill_after_the_handle_is_kept_leaves_one_report_on_the_server_and_one_landing(string point)
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        WriteJob(shop);
        var crashed = await shop.RunAsync(new Dictionary<string, string> { ["ETL_CRASH_AT"] = point }, "run", "polls");
        Assert.True(crashed.Exit == 137, $"'{point}' did not kill the run: {crashed}");
        var before = Assert.Single(await JobsAsync(shop));
        Assert.Equal(before.Session, Ledger(shop, "SELECT handle AS v FROM etl_handle"));

        var again = await shop.RunAsync("run", "polls", "--json");

        Assert.True(again.Exit == 0, again.ToString());
        Assert.Equal(before, Assert.Single(await JobsAsync(shop)));
        var truth = await TruthAsync(shop, before.Session);
        Assert.NotEmpty(truth);
        Assert.Equal(truth, Landed(shop.ParquetFile("polls", LatestDay())));
        Assert.Equal(truth.Length.ToString(CultureInfo.InvariantCulture), shop.Query("SELECT count(*) AS v FROM polls")[0].GetProperty("v").ToString());
        Assert.Equal("1", Ledger(shop, "SELECT count(DISTINCT landed_pull) AS v FROM etl_window WHERE state = 'landed'"));
        Assert.Equal("0", Ledger(shop, "SELECT count(*) AS v FROM etl_handle"));
        Assert.Empty(shop.Leftovers());
        var idle = await shop.RunAsync("run", "polls", "--json");
        Assert.True(idle.Exit == 0 && idle.Of("window").Count == 0, idle.ToString());
    }

    [SkippableFact]
    public async Task Report_that_was_landed_is_written_anew_when_it_is_forced()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        WriteJob(shop);
        Assert.Equal(0, (await shop.RunAsync("run", "polls")).Exit);
        var forced = await shop.RunAsync("run", "polls", "--from", LatestDay(), "--to", LatestDay(), "--force");

        Assert.True(forced.Exit == 0, forced.ToString());
        Assert.Equal(2, (await JobsAsync(shop)).Count);
    }

    public static TheoryData<string, string, int> Passing => new()
    {
        { "action-blocked", "microservice.generate", 0 },
        { "expired-session", "microservice.generate", 0 },
        { "internal-error", "microservice.serve", 0 },
        { "expired-session", "microservice.serve", 0 },
        { "html-page", "microservice.serve", 0 },
        { "truncated-gzip", "microservice.serve", 0 },
        { "http-502", "microservice.serve", 1 },
        { "html-page", "microservice.serve", 1 },
        { "empty-body", "microservice.serve", 1 },
        { "truncated-body", "microservice.serve", 1 },
        { "truncated-gzip", "microservice.serve", 1 },
        { "broken-connection", "microservice.serve", 1 },
        { "invalid-utf8", "microservice.serve", 1 },
    };

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Fault_that_passes_costs_no_row_and_no_second_report(string kind, string action, int skip)
    {
        await using var shop = await OpenAsync();
        WriteJob(shop);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","action":"{{action}}","times":1,"skip":{{skip}}}""");

        var run = await shop.RunAsync("run", "polls", "--json");

        Assert.True(run.Exit == 0, run.ToString());
        var job = Assert.Single(await JobsAsync(shop));
        Assert.Equal(await TruthAsync(shop, job.Session), Landed(shop.ParquetFile("polls", LatestDay())));
    }

    /// <summary>The service has no way to ask for what it was told to write: a lost answer costs it a second report, and us nothing.</summary>
    [Theory]
    [InlineData("http-502")]
    [InlineData("lost-reply")]
    public async Task Lost_answer_to_the_question_costs_a_second_report_and_no_row(string kind)
    {
        await using var shop = await OpenAsync();
        WriteJob(shop);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","action":"microservice.generate","times":1}""");

        var run = await shop.RunAsync("run", "polls", "--json");

        Assert.True(run.Exit == 0, run.ToString());
        var jobs = await JobsAsync(shop);
        Assert.Equal(2, jobs.Count);
        Assert.Equal(await TruthAsync(shop, jobs[1].Session), Landed(shop.ParquetFile("polls", LatestDay())));
    }

    [Fact]
    public async Task Failed_report_cools_down_over_runs()
    {
        await using var shop = await OpenAsync();
        WriteJob(shop);
        await shop.FaultAsync("""{"kind":"job-failed","action":"microservice.generate","times":1,"parameter":"out of memory"}""");

        var failed = await shop.RunAsync("run", "polls", "--json");
        Assert.Equal(1, failed.Exit);
        Assert.Contains("out of memory", failed.Out, StringComparison.Ordinal);
        Assert.Contains("not asked for again before", failed.Out, StringComparison.Ordinal);

        var cooling = await shop.RunAsync("run", "polls", "--json");
        Assert.Equal(1, cooling.Exit);
        Assert.Contains("cools down", cooling.Out, StringComparison.Ordinal);
        Assert.Single(await JobsAsync(shop));

        // Another question is not the one that failed.
        WriteJob(shop, source: Polls.Replace("70001", "70002", StringComparison.Ordinal));
        var other = await shop.RunAsync("run", "polls");
        Assert.True(other.Exit == 0, other.ToString());
        Assert.Equal(2, (await JobsAsync(shop)).Count);
    }

    [Fact]
    public async Task Service_that_refuses_or_is_not_configured_says_so()
    {
        await using var shop = await OpenAsync();
        WriteJob(shop, source: "{ name: notThere, action: microservice, dates: iso }");
        var refused = await shop.RunAsync("run", "polls", "--json");
        Assert.Equal(1, refused.Exit);
        Assert.Contains("reportName must be one of", refused.Out, StringComparison.Ordinal);

        WriteJob(shop);
        shop.Environment.Remove("KALTURA_REPORTS_URL");
        var missing = await shop.RunAsync("run", "polls", "--json");
        Assert.Equal(2, missing.Exit);
        Assert.Contains("KALTURA_REPORTS_URL is not set", missing.Out + missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_forecasts_and_validate_refuses()
    {
        await using var shop = await OpenAsync();
        WriteJob(shop);
        var plan = await shop.RunAsync("plan", "polls", "--json");
        Assert.True(plan.Exit == 0, plan.ToString());
        var window = Assert.Single(plan.Of("planned"));
        Assert.Equal(3, window.GetProperty("calls").GetInt32());
        Assert.Contains("written in the background", window.GetProperty("capRisk").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, (await shop.RunAsync("validate")).Exit);
        Assert.Empty(await JobsAsync(shop));

        WriteJob(shop, "near", "{ name: pollActivity, action: microservice }");
        WriteJob(shop, "wrong", "{ name: attachment, action: microservice, parameters: { entry_ids: [1_a] } }");
        var refused = await shop.RunAsync("validate");
        Assert.Equal(2, refused.Exit);
        var said = refused.Out + refused.Error;
        Assert.Contains("Did you mean 'pollsActivity'?", said, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'entries_ids'?", said, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<(string Report, string Session)>> JobsAsync(Workshop shop) =>
        [.. JsonDocument.Parse(await shop.GetAsync("/sandbox/microservice")).RootElement.GetProperty("jobs").EnumerateArray()
            .Select(j => (j.GetProperty("reportName").GetString()!, j.GetProperty("sessionId").GetString()!))];

    private static string Ledger(Workshop shop, string sql) =>
        JsonDocument.Parse(Sqlite3.Json(Path.Combine(shop.DataFolder, "ledger.db"), sql)).RootElement[0].GetProperty("v").ToString();

    // Every cell of every row as text, sorted; numbers to ten digits.
    private static async Task<string[]> TruthAsync(Workshop shop, string session) =>
        [.. (await shop.GetAsync("/sandbox/truth-microservice?session=" + session)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Line(JsonDocument.Parse(line).RootElement.EnumerateObject().Select(p => (p.Name, p.Value.ValueKind == JsonValueKind.Null ? "" : p.Value.ToString()))))
            .Order(StringComparer.Ordinal)];

    private static string[] Landed(string path)
    {
        using var reader = ParquetReader.Open(path);
        var batch = new ParquetBatch(reader.Schema);
        var lines = new List<string>();
        while (reader.Read(batch, 1000) > 0)
            for (var r = 0; r < batch.RowCount; r++)
                lines.Add(Line(Enumerable.Range(0, batch.ColumnCount).Select(c => (reader.Schema.Columns[c].Name, Cell(batch[c], r))).Where(c => c.Name[0] != '_')));
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static string Line(IEnumerable<(string Name, string Value)> cells) => string.Join(" | ", cells.Select(c => $"{c.Name}={Plain(c.Value)}"));

    private static string Plain(string value) =>
        value.Contains('.', StringComparison.Ordinal) && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number.ToString("G10", CultureInfo.InvariantCulture)
            : value;

    private static string Cell(ParquetColumnData cells, int row) => cells.IsNull(row) ? "" : cells.Type switch
    {
        ParquetType.Int64 or ParquetType.Timestamp => cells.Int64s[row].ToString(CultureInfo.InvariantCulture),
        ParquetType.Double => cells.Doubles[row].ToString("R", CultureInfo.InvariantCulture),
        _ => Encoding.UTF8.GetString(cells.TextBytes[cells.TextOffsets[row]..cells.TextOffsets[row + 1]]),
    };
}
