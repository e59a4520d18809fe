using System.Globalization;
using Etl.Integration.Tests.Support;
using Etl.Testing.Servers;

namespace Etl.Integration.Tests;

/// <summary>
/// The process is killed while so many bytes of the service's answers have come, on three routes: pages, graphs,
/// totals. Nothing is to be seen of the window then; a plain run again lands it whole. 3 moments of each, 64 on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).
/// </summary>
public sealed class ResponseKillTests
{
    private static readonly int s_moments = Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? 64 : 3;

    [Theory]
    [InlineData("{ report: 38, action: table, pageSize: 15 }")]
    [InlineData("{ report: 34, action: graphs }")]
    [InlineData("{ report: 38, action: total }")]
    public async Task Kill_while_an_answer_comes_shows_nothing_and_the_next_run_lands_all(string source)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("cut", source, lookback: 1);
        // How much comes in a run that nobody disturbs; its data is not kept.
        long all;
        await using (var whole = HoldingLine.To(shop.Sandbox.BaseUrl.Port, long.MaxValue))
        {
            var run = await EtlProcess.RunAsync(shop.Folder, Through(shop, whole), "run", "cut", "--data", "whole");
            Assert.True(run.Exit == 0, run.ToString());
            all = whole.Passed;
        }
        Assert.True(all > 500, $"{all} bytes only.");
        for (var moment = 0; moment < s_moments; moment++)
        {
            var data = "data" + moment.ToString(CultureInfo.InvariantCulture);
            // From the first byte to the last ones: an answer may be some bytes shorter another time.
            var most = 1 + (all - 64) * moment / (s_moments - 1);
            await using (var line = HoldingLine.To(shop.Sandbox.BaseUrl.Port, most))
            {
                using var process = EtlProcess.Start(shop.Folder, Through(shop, line), "run", "cut", "--data", data);
                var finished = EtlProcess.FinishAsync(process);
                await Task.WhenAny(line.Held, finished).WaitAsync(TimeSpan.FromMinutes(3));
                process.Kill();
                var killed = await finished;
                Assert.True(killed.Exit == 137, $"After {most} of {all} bytes: {killed}");
            }
            Assert.Empty(Published(shop, data));
            var again = await shop.RunAsync("run", "cut", "--data", data);
            Assert.True(again.Exit == 0, $"After {most} of {all} bytes: {again}");
            Assert.Equal(Rows(shop, "whole"), Rows(shop, data));
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(shop.Folder, data), "*.tmp", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));
            var idle = await shop.RunAsync("run", "cut", "--data", data, "--json");
            Assert.True(idle.Exit == 0 && idle.Of("window").Count == 0, idle.ToString());
        }
    }

    private static Dictionary<string, string> Through(Workshop shop, HoldingLine line)
    {
        var address = $"http://127.0.0.1:{line.Port.ToString(CultureInfo.InvariantCulture)}/";
        return new Dictionary<string, string>(shop.Environment) { ["KALTURA_SERVICE_URL"] = address, ["KALTURA_REPORTS_URL"] = address };
    }

    private static string[] Published(Workshop shop, string data)
    {
        var dataset = Path.Combine(shop.Folder, data, "parquet", "cut");
        return Directory.Exists(dataset) ? Directory.GetFiles(dataset, "*.parquet", SearchOption.AllDirectories) : [];
    }

    private static string[] Rows(Workshop shop, string data) => LandedRows.Of(Published(shop, data).Single());
}
