using System.Globalization;
using System.Text.Json;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>Restatements, lineage and freezing through the real command line: the sandbox changes its past, the warehouse team sees exactly what.</summary>
public sealed class RestatementTests
{
    private static readonly string s_label = Workshop.LatestDay();

    private static string[] Again(string label) => ["run", "plays", "--from", label, "--to", label, "--force", "--json"];

    [Fact]
    public async Task Changed_rows_and_no_others_land_as_restatements_and_the_window_freezes_when_it_is_quiet()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        var first = Assert.Single((await shop.RunAsync("run", "plays", "--json")).Of("window"));
        Assert.False(first.TryGetProperty("restated", out _));
        var before = Rows(await shop.TruthAsync("38", s_label));
        await shop.RestateAsync(s_label);

        var run = await shop.RunAsync(Again(s_label));

        Assert.True(run.Exit == 0, run.ToString());
        var expected = await shop.ExpectedAsync("38", s_label);
        Assert.Equal(expected, shop.Parquet("plays", s_label));
        Assert.Equal(expected, await shop.TableAsync("38", "plays", s_label));
        var window = Assert.Single(run.Of("window"));
        var after = Rows(await shop.TruthAsync("38", s_label));
        var changed = after.Where(r => before[r.Key] != r.Value).Select(r => r.Key).ToList();
        Assert.NotEmpty(changed);
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        Assert.Equal((0, 0, changed.Count), Count(window.GetProperty("restated")));

        var file = RestatementsOf(shop);
        Assert.Equal(changed.Order(StringComparer.Ordinal), WorkshopRows.Column(file, "object_id").Distinct().Order(StringComparer.Ordinal));
        Assert.All(WorkshopRows.Column(file, "change"), c => Assert.Equal("changed", c));
        Assert.All(WorkshopRows.Column(file, "previous_pull"), p => Assert.Equal(first.GetProperty("pull").GetString(), p));
        Assert.All(WorkshopRows.Column(file, "_pull"), p => Assert.Equal(window.GetProperty("pull").GetString(), p));
        var plays = Cells(file).Where(c => c.Column == "count_plays").ToDictionary(c => c.Id, c => (c.Old, c.New, c.Delta));
        Assert.Equal(
            changed.Where(id => before[id].Plays != after[id].Plays).ToDictionary(id => id, id => (before[id].Plays, after[id].Plays, Minus(after[id].Plays, before[id].Plays))), plays);

        // Lineage: the window shows the second pull, and both pulls have their proof.
        var month = $"month={s_label[..7]}";
        Assert.Equal([window.GetProperty("pull").GetString()], WorkshopRows.Column(Path.Combine(shop.DataFolder, "parquet", "etl_windows", "dataset=plays", month, "data.parquet"), "pull"));
        var pulls = Path.Combine(shop.DataFolder, "parquet", "etl_pulls", "dataset=plays", month, "data.parquet");
        Assert.Equal(new[] { first, window }.Select(w => w.GetProperty("pull").GetString()).Order(), WorkshopRows.Column(pulls, "pull").Order());
        Assert.All(WorkshopRows.Column(pulls, "proof"), p => Assert.True(JsonDocument.Parse(p!).RootElement.GetProperty("chains").GetArrayLength() > 0));

        // Quiet: two more equal pulls freeze it, and nothing more is restated.
        var size = new FileInfo(file).Length;
        Assert.Equal("landed", Assert.Single((await shop.RunAsync(Again(s_label))).Of("window")).GetProperty("state").GetString());
        var frozen = await shop.RunAsync(Again(s_label));
        Assert.Equal((0, "frozen"), (frozen.Exit, Assert.Single(frozen.Of("window")).GetProperty("state").GetString()));
        Assert.Equal(1, Assert.Single(frozen.Of("summary")).GetProperty("landed").GetInt32());
        Assert.Equal(size, new FileInfo(file).Length);

        var status = await shop.RunAsync("status", "plays");
        Assert.Contains("settles: 0 % at once, 100 % after ", status.ToString(), StringComparison.Ordinal);
        Assert.Contains($"(1 window, latest {s_label})", status.ToString(), StringComparison.Ordinal);
        var history = await shop.RunAsync("history", "plays", "--window", s_label, "--json");
        Assert.Equal(
            (0, 0, changed.Count),
            Count(history.Of("landing").Single(l => l.GetProperty("target").GetString() == "parquet:plays" && l.TryGetProperty("restated", out _)).GetProperty("restated")));
        Assert.Empty(shop.Leftovers());
    }

    [Fact]
    public async Task Frozen_window_that_differs_is_held_until_it_is_released()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1, extra: "freeze: 1");
        Assert.Equal("frozen", Assert.Single((await shop.RunAsync("run", "plays", "--json")).Of("window")).GetProperty("state").GetString());
        var before = await shop.ExpectedAsync("38", s_label);
        await shop.RestateAsync(s_label);

        var run = await shop.RunAsync(Again(s_label));

        Assert.True(run.Exit == 3, run.ToString());
        Assert.Contains("The window is frozen", Assert.Single(run.Of("window")).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, shop.Parquet("plays", s_label));
        Assert.False(File.Exists(RestatementsOf(shop)));

        var release = await shop.RunAsync("release", "plays", "--window", s_label, "--json");
        Assert.True(release.Exit == 0, release.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", s_label), shop.Parquet("plays", s_label));
        Assert.True(Assert.Single(release.Of("window")).GetProperty("restated").GetProperty("changed").GetInt64() > 0);
        Assert.True(WorkshopRows.Record(RestatementsOf(shop)).Rows > 0);
    }

    [Theory]
    [InlineData("parquet.restated", false)]
    [InlineData("landing.published:1", true)]
    [InlineData("landing.published:2", true)]
    public async Task Kill_between_difference_and_rows_is_made_good_by_the_next_run(string point, bool published)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        var first = Assert.Single((await shop.RunAsync("run", "plays", "--json")).Of("window")).GetProperty("pull").GetString();
        var before = await shop.ExpectedAsync("38", s_label);
        await shop.RestateAsync(s_label);
        var after = await shop.ExpectedAsync("38", s_label);

        var killed = await shop.RunAsync(new Dictionary<string, string> { ["ETL_CRASH_AT"] = point }, Again(s_label));

        Assert.Equal(137, killed.Exit);
        Assert.Equal(published ? after : before, shop.Parquet("plays", s_label));
        // The past moves once more: what was written ahead of its rows would be wrong now.
        await shop.WithdrawAsync(s_label);
        var run = await shop.RunAsync(Again(s_label));
        Assert.True(run.Exit == 0, run.ToString());
        var last = Assert.Single(run.Of("window")).GetProperty("pull").GetString();
        Assert.Equal(await shop.ExpectedAsync("38", s_label), shop.Parquet("plays", s_label));
        var steps = WorkshopRows.Column(RestatementsOf(shop), "previous_pull").Zip(WorkshopRows.Column(RestatementsOf(shop), "_pull")).Distinct().ToList();
        Assert.Equal(published ? 2 : 1, steps.Count);
        Assert.Equal((first, last), (steps[0].First, steps[^1].Second));
        if (published) Assert.Equal(steps[0].Second, steps[1].First);
        Assert.Empty(shop.Leftovers());
    }

    private static string RestatementsOf(Workshop shop) => Path.Combine(shop.DataFolder, "parquet", "plays_restatements", $"date={s_label}", "data.parquet");

    private static (long, long, long) Count(JsonElement restated) =>
        (restated.GetProperty("added").GetInt64(), restated.GetProperty("removed").GetInt64(), restated.GetProperty("changed").GetInt64());

    private static Dictionary<string, (string Plays, string Whole)> Rows(string[] truth) => truth
        .Select(line => (Row: JsonDocument.Parse(line).RootElement, Line: line))
        .ToDictionary(r => r.Row.GetProperty("object_id").GetString()!, r => (r.Row.GetProperty("count_plays").GetRawText(), r.Line));

    private static IEnumerable<(string Id, string Column, string Old, string New, string Delta)> Cells(string file)
    {
        var columns = new[] { "object_id", "column_name", "old_value", "new_value", "delta" }.Select(c => WorkshopRows.Column(file, c)).ToList();
        return columns[0].Select((id, i) => (id!, columns[1][i]!, columns[2][i]!, columns[3][i]!, columns[4][i] ?? "no number"));
    }

    private static string Minus(string a, string b) =>
        (long.Parse(a, CultureInfo.InvariantCulture) - long.Parse(b, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture);
}
