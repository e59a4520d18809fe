using Etl.Integration.Tests.Support;
using static Etl.Integration.Tests.Support.BackfillShop;

namespace Etl.Integration.Tests;

/// <summary>How far a backfill is, is told where it runs, on servers and by the status command.</summary>
public sealed class BackfillProgressTests
{
    [SkippableFact]
    public async Task Progress_is_told_by_a_backfill_in_its_own_process()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        await shop.FaultAsync(Slow);
        var result = await shop.RunAsync("backfill", "nightly", "--from", Day(6), "--to", Day(4), "--parallel", "1", "--here", "--json");
        Assert.True(result.Exit == 0, result.ToString());
        Told(result, 3);
    }

    [SkippableFact]
    public async Task Progress_is_told_by_a_backfill_on_servers_and_by_the_status()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        using var server = await ServeAsync(shop);
        await shop.FaultAsync(Slow);
        using var process = EtlProcess.Start(shop.Folder, shop.Environment, "backfill", "nightly", "--from", Day(8), "--to", Day(4), "--parallel", "1", "--json");
        await UntilAsync(async () => (await shop.RunAsync("status", "--json")).Of("batch").Any(b => b.GetProperty("done").GetInt32() > 0));
        var batch = Assert.Single((await shop.RunAsync("status", "--json")).Of("batch"));
        var (done, waiting, working) = (batch.GetProperty("done").GetInt32(), batch.GetProperty("waiting").GetInt32(), batch.GetProperty("working").GetInt32());
        Assert.InRange(done, 1, 4);
        Assert.Equal(5, done + waiting + working);
        Assert.Matches(@"windows +done +waiting +in work", (await shop.RunAsync("status")).Out);
        var result = await EtlProcess.FinishAsync(process);
        Assert.True(result.Exit == 0, result.ToString());
        Told(result, 5);
        await StopAsync(server);
    }

    private static void Told(EtlResult result, int total)
    {
        var told = result.Of("progress");
        Assert.NotEmpty(told);
        Assert.All(told, p => Assert.Equal(("nightly", total, 0, 0), (p.GetProperty("job").GetString(), p.GetProperty("total").GetInt32(), p.GetProperty("held").GetInt32(), p.GetProperty("failed").GetInt32())));
        var last = told[^1];
        Assert.InRange(last.GetProperty("done").GetInt32(), 1, total);
        Assert.True(last.GetProperty("perMinute").GetDouble() > 0);
        Assert.True(last.GetProperty("secondsLeft").GetDouble() >= 0);
    }
}
