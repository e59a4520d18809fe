using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>
/// The process is killed at every named step of a landing, first landings and re-landings. Whatever the step: each target
/// holds one complete pull, old or new; a plain re-run reaches the new one; no temporary file stays; nothing is due then.
/// </summary>
public sealed class KillTests
{
    public static TheoryData<string> Points =>
    [
        "staged.half", "staged.synced", "staged.renamed",
        "parquet.temp-open", "parquet.temp-half", "parquet.temp-synced", "parquet.locked", "parquet.compared", "parquet.renamed", "parquet.folder-synced",
        "landing.published",
        "table.begin", "table.deleted", "table.half-inserted", "table.inserted", "table.recorded", "table.committed",
        "ledger.before-settle", "ledger.settled",
    ];

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public async Task Kill_in_a_first_landing_leaves_nothing_or_all_and_a_rerun_completes_it(string point)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("kill", lookback: 1);
        var label = Workshop.LatestDay();
        await CrashAsync(shop, point, "run", "kill");
        var truth = await shop.ExpectedAsync("38", label);
        AssertOneOf(await shop.TableAsync("38", "kill", label), [], truth);
        AssertOneOf(shop.Parquet("kill", label), [], truth);
        await AssertRecoveryAsync(shop, label);
    }

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public async Task Kill_in_a_relanding_leaves_old_or_new_and_a_rerun_reaches_the_new(string point)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("kill", lookback: 1);
        var label = Workshop.LatestDay();
        var first = await shop.RunAsync("run", "kill");
        Assert.True(first.Exit == 0, first.ToString());
        var old = await shop.ExpectedAsync("38", label);
        await shop.RestateAsync(label);
        var restated = await shop.ExpectedAsync("38", label);
        Assert.NotEqual(old, restated);

        await CrashAsync(shop, point, "run", "kill", "--from", label, "--to", label, "--force");
        AssertOneOf(await shop.TableAsync("38", "kill", label), old, restated);
        AssertOneOf(shop.Parquet("kill", label), old, restated);
        await AssertRecoveryAsync(shop, label);
    }

    private static async Task CrashAsync(Workshop shop, string point, params string[] arguments)
    {
        var crashed = await shop.RunAsync(new Dictionary<string, string> { ["ETL_CRASH_AT"] = point }, arguments);
        Assert.True(crashed.Exit == 137, $"'{point}' did not kill the run: {crashed}");
    }

    private static async Task AssertRecoveryAsync(Workshop shop, string label)
    {
        var expected = await shop.ExpectedAsync("38", label);
        var again = await shop.RunAsync("run", "kill");
        Assert.True(again.Exit == 0, again.ToString());
        Assert.Equal(expected, await shop.TableAsync("38", "kill", label));
        Assert.Equal(expected, shop.Parquet("kill", label));
        Assert.Empty(shop.Leftovers());
        var idle = await shop.RunAsync("run", "kill", "--json");
        Assert.True(idle.Exit == 0 && idle.Of("window").Count == 0, idle.ToString());
    }

    private static void AssertOneOf(string[] found, string[] old, string[] restated) =>
        Assert.True(found.SequenceEqual(old) || found.SequenceEqual(restated), $"Neither old nor new: {string.Join("\n", found.Take(5))} … {found.Length} rows");
}
