using System.Text.Json;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>Columns that change at the service and cells that are not what their column is.</summary>
public sealed class SchemaTests
{
    // The last metric of report 38; the name that the service gives it instead is not known.
    private const string Renamed = "total_completion_rate", NewName = "total_completion_rate_v2";

    [SkippableTheory]
    [InlineData("add-column", "evolve", 0, "+new_metric")]
    [InlineData("add-column", "hold", 3, "")]
    [InlineData("add-column", "ignore", 0, "")]
    [InlineData("rename-column", "evolve", 0, $"-{Renamed},+{NewName}")]
    [InlineData("rename-column", "hold", 3, "")]
    [InlineData("rename-column", "ignore", 0, $"-{Renamed}")]
    [InlineData("remove-column", "evolve", 0, $"-{Renamed}")]
    [InlineData("reorder-columns", "hold", 0, "")]
    public async Task Column_that_changes_at_the_service_follows_the_jobs_policy_and_never_shifts(string kind, string policy, int exit, string change)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, extra: $"schema: {policy}");
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var file = shop.ParquetFile("plays", label);
        var (before, rows) = (WorkshopRows.Types(file), shop.Parquet("plays", label));
        await shop.FaultAsync($$"""{"kind":"{{kind}}","times":-1}""");
        var run = await shop.RunAsync("run", "plays", "--from", label, "--force", "--json");
        Assert.True(run.Exit == exit, run.ToString());

        var changes = change.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var expected = before.Keys.Except(changes.Where(c => c[0] == '-').Select(c => c[1..])).Concat(changes.Where(c => c[0] == '+').Select(c => c[1..])).Order(StringComparer.Ordinal);
        Assert.Equal(expected, WorkshopRows.Types(file).Keys.Order(StringComparer.Ordinal));
        // Nothing shifted: the columns that stayed hold what they held.
        Assert.Equal(rows, shop.Parquet("plays", label));
        Assert.Equal(rows, await shop.TableAsync("38", "plays", label));
        foreach (var added in changes.Where(c => c[0] == '+').Select(c => c[1..]))
        {
            Assert.Equal("Text", WorkshopRows.Types(file)[added]);
            Assert.All(shop.Query($"SELECT typeof({added}) AS type FROM plays"), r => Assert.Equal("text", r.GetProperty("type").GetString()));
        }
        if (exit == 3)
            Assert.Contains(Assert.Single(run.Of("window")).GetProperty("checks").EnumerateArray(), c => c.GetProperty("name").GetString() == "schema" && c.GetProperty("verdict").GetString() == "hold");

        var history = await shop.RunAsync("history", "plays", "--schema");
        Assert.True(history.Exit == 0, history.ToString());
        Assert.Contains("21 columns: object_id", history.Out, StringComparison.Ordinal);
        foreach (var c in changes) Assert.Contains(c, history.Out, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("unknown-cell", "Unknown")]
    [InlineData("error-cell", "Error")]
    public async Task Word_in_a_numeric_column_lands_as_null_and_is_kept_in_quarantine(string kind, string word)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","times":-1,"parameter":"avg_completion_rate"}""");
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window"));
        Assert.Equal(1, window.GetProperty("quarantined").GetInt32());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
        Assert.Single(WorkshopRows.Column(shop.ParquetFile("plays", label), "avg_completion_rate"), c => c is null);
        Assert.Equal(1, Assert.Single(shop.Query("SELECT COUNT(*) AS n FROM plays WHERE avg_completion_rate IS NULL")).GetProperty("n").GetInt32());

        var file = Path.Combine(shop.DataFolder, "quarantine", "plays", $"{label}-{window.GetProperty("pull").GetString()}.jsonl");
        var note = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(file))).RootElement;
        Assert.Equal(("avg_completion_rate", word), (note.GetProperty("column").GetString(), note.GetProperty("raw").GetString()));
        Assert.Equal((1, 1), (note.GetProperty("page").GetInt32(), note.GetProperty("row").GetInt32()));
        Assert.NotEmpty(note.GetProperty("reason").GetString()!);
    }
}
