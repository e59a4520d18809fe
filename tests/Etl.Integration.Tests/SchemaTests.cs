using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Testing;

namespace Etl.Integration.Tests;

/// <summary>Columns that change at the service and cells that are not what their column is.</summary>
public sealed class SchemaTests
{
    // The last metric of report 38; the name that the service gives it instead is not known.
    private const string Renamed = "total_completion_rate", NewName = "total_completion_rate_v2";

    [SkippableTheory]
    [InlineData("add-column", "evolve", "pass", "new_metric", "'new_metric' is new", "+new_metric")]
    [InlineData("add-column", "hold", "hold", "", "'new_metric' is new", "+new_metric")]
    [InlineData("add-column", "ignore", "pass", "", "'new_metric' is new", "+new_metric")]
    [InlineData("rename-column", "evolve", "warn", NewName, $"'{Renamed}' is gone and '{NewName}' is new: renamed?", $"+{NewName}, -{Renamed}")]
    [InlineData("rename-column", "hold", "hold", "", $"'{Renamed}' is gone and '{NewName}' is new: renamed?", $"+{NewName}, -{Renamed}")]
    [InlineData("rename-column", "ignore", "warn", "", $"'{Renamed}' is gone and '{NewName}' is new: renamed?", $"+{NewName}, -{Renamed}")]
    [InlineData("remove-column", "evolve", "warn", "", $"'{Renamed}' is gone", $"-{Renamed}")]
    [InlineData("remove-column", "hold", "hold", "", $"'{Renamed}' is gone", $"-{Renamed}")]
    [InlineData("remove-column", "ignore", "warn", "", $"'{Renamed}' is gone", $"-{Renamed}")]
    [InlineData("reorder-columns", "hold", "pass", "", "another order", "reordered")]
    [InlineData("reorder-columns", "ignore", "pass", "", "another order", "reordered")]
    public async Task Column_that_changes_at_the_service_follows_the_jobs_policy_and_never_shifts(string kind, string policy, string verdict, string added, string words, string change)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, extra: $"schema: {policy}");
        var first = await shop.RunAsync("run", "plays", "--json");
        Assert.True(first.Exit == 0, first.ToString());
        var file = shop.ParquetFile("plays", label);
        var (before, rows) = (WorkshopRows.Types(file), shop.Parquet("plays", label));
        var hash = WorkshopRows.Record(file).Metadata["etl.content_hash"];
        Assert.Equal(policy == "ignore", before.ContainsKey("_extra"));
        await shop.FaultAsync($$"""{"kind":"{{kind}}","times":-1}""");
        var run = await shop.RunAsync("run", "plays", "--from", label, "--force", "--json");
        Assert.True(run.Exit == (verdict == "hold" ? 3 : 0), run.ToString());
        var check = Assert.Single(Assert.Single(run.Of("window")).GetProperty("checks").EnumerateArray(), c => c.GetProperty("name").GetString() == "schema");
        Assert.Equal(verdict, check.GetProperty("verdict").GetString());
        Assert.Contains(words, check.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // What is gone stands as nulls.
        string[] names = added.Length == 0 ? [] : [added];
        Assert.Equal(before.Keys.Concat(names).Order(StringComparer.Ordinal), WorkshopRows.Types(file).Keys.Order(StringComparer.Ordinal));
        // Nothing shifted: the columns that stayed hold what they held.
        Assert.Equal(rows, shop.Parquet("plays", label));
        Assert.Equal(rows, await shop.TableAsync("38", "plays", label));
        if (kind == "reorder-columns") Assert.Equal(hash, WorkshopRows.Record(file).Metadata["etl.content_hash"]);
        foreach (var name in names)
        {
            Assert.Equal("Text", WorkshopRows.Types(file)[name]);
            Assert.All(shop.Query($"SELECT typeof({name}) AS type FROM plays"), r => Assert.Equal("text", r.GetProperty("type").GetString()));
        }
        if (change.Contains('-', StringComparison.Ordinal) && verdict == "warn") Assert.All(WorkshopRows.Column(file, Renamed), Assert.Null);
        if (policy == "ignore" && change.StartsWith('+'))
        {
            var name = change[1..].Split(',')[0];
            var values = shop.Query($"SELECT json_extract(_extra, '$.{name}') AS value FROM plays").Select(r => r.GetProperty("value").GetString()).ToList();
            Assert.Equal(rows.Length, values.Count);
            Assert.All(values, v => Assert.NotEmpty(v!));
            if (kind == "add-column") Assert.All(WorkshopRows.Column(file, "_extra"), c => Assert.Equal("""{"new_metric":"7"}""", c));
            Assert.NotEqual(hash, WorkshopRows.Record(file).Metadata["etl.content_hash"]);
        }

        var history = await shop.RunAsync("history", "plays", "--schema");
        Assert.True(history.Exit == 0, history.ToString());
        Assert.Contains("columns: object_id", history.Out, StringComparison.Ordinal);
        Assert.Contains(change, history.Out, StringComparison.Ordinal);
        var json = await shop.RunAsync("history", "plays", "--schema", "--json");
        var last = json.Of("schema")[^1];
        Assert.Equal((change, label, "plays"), (last.GetProperty("change").GetString(), last.GetProperty("window").GetString(), last.GetProperty("job").GetString()));
    }

    [Fact]
    public async Task Key_column_that_is_gone_is_held_whatever_the_policy()
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, extra: "schema: evolve");
        await shop.FaultAsync("""{"kind":"rename-column","times":-1,"parameter":"object_id=entity"}""");
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 3, run.ToString());
        Assert.Contains("The key column 'object_id' is gone and 'entity' not known: renamed?, so rows cannot be told apart", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Empty(shop.Parquet("plays", label));
    }

    [SkippableTheory]
    [InlineData("evolve")]
    [InlineData("hold")]
    [InlineData("ignore")]
    public async Task Column_that_is_new_since_the_day_before_is_told_once_and_both_days_are_read_together(string policy)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var late = Workshop.LatestDay();
        var early = DateOnly.ParseExact(late, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture).AddDays(-1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        shop.WriteJob("plays", lookback: 1, extra: $"schema: {policy}");
        var first = await shop.RunAsync("backfill", "plays", "--from", early, "--to", early);
        Assert.True(first.Exit == 0, first.ToString());
        await shop.FaultAsync("""{"kind":"rename-column","times":-1}""");
        var second = await shop.RunAsync("run", "plays", "--json");
        Assert.Equal(policy == "hold" ? 3 : 0, second.Exit);
        if (policy == "hold")
        {
            var released = await shop.RunAsync("release", "plays", "--window", late);
            Assert.True(released.Exit == 0, released.ToString());
        }
        // What landed once is known from then on, under 'hold' too.
        var third = await shop.RunAsync("run", "plays", "--from", late, "--force", "--json");
        Assert.True(third.Exit == 0, third.ToString());
        var check = Assert.Single(Assert.Single(third.Of("window")).GetProperty("checks").EnumerateArray(), c => c.GetProperty("name").GetString() == "schema");
        Assert.DoesNotContain("is new", check.GetProperty("detail").GetString(), StringComparison.Ordinal);

        Assert.Equal(await shop.ExpectedAsync("38", early), shop.Parquet("plays", early));
        Assert.Equal(await shop.ExpectedAsync("38", late), shop.Parquet("plays", late));
        Assert.Equal(await shop.ExpectedAsync("38", early), await shop.TableAsync("38", "plays", early));
        Assert.Equal(await shop.ExpectedAsync("38", late), await shop.TableAsync("38", "plays", late));
        var place = policy == "ignore" ? $"json_extract(_extra, '$.{NewName}')" : NewName;
        var counts = shop.Query($"SELECT _window AS label, COUNT({Renamed}) AS old, COUNT({place}) AS new, COUNT(*) AS rows FROM plays GROUP BY _window ORDER BY _window");
        Assert.Equal([early, late], counts.Select(c => c.GetProperty("label").GetString()));
        Assert.Equal((counts[0].GetProperty("rows").GetInt32(), 0), (counts[0].GetProperty("old").GetInt32(), counts[0].GetProperty("new").GetInt32()));
        Assert.Equal((0, counts[1].GetProperty("rows").GetInt32()), (counts[1].GetProperty("old").GetInt32(), counts[1].GetProperty("new").GetInt32()));

        Tools.Missing(ParquetUnion.Missing is not null, ParquetUnion.Missing ?? "");
        var union = ParquetUnion.Rows(Path.Combine(shop.DataFolder, "parquet", "plays", "*", "data.parquet"));
        Assert.Equal(counts.Sum(c => c.GetProperty("rows").GetInt32()), union.Count);
        Assert.All(union, r => Assert.Equal(r["_window"] == early, r[Renamed] is not null));
        Assert.All(union, r => Assert.Equal(r["_window"] == late, (policy == "ignore" ? r["_extra"] : r[NewName]) is not null));
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
