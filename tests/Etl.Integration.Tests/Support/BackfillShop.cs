using System.Diagnostics;
using System.Globalization;

namespace Etl.Integration.Tests.Support;

/// <summary>What tests of backfills begin with: a nightly job, a server that has nothing to do, days by how long ago they were.</summary>
internal static class BackfillShop
{
    /// <summary>Each table takes eight seconds: longer than a few commands, shorter than a server's grace.</summary>
    public const string Slow = """{ "kind": "slow", "action": "getTable", "parameter": "8", "times": -1 }""";

    private const string Nightly = "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }";

    public static async Task<Workshop> OpenAsync()
    {
        var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly", lookback: 1, extra: Nightly);
        return shop;
    }

    /// <summary>A server that has said that it lives.</summary>
    public static async Task<Process> ServeAsync(Workshop shop)
    {
        var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2", "--json");
        // The night's window is landed: it beats by now, and works on nothing.
        await UntilAsync(async () => (await shop.RunAsync("status", "nightly", "--json")).Of("window").Any(w => w.GetProperty("state").GetString() == "landed"));
        return server;
    }

    public static async Task<EtlResult> StopAsync(Process server)
    {
        EtlProcess.Interrupt(server);
        var result = await EtlProcess.FinishAsync(server);
        Assert.True(result.Exit == 0, result.ToString());
        return result;
    }

    /// <summary>Windows of all batches that wait, and that servers work on.</summary>
    public static async Task<(int Waiting, int Working)> OpenWindowsAsync(Workshop shop)
    {
        var batches = (await shop.RunAsync("status", "--json")).Of("batch");
        return (batches.Sum(b => b.GetProperty("waiting").GetInt32()), batches.Sum(b => b.GetProperty("working").GetInt32()));
    }

    public static async Task<HashSet<string>> LandedAsync(Workshop shop) =>
        [.. (await shop.RunAsync("status", "nightly", "--json")).Of("window").Where(w => w.GetProperty("state").GetString() == "landed").Select(w => w.GetProperty("window").GetString()!)];

    public static string Day(int back) =>
        DateOnly.ParseExact(Workshop.LatestDay(), "yyyy-MM-dd", CultureInfo.InvariantCulture).AddDays(-back).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static IEnumerable<string> Days(string from, string to)
    {
        for (var day = DateOnly.ParseExact(from, "yyyy-MM-dd", CultureInfo.InvariantCulture); string.CompareOrdinal(Text(day), to) <= 0; day = day.AddDays(1)) yield return Text(day);
        static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition()) Assert.True(clock.Elapsed < TimeSpan.FromMinutes(5), "It did not happen within 5 minutes.");
    }
}
