using Etl.Integration.Tests.Support;
using static Etl.Integration.Tests.Support.BackfillShop;

namespace Etl.Integration.Tests;

/// <summary>A backfill that nobody watches any more can be taken up by the same command, and stopped.</summary>
public sealed class BackfillStopTests
{
    [SkippableFact]
    public async Task Detached_backfill_is_stopped_by_the_same_command_and_an_interruption()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        using var server = await ServeAsync(shop);
        await shop.FaultAsync(Slow);
        var detached = await shop.RunAsync("backfill", "nightly", "--from", Day(9), "--to", Day(4), "--parallel", "1", "--detach");
        Assert.True(detached.Exit == 0, detached.ToString());
        await UntilAsync(async () => (await OpenWindowsAsync(shop)).Working == 1);
        await InterruptedAsync(shop);
        await StopAsync(server);
    }

    [SkippableFact]
    public async Task Killed_backfill_is_stopped_by_the_same_command_and_an_interruption()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        using var server = await ServeAsync(shop);
        await shop.FaultAsync(Slow);
        using (var killed = EtlProcess.Start(shop.Folder, shop.Environment, "backfill", "nightly", "--from", Day(9), "--to", Day(4), "--parallel", "1"))
        {
            Assert.Contains("6 windows", await killed.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
            await UntilAsync(async () => (await OpenWindowsAsync(shop)).Working == 1);
            killed.Kill();
            await killed.WaitForExitAsync();
        }
        Assert.InRange((await OpenWindowsAsync(shop)).Waiting, 1, 5);
        await InterruptedAsync(shop);
        await StopAsync(server);
    }

    [SkippableFact]
    public async Task Same_command_gives_what_waits_its_own_limit()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        using var server = await ServeAsync(shop);
        await shop.FaultAsync(Slow);
        Assert.Equal(0, (await shop.RunAsync("backfill", "nightly", "--from", Day(9), "--to", Day(4), "--parallel", "1", "--detach")).Exit);
        await UntilAsync(async () => (await OpenWindowsAsync(shop)).Working == 1);
        Assert.Equal(0, (await shop.RunAsync("backfill", "nightly", "--from", Day(9), "--to", Day(4), "--parallel", "2", "--detach")).Exit);
        await UntilAsync(async () => (await OpenWindowsAsync(shop)).Working == 2);
        Assert.Single((await shop.RunAsync("status", "--json")).Of("batch"));
        await shop.NoFaultsAsync();
        await UntilAsync(async () => await OpenWindowsAsync(shop) == (0, 0));
        Assert.Superset(Days(Day(9), Day(4)).ToHashSet(), await LandedAsync(shop));
        await StopAsync(server);
    }

    [SkippableFact]
    public async Task Backfill_is_withdrawn_without_starting_anything_whether_a_server_lives_or_not()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        var server = await ServeAsync(shop);
        await shop.FaultAsync(Slow);
        await shop.RunAsync("backfill", "nightly", "--from", Day(9), "--to", Day(4), "--parallel", "1", "--detach");
        await shop.RunAsync("backfill", "nightly", "--from", Day(11), "--to", Day(10), "--parallel", "1", "--force", "--detach");
        await UntilAsync(async () => (await OpenWindowsAsync(shop)).Working == 2);
        // A part of it.
        var some = await shop.RunAsync("backfill", "nightly", "--from", Day(5), "--to", Day(4), "--withdraw");
        Assert.True(some.Exit == 0, some.ToString());
        Assert.Contains("Withdrew 2 windows", some.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("in work", some.Out, StringComparison.Ordinal);
        server.Kill();
        await server.WaitForExitAsync();
        server.Dispose();
        var (waiting, working) = await OpenWindowsAsync(shop);
        Assert.InRange(waiting + working, 1, 6);
        // The ledger does not know yet that the server is gone; then nothing is in work any more.
        await UntilAsync(async () => (await OpenWindowsAsync(shop)).Working == 0);
        var result = await shop.RunAsync("backfill", "nightly", "--from", Day(11), "--to", Day(4), "--withdraw", "--json");
        var rest = Assert.Single(result.Of("withdrawn"));
        Assert.Equal((0, waiting + working, 0), (Assert.Single(result.Of("summary")).GetProperty("exit").GetInt32(), rest.GetProperty("windows").GetInt32(), rest.GetProperty("working").GetInt32()));
        Assert.Equal((0, 0), await OpenWindowsAsync(shop));
        var none = await shop.RunAsync("backfill", "nightly", "--from", Day(9), "--to", Day(4), "--withdraw");
        Assert.True(none.Exit == 0, none.ToString());
        Assert.Contains("No window", none.Out, StringComparison.Ordinal);
        Assert.Equal(2, (await shop.RunAsync("backfill", "nightly", "--from", Day(9), "--to", Day(4), "--withdraw", "--detach")).Exit);
    }

    [SkippableFact]
    public async Task Windows_that_wait_for_a_server_are_done_here_when_there_is_none_and_wait_no_more()
    {
        Sqlite3.Require();
        await using var shop = await OpenAsync();
        using (var server = await ServeAsync(shop))
        {
            await shop.FaultAsync(Slow);
            await shop.RunAsync("backfill", "nightly", "--from", Day(7), "--to", Day(4), "--parallel", "1", "--detach");
            await UntilAsync(async () => (await OpenWindowsAsync(shop)).Working == 1);
            await StopAsync(server);
        }
        await shop.NoFaultsAsync();
        Assert.InRange((await OpenWindowsAsync(shop)).Waiting, 1, 3);
        // A usage fault touches nothing.
        Assert.True(shop.Environment.Remove("KALTURA_ADMIN_SECRET", out var secret));
        Assert.Equal(2, (await shop.RunAsync("backfill", "nightly", "--from", Day(7), "--to", Day(4))).Exit);
        shop.Environment["KALTURA_ADMIN_SECRET"] = secret;
        Assert.InRange((await OpenWindowsAsync(shop)).Waiting, 1, 3);
        var here = await shop.RunAsync("backfill", "nightly", "--from", Day(7), "--to", Day(4));
        Assert.True(here.Exit == 0, here.ToString());
        Assert.Contains("had waited for a server", here.Out, StringComparison.Ordinal);
        Assert.Equal((0, 0), await OpenWindowsAsync(shop));
        foreach (var day in Days(Day(7), Day(4))) Assert.Equal(await shop.ExpectedAsync("38", day), await shop.TableAsync("38", "nightly", day));
    }

    /// <summary>The same command, cut short while a server works: nothing waits any more, and what is left is told.</summary>
    private static async Task InterruptedAsync(Workshop shop)
    {
        using var again = EtlProcess.Start(shop.Folder, shop.Environment, "backfill", "nightly", "--from", Day(9), "--to", Day(4), "--parallel", "1");
        Assert.Contains("windows on 1 running server", await again.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        EtlProcess.Interrupt(again);
        var cut = await EtlProcess.FinishAsync(again);
        Assert.True(cut.Exit == 130, cut.ToString());
        var (waiting, working) = await OpenWindowsAsync(shop);
        Assert.True((waiting, working) is (0, 0 or 1), $"{waiting} wait, {working} in work: {cut}");
        Assert.Matches("Withdrew [1-5] windows? that had not begun", cut.Error);
        if (working == 1) Assert.Contains("1 window is in work on the servers and will end there", cut.Error, StringComparison.Ordinal);
        await UntilAsync(async () => await OpenWindowsAsync(shop) == (0, 0));
        Assert.InRange((await LandedAsync(shop)).Count(Days(Day(9), Day(4)).Contains), 1, 5);
    }
}
