using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>What a person sees of a window that kills its process time after time, and how it comes back.</summary>
public sealed class ParkingTests
{
    private static readonly Dictionary<string, string> s_killed = new() { ["ETL_CRASH_AT"] = "staged.half" };

    [SkippableFact]
    public async Task Window_that_kills_its_process_is_parked_told_everywhere_and_brought_back_by_force()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("poison", lookback: 1, extra: "attempts: 2");
        var label = Workshop.LatestDay();
        var wayOut = $"'etl run poison --from {label} --to {label} --force'";
        for (var death = 0; death < 2; death++)
        {
            var crashed = await shop.RunAsync(s_killed, "run", "poison");
            Assert.True(crashed.Exit == 137, crashed.ToString());
        }

        // It would kill this one as well, if it were tried.
        var parked = await shop.RunAsync(s_killed, "run", "poison", "--json");
        Assert.True(parked.Exit == 1, parked.ToString());
        var window = Assert.Single(parked.Of("window"));
        Assert.Equal(("parked", "parked"), (window.GetProperty("state").GetString(), window.GetProperty("code").GetString()));
        Assert.Contains(wayOut, window.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(parked.Of("summary")).GetProperty("parked").GetInt32());

        var left = await shop.RunAsync("run", "poison");
        Assert.True(left.Exit == 1 && left.Error.Contains(wayOut, StringComparison.Ordinal), left.ToString());
        var plan = await shop.RunAsync("plan", "poison");
        Assert.True(plan.Exit == 0 && plan.Error.Contains("parked", StringComparison.Ordinal) && plan.Error.Contains("--force", StringComparison.Ordinal), plan.ToString());
        Assert.Equal((1, 0), await CountsAsync(shop));
        var status = await shop.RunAsync("status", "poison");
        Assert.True(status.Exit == 0 && status.Out.Contains($"is parked. When the cause is gone: {wayOut}", StringComparison.Ordinal), status.ToString());
        var history = await shop.RunAsync("history", "poison", "--window", label);
        Assert.True(history.Exit == 0 && history.Out.Contains("Parked after 2 attempts in a row.", StringComparison.Ordinal) && history.Out.Contains(wayOut, StringComparison.Ordinal), history.ToString());

        var forced = await shop.RunAsync("run", "poison", "--from", label, "--to", label, "--force");
        Assert.True(forced.Exit == 0, forced.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "poison", label));
        Assert.Equal((0, 1), await CountsAsync(shop));
        Assert.Empty(shop.Leftovers());
    }

    [SkippableFact]
    public async Task Lease_that_cannot_be_is_refused_before_anything_is_touched()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("poison", lookback: 1);
        var refused = await shop.RunAsync(new Dictionary<string, string> { ["ETL_LEASE"] = "1m", ["ETL_HEARTBEAT"] = "30s" }, "run", "poison");
        Assert.True(refused.Exit == 2 && refused.Error.Contains("ETL_HEARTBEAT is '30s'", StringComparison.Ordinal), refused.ToString());
        Assert.False(Directory.Exists(shop.DataFolder));
    }

    private static async Task<(int Parked, int Landed)> CountsAsync(Workshop shop)
    {
        var job = Assert.Single((await shop.RunAsync("status", "--json")).Of("job"));
        return (job.GetProperty("parked").GetInt32(), job.GetProperty("landed").GetInt32());
    }
}
