using System.Text.Json;
using Etl.Core.Columns;
using Etl.Integration.Tests.Support;
using Etl.Landing.Quarantine;

namespace Etl.Integration.Tests;

/// <summary>Rows that cannot be typed, from the wire to <c>etl quarantine</c>.</summary>
public sealed class QuarantineTests
{
    private const string Fault = """{"kind":"bad-cell","action":"getTable","times":-1,"parameter":"sum_time_viewed=12:61"}""";

    private static RefusedCell Bad { get; } = new("sum_time_viewed", "12:61", "is not a finite number");

    [SkippableFact]
    public async Task Malformed_row_is_kept_as_it_was_sent_the_others_land_and_a_better_answer_heals_it()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, checks: "totals: warn, quarantine: 1 row");
        var truth = await shop.ExpectedAsync("38", label);
        await shop.FaultAsync(Fault);

        // 1. The row is in quarantine, the others land, and the check warns.
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window"));
        Assert.Equal(("landed", truth.Length - 1, 1), (window.GetProperty("state").GetString(), window.GetProperty("rows").GetInt32(), window.GetProperty("quarantined").GetInt32()));
        Assert.Equal(1, Assert.Single(run.Of("summary")).GetProperty("quarantined").GetInt32());
        var check = window.GetProperty("checks").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "quarantine");
        Assert.Equal(("warn", $"1 of {truth.Length} rows cannot be typed and is in quarantine."), (check.GetProperty("verdict").GetString(), check.GetProperty("detail").GetString()));
        var landed = shop.Parquet("plays", label);
        Assert.Equal(landed, await shop.TableAsync("38", "plays", label));
        var missing = Assert.Single(truth.Except(landed));
        Assert.Empty(landed.Except(truth));

        // 2. list shows it with its raw text, for people and for scripts.
        var list = await shop.RunAsync("quarantine", "list", "plays", "--rows", "5", "--json");
        Assert.True(list.Exit == 0, list.ToString());
        var entry = Assert.Single(list.Of("quarantine"));
        Assert.Equal((label, "landed", 1, window.GetProperty("pull").GetString()),
            (entry.GetProperty("window").GetString(), entry.GetProperty("state").GetString(), entry.GetProperty("rows").GetInt32(), entry.GetProperty("pull").GetString()));
        Assert.Equal(("sum_time_viewed", "is not a finite number", 1), Assert.Single(entry.GetProperty("reasons").EnumerateArray()) is var reason
            ? (reason.GetProperty("column").GetString(), reason.GetProperty("reason").GetString(), reason.GetProperty("rows").GetInt32()) : default);
        var raw = JsonDocument.Parse(Assert.Single(list.Of("row")).GetProperty("raw").GetString()!).RootElement;
        Assert.Equal("12:61", raw.GetProperty("sum_time_viewed").GetString());
        Assert.StartsWith(raw.GetProperty("object_id").GetString()!, missing, StringComparison.Ordinal);
        var text = await shop.RunAsync("quarantine", "list", "plays", "--rows", "1");
        Assert.Contains("sum_time_viewed is not a finite number (1)", text.Out, StringComparison.Ordinal);
        Assert.Contains("sum_time_viewed '12:61' is not a finite number", text.Out, StringComparison.Ordinal);
        Assert.Contains(raw.GetProperty("object_id").GetString()!, text.Out, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single((await shop.RunAsync("status", "plays", "--json")).Of("window"), w => w.GetProperty("window").GetString() == label).GetProperty("quarantined").GetInt32());
        Assert.Contains("1 row in quarantine", (await shop.RunAsync("history", "plays", "--window", label)).Out, StringComparison.Ordinal);

        // 3. The recorded replies are what they are: a replay changes nothing and says what to do.
        await shop.NoFaultsAsync();
        var file = await File.ReadAllBytesAsync(shop.ParquetFile("plays", label));
        var replay = await shop.RunAsync("quarantine", "replay", "plays", "--json");
        Assert.True(replay.Exit == 0, replay.ToString());
        var same = Assert.Single(replay.Of("window"));
        Assert.Equal(("landed", "still-quarantined"), (same.GetProperty("state").GetString(), same.GetProperty("code").GetString()));
        Assert.Contains($"etl run plays --from {label} --to {label} --force", same.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(file, await File.ReadAllBytesAsync(shop.ParquetFile("plays", label)));
        Assert.Equal("landed", Assert.Single((await shop.RunAsync("status", "plays", "--json")).Of("window"), w => w.GetProperty("window").GetString() == label).GetProperty("state").GetString());
        Assert.Empty((await shop.RunAsync("run", "plays", "--json")).Of("window"));

        // 4. The service sends a better answer by now.
        Assert.Equal(0, (await shop.RunAsync("run", "plays", "--from", label, "--to", label, "--force")).Exit);
        Assert.Equal(truth, shop.Parquet("plays", label));
        Assert.Contains("No rows of job 'plays' are in quarantine.", (await shop.RunAsync("quarantine", "list", "plays")).Out, StringComparison.Ordinal);
        Assert.Equal("replaced", Assert.Single((await shop.RunAsync("quarantine", "list", "plays", "--window", label, "--json")).Of("quarantine")).GetProperty("state").GetString());
        var none = await shop.RunAsync("quarantine", "replay", "plays", "--window", label);
        Assert.True(none.Exit == 2, none.ToString());
        Assert.Contains("has no rows in quarantine", none.Error, StringComparison.Ordinal);
        Assert.Empty(shop.Leftovers());
    }

    [Fact]
    public async Task More_rows_than_the_job_allows_hold_the_pull_and_release_publishes_the_others()
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, checks: "totals: off");
        await shop.FaultAsync(Fault);

        var run = await shop.RunAsync("run", "plays", "--json");

        Assert.True(run.Exit == 3, run.ToString());
        Assert.Contains("more than 0.1%", Assert.Single(run.Of("window")).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(File.Exists(shop.ParquetFile("plays", label)));
        Assert.Equal("held", Assert.Single((await shop.RunAsync("quarantine", "list", "plays", "--json")).Of("quarantine")).GetProperty("state").GetString());
        var again = await shop.RunAsync("quarantine", "replay", "plays", "--window", label, "--json");
        Assert.True(again.Exit == 3, again.ToString());
        var release = await shop.RunAsync("release", "plays", "--window", label, "--json");
        Assert.True(release.Exit == 0, release.ToString());
        Assert.Equal(1, Assert.Single(release.Of("window")).GetProperty("quarantined").GetInt32());
        Assert.Equal((await shop.ExpectedAsync("38", label)).Length - 1, shop.Parquet("plays", label).Length);
        Assert.Single(new QuarantineStore(shop.DataFolder).List("plays"));
    }

    [Fact]
    public async Task Window_without_recorded_replies_says_to_pull_it_again()
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, extra: "raw: off", checks: "totals: off, quarantine: off");
        await shop.FaultAsync(Fault);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var replay = await shop.RunAsync("quarantine", "replay", "plays");
        Assert.True(replay.Exit == 1, replay.ToString());
        Assert.Contains($"etl run plays --from {label} --to {label} --force", replay.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Table_past_the_cap_is_pulled_in_parts_and_its_bad_rows_say_which()
    {
        await using var shop = await Workshop.OpenAsync(new Sandbox.SandboxOptions { Entries = 15_000, Users = 50, Days = 3 });
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, checks: "totals: warn, quarantine: 5%");
        await shop.FaultAsync(Fault);

        var run = await shop.RunAsync("run", "plays", "--json");

        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window"));
        Assert.True(window.GetProperty("quarantined").GetInt32() > 1, run.ToString());
        var store = new QuarantineStore(shop.DataFolder);
        var pull = Assert.Single(store.List("plays"));
        Assert.Equal(window.GetProperty("quarantined").GetInt64(), pull.Rows);
        Assert.All(store.Read(pull.Key, pull.Pull), r => Assert.StartsWith("entryCreatedAt", r.Part, StringComparison.Ordinal));
        Assert.All(store.Read(pull.Key, pull.Pull), r => Assert.Equal(Bad, Assert.Single(r.Cells)));
        var truth = await shop.ExpectedAsync("38", label);
        Assert.Equal(truth.Length, window.GetProperty("rows").GetInt32() + pull.Rows);
        Assert.Empty(shop.Parquet("plays", label).Except(truth));
    }

    [Theory]
    [InlineData("quarantine.half")]
    [InlineData("quarantine.synced")]
    [InlineData("quarantine.renamed")]
    public async Task Kill_while_the_quarantine_is_written_leaves_a_whole_file_or_none_and_the_next_run_tidies_up(string point)
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1, checks: "totals: off, quarantine: 1 row");
        await shop.FaultAsync(Fault);
        var killed = await shop.RunAsync(new Dictionary<string, string> { ["ETL_CRASH_AT"] = point }, "run", "plays");
        Assert.Equal(137, killed.Exit);
        var store = new QuarantineStore(shop.DataFolder);
        Assert.Equal(point == "quarantine.renamed" ? 1 : 0, store.List("plays").Sum(p => store.Read(p.Key, p.Pull).Count()));
        Assert.False(File.Exists(shop.ParquetFile("plays", label)));

        var run = await shop.RunAsync("run", "plays", "--json");

        Assert.True(run.Exit == 0, run.ToString());
        var pull = Assert.Single(store.List("plays"));
        Assert.Equal(Assert.Single(run.Of("window")).GetProperty("pull").GetString(), pull.Pull);
        Assert.Equal([pull.Path], Directory.GetFiles(Path.GetDirectoryName(pull.Path)!, "*", new EnumerationOptions { AttributesToSkip = 0 }));
        Assert.Empty(shop.Leftovers());
    }
}
