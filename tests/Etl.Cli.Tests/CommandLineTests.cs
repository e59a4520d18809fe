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
        foreach (var command in new[] { "demo", "run", "plan", "backfill", "status", "history", "release", "validate", "reports", "peek", "convert", "sandbox", "session" })
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

    [Theory]
    [InlineData("'etl' needs a command: demo, run,")]
    [InlineData("There is no command 'rnu'. Did you mean 'run'?", "rnu")]
    [InlineData("'etl session' needs a command: show.", "session")]
    [InlineData("'etl session show' does not take '--windw'", "session", "show", "--windw")]
    [InlineData("'etl run' does not take '--form'. Did you mean '--from'?", "run", "job", "--form", "2026-11-01")]
    [InlineData("'etl run' does not take '--dtaa'. Did you mean '--data'?", "run", "job", "--dtaa")]
    [InlineData("'--days' takes a whole number, not 'abc'.", "demo", "--days", "abc")]
    [InlineData("'--days' takes a whole number from 1 to 90, not 91.", "demo", "--days", "91")]
    [InlineData("'--parallel' takes a whole number, not 'x'.", "backfill", "job", "--from", "2026-11-01", "--to", "2026-11-02", "--parallel", "x")]
    [InlineData("'--rows' takes a whole number from 0 to 1000000, not -1.", "peek", "file", "--rows", "-1")]
    [InlineData("'--port' takes a whole number from 0 to 65535, not 99999.", "sandbox", "--port", "99999")]
    [InlineData("'--host' takes the name or address of a machine without a port, not 'sandbox:80'.", "sandbox", "--host", "sandbox:80")]
    [InlineData("'--entries' takes a whole number from 1 to 1000000, not 0.", "sandbox", "--entries", "0")]
    public async Task Bad_usage_is_said_in_our_words(string expected, params string[] arguments)
    {
        var (exit, text, error) = await Shell.RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Empty(text);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Required command", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("See 'etl --help'.", "rnu")]
    [InlineData("See 'etl session show --help'.", "session", "show", "more")]
    public async Task Bad_usage_names_the_help_of_the_whole_command(string expected, params string[] arguments)
    {
        var (_, _, error) = await Shell.RunAsync(arguments);
        Assert.EndsWith(expected + "\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_usage_under_json_is_an_error_object_and_a_summary()
    {
        var (exit, json, _) = await Shell.RunAsync("run", "--json");
        var lines = json.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(["error", "summary"], lines.Select(l => l.GetProperty("type").GetString()));
        Assert.Equal((2, 2), (exit, lines[1].GetProperty("exit").GetInt32()));
    }

    [Fact]
    public async Task Flag_with_a_value_that_is_none_is_bad_usage_too()
    {
        var (exit, _, error) = await Shell.RunAsync("run", "job", "--json=perhaps");
        Assert.Equal(ExitCode.Usage, exit);
        Assert.DoesNotContain("defect", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peek_of_a_folder_names_a_file_in_it()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(folder.CreateSubdirectory("date=2026-11-19").FullName, "data.parquet");
            await File.WriteAllTextAsync(file, "");
            var (exit, _, error) = await Shell.RunAsync("peek", folder.FullName);
            Assert.Equal(ExitCode.Usage, exit);
            Assert.Contains($"is a folder. Name a Parquet file in it, such as '{file}'.", error, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Validate_of_a_folder_without_jobs_says_what_a_job_is()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var (exit, text, _) = await Shell.RunAsync("validate", folder.FullName);
            Assert.Equal(0, exit);
            Assert.Contains("no job file", text, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete();
        }
    }

    [Fact]
    public async Task Reports_shows_the_types_that_columns_land_with()
    {
        var (_, content, _) = await Shell.RunAsync("reports", "38");
        Assert.Matches(@"created_at\s+label\s+timestamp\s", content);
        Assert.Matches(@"count_plays\s+metric\s+int64\s", content);
        var (_, engagement, _) = await Shell.RunAsync("reports", "34");
        Assert.Matches(@"date_id\s+label\s+date\s", engagement);
        var (_, json, _) = await Shell.RunAsync("reports", "38", "--json");
        Assert.Equal("timestamp", JsonDocument.Parse(json).RootElement.GetProperty("landed").GetProperty("created_at").GetString());
    }

    [Theory]
    [InlineData("38", "source  { report: 38, action: table | total | graphs | csv }")]
    [InlineData("3007", "source  { custom: 3007, action: custom-csv }")]
    [InlineData("4021", "source  { custom: 4021, action: custom-csv, params: { virtualeventid: … } }")]
    [InlineData("pollsActivity", "source  { name: pollsActivity, action: microservice, parameters: { entries_ids: […], virtual_event_ids: […] } }")]
    [InlineData("pollsActivity", "takes  entries_ids (list); virtual_event_ids (list, needed); from_date_id and to_date_id (days as YYYY-MM-DD, filled in from the window)")]
    [InlineData("registration", "takes  appGuid (text, needed); no dates")]
    public async Task Reports_shows_the_source_that_a_job_writes(string report, string line)
    {
        var (exit, text, _) = await Shell.RunAsync("reports", report);
        Assert.Equal(0, exit);
        Assert.Contains(line, string.Join("  ", text.Split("  ", StringSplitOptions.RemoveEmptyEntries).Select(part => part.Trim(' '))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("38", "table total graphs csv")]
    [InlineData("17", "table total graphs base-total csv")]
    [InlineData("4", "table total csv")]
    [InlineData("3007", "custom-csv")]
    [InlineData("registration", "microservice")]
    public async Task Reports_tells_which_surfaces_serve_a_report(string id, string expected)
    {
        var (_, one, _) = await Shell.RunAsync("reports", id, "--json");
        Assert.Equal(expected, string.Join(' ', JsonDocument.Parse(one).RootElement.GetProperty("surfaces").EnumerateArray()));
        var (_, list, _) = await Shell.RunAsync("reports", "--json");
        var line = list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).Single(l => l.GetProperty("id").GetString() == id);
        Assert.Equal(expected, string.Join(' ', line.GetProperty("surfaces").EnumerateArray()));
    }

    [Theory]
    [InlineData("38", "'crossAccount: true' asks 20015 (TOP_CONTENT_CREATOR_VPAAS) over all of them")]
    [InlineData("20015", "looks at all of them: the variant of 38 (TOP_CONTENT_CREATOR)")]
    [InlineData("42", "lists them: 'accounts: { report: 42 }'")]
    public async Task Reports_tells_how_a_report_reaches_child_accounts(string id, string expected) =>
        Assert.Contains(expected, (await Shell.RunAsync("reports", id)).Out, StringComparison.Ordinal);

    [Fact]
    public async Task Every_report_of_the_catalogue_can_be_shown()
    {
        var (_, list, _) = await Shell.RunAsync("reports", "--json");
        foreach (var line in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (exit, _, error) = await Shell.RunAsync("reports", JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!);
            Assert.True(exit == 0, $"{line} {error}");
        }
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
