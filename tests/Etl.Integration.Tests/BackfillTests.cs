using Etl.Integration.Tests.Support;
using static Etl.Integration.Tests.Support.BackfillShop;

namespace Etl.Integration.Tests;

/// <summary><c>etl backfill</c> beside a running server: it hands the windows over, watches, withdraws; and without one it does them itself.</summary>
public sealed class BackfillTests
{
    [SkippableFact]
    public async Task Windows_go_to_the_workers_of_a_server_and_are_told_as_a_run_tells_them()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        using var server = await ServeAsync(shop);
        var (from, to) = (Day(8), Day(4));
        var result = await shop.RunAsync("backfill", "nightly", "--from", from, "--to", to, "--json");
        Assert.True(result.Exit == 0, result.ToString());
        Assert.Equal(Days(from, to), result.Of("window").Select(w => w.GetProperty("window").GetString()).Order());
        Assert.All(result.Of("window"), w =>
        {
            Assert.Equal("landed", w.GetProperty("state").GetString());
            Assert.Equal(2, w.GetProperty("targets").GetArrayLength());
            Assert.True(w.GetProperty("rows").GetInt64() > 0);
        });
        Assert.Equal(5, Assert.Single(result.Of("summary")).GetProperty("landed").GetInt32());
        foreach (var day in Days(from, to)) Assert.Equal(await shop.ExpectedAsync("38", day), await shop.TableAsync("38", "nightly", day));

        var again = await shop.RunAsync("backfill", "nightly", "--from", from, "--to", to);
        Assert.True(again.Exit == 0, again.ToString());
        Assert.Contains("landed already", again.Out, StringComparison.Ordinal);
        var told = await StopAsync(server);
        // The server did them: what it told as landed are its own night and the backfill.
        Assert.Superset(Days(from, to).ToHashSet(), told.Of("window").Select(w => w.GetProperty("window").GetString()!).ToHashSet());
    }

    [SkippableFact]
    public async Task Detached_backfill_is_left_to_the_servers_and_shown_while_it_is_open()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        using var server = await ServeAsync(shop);
        await shop.FaultAsync(Slow);
        var result = await shop.RunAsync("backfill", "nightly", "--from", Day(8), "--to", Day(4), "--detach");
        Assert.True(result.Exit == 0, result.ToString());
        Assert.Contains("5 windows on 1 running server with 2 workers", result.Out, StringComparison.Ordinal);
        var status = await shop.RunAsync("status", "--json");
        Assert.Equal("backfill", Assert.Single(status.Of("batch")).GetProperty("by").GetString());
        await shop.NoFaultsAsync();
        await UntilAsync(async () => (await shop.RunAsync("status", "--json")).Of("batch").Count == 0);
        foreach (var day in Days(Day(8), Day(4))) Assert.Equal(await shop.ExpectedAsync("38", day), await shop.TableAsync("38", "nightly", day));
        await StopAsync(server);
    }

    [SkippableFact]
    public async Task Interrupted_backfill_withdraws_what_has_not_begun_and_goes_on_when_asked_again()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        using var server = await ServeAsync(shop);
        await shop.FaultAsync(Slow);
        using var process = EtlProcess.Start(shop.Folder, shop.Environment, "backfill", "nightly", "--from", Day(9), "--to", Day(4), "--parallel", "1");
        Assert.Contains("6 windows", await process.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        await UntilAsync(async () => (await shop.RunAsync("status", "--json")).Of("batch").Any(b => b.GetProperty("working").GetInt32() == 1));
        EtlProcess.Interrupt(process);
        var cut = await EtlProcess.FinishAsync(process);
        Assert.True(cut.Exit == 130, cut.ToString());
        Assert.Contains("that had not begun", cut.Error, StringComparison.Ordinal);
        Assert.Contains("The same command again goes on", cut.Error, StringComparison.Ordinal);
        await shop.NoFaultsAsync();
        await UntilAsync(async () => (await shop.RunAsync("status", "--json")).Of("batch").Count == 0);
        var landed = (await shop.RunAsync("status", "nightly", "--json")).Of("window").Where(w => w.GetProperty("state").GetString() == "landed").Select(w => w.GetProperty("window").GetString()!).ToHashSet();
        Assert.InRange(Days(Day(9), Day(4)).Count(landed.Contains), 1, 5);

        var again = await shop.RunAsync("backfill", "nightly", "--from", Day(9), "--to", Day(4), "--json");
        Assert.True(again.Exit == 0, again.ToString());
        Assert.Equal(Days(Day(9), Day(4)).Where(d => !landed.Contains(d)), again.Of("window").Select(w => w.GetProperty("window").GetString()).Order());
        await StopAsync(server);
    }

    [SkippableFact]
    public async Task Without_a_server_or_when_told_so_the_command_does_the_windows_itself()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        var refused = await shop.RunAsync("backfill", "nightly", "--from", Day(5), "--to", Day(5), "--detach");
        Assert.Equal(2, refused.Exit);
        Assert.Contains("etl serve", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop.DataFolder));
        Assert.Equal(2, (await shop.RunAsync("backfill", "nightly", "--from", Day(5), "--to", Day(5), "--detach", "--here")).Exit);
        Assert.Equal(0, (await shop.RunAsync("backfill", "nightly", "--from", Day(5), "--to", Day(5))).Exit);
        using var server = await ServeAsync(shop);
        Assert.Equal(0, (await shop.RunAsync("backfill", "nightly", "--from", Day(6), "--to", Day(6), "--here")).Exit);
        Assert.DoesNotContain(Day(6), (await StopAsync(server)).Of("window").Select(w => w.GetProperty("window").GetString()));
        Assert.Equal(await shop.ExpectedAsync("38", Day(6)), await shop.TableAsync("38", "nightly", Day(6)));
    }
}
