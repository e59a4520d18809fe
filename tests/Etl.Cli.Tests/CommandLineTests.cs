using System.Text.Json;
using Etl.Core.Errors;

namespace Etl.Cli.Tests;

public class CommandLineTests
{
    [Fact]
    public async Task Help_lists_every_command()
    {
        var (exit, text, _) = await Shell.RunAsync("--help");
        Assert.Equal(0, exit);
        foreach (var command in new[] { "demo", "run", "plan", "backfill", "status", "history", "release", "validate", "reports", "peek", "sandbox", "session" })
            Assert.Contains($"  {command} ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_names_the_package_set()
    {
        var (exit, text, _) = await Shell.RunAsync("--version");
        Assert.Equal(0, exit);
        Assert.Matches(@"^etl \d+\.\d+\.\d+ \(packages: (portable|full)\)\n$", text);
    }

    [Theory]
    [InlineData("rnu")]
    [InlineData("run")]
    [InlineData("run", "job", "--form", "2026-11-01")]
    [InlineData("backfill", "job", "--from", "2026-11-01")]
    [InlineData("backfill", "job", "--from", "2026-11-01", "--to", "2026-11-02", "--parallel", "0")]
    [InlineData("demo", "--days", "0")]
    public async Task Bad_usage_exits_2_and_says_where_help_is(params string[] arguments)
    {
        var (exit, text, error) = await Shell.RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Empty(text);
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_lists_all_of_the_catalogue()
    {
        var (exit, text, _) = await Shell.RunAsync("reports", "--json");
        Assert.Equal(0, exit);
        Assert.Equal(255, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("38")]
    [InlineData("TOP_CONTENT_CREATOR")]
    [InlineData("top_content_creator")]
    [InlineData("topContentCreator")]
    public async Task Reports_shows_one_report_in_full_by_id_name_or_alias(string name)
    {
        var (exit, text, _) = await Shell.RunAsync("reports", name);
        Assert.Equal(0, exit);
        foreach (var word in new[] { "38  TOP_CONTENT_CREATOR", "sum_time_viewed", "min", "getTable", "12,000 rows", "ranges of entryCreatedAt, then chunks of entryIdIn", "relative to the query" })
            Assert.Contains(word, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_searches_names_columns_and_descriptions()
    {
        var (exit, text, _) = await Shell.RunAsync("reports", "zebra");
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Empty(text);
        (exit, text, _) = await Shell.RunAsync("reports", "drop");
        Assert.Equal(0, exit);
        Assert.Contains("CONTENT_DROPOFF", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_names_the_nearest_of_an_unknown_report()
    {
        var (exit, _, error) = await Shell.RunAsync("reports", "TOP_CONTENT_CREATER");
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Contains("TOP_CONTENT_CREATOR", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peek_of_a_missing_file_is_a_usage_fault_as_text_and_as_json()
    {
        var (exit, _, error) = await Shell.RunAsync("peek", "nowhere.parquet");
        Assert.Equal((ExitCode.Usage, "There is no file 'nowhere.parquet'.\n"), (exit, error));
        (_, var json, _) = await Shell.RunAsync("peek", "nowhere.parquet", "--json");
        var lines = json.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(["error", "summary"], lines.Select(l => l.GetProperty("type").GetString()));
        Assert.Equal(2, lines[1].GetProperty("exit").GetInt32());
    }

    [Fact]
    public async Task Peek_of_a_damaged_file_says_what_is_wrong()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "PAR1 this is not a Parquet file PAR1");
            var (exit, _, error) = await Shell.RunAsync("peek", path);
            Assert.Equal(ExitCode.WindowFailed, exit);
            Assert.StartsWith($"Could not read '{path}':", error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Validate_accepts_the_jobs_of_the_repository()
    {
        var (exit, text, error) = await Shell.RunAsync("validate", Path.Combine(Root(), "jobs"));
        Assert.True(exit == 0, error);
        Assert.Contains("nightly-content", text, StringComparison.Ordinal);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Etl.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}
