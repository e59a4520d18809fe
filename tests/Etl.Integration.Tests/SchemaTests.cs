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
    public async Task Row_with_a_word_in_a_numeric_column_goes_to_quarantine_as_it_was_sent(string kind, string word)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, checks: "totals: warn, quarantine: 1 row");
        await shop.FaultAsync($$"""{"kind":"{{kind}}","times":-1,"parameter":"avg_completion_rate"}""");
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window"));
        Assert.Equal(1, window.GetProperty("quarantined").GetInt32());
        var expected = await shop.ExpectedAsync("38", label);
        var landed = shop.Parquet("plays", label);
        Assert.Equal((expected.Length - 1, window.GetProperty("rows").GetInt32()), (landed.Length, landed.Length));
        Assert.Empty(landed.Except(expected));
        Assert.Equal(landed, await shop.TableAsync("38", "plays", label));

        var store = new Landing.Quarantine.QuarantineStore(shop.DataFolder);
        var pull = Assert.Single(store.List("plays"));
        Assert.Equal((window.GetProperty("pull").GetString(), label, 1L), (pull.Pull, pull.Key.Label, pull.Rows));
        var row = Assert.Single(store.Read(pull.Key, pull.Pull));
        Assert.Equal((1, 1L, new Core.Columns.RefusedCell("avg_completion_rate", word, "is not a finite number")), (row.Page, row.Number, Assert.Single(row.Cells)));
        var raw = JsonDocument.Parse(row.Raw).RootElement;
        Assert.Equal((21, word), (raw.EnumerateObject().Count(), raw.GetProperty("avg_completion_rate").GetString()));
        Assert.StartsWith(raw.GetProperty("object_id").GetString()!, Assert.Single(expected.Except(landed)), StringComparison.Ordinal);
    }
}
