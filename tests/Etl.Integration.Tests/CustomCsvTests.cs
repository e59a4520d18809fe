using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>Custom reports from the command line against the sandbox, every id that it serves.</summary>
public sealed class CustomCsvTests
{
    private const string User = "user7@example.com";

    [Theory]
    [InlineData("3006", "")]
    [InlineData("3007", "")]
    [InlineData("3007", "cat_ids=1002,1003")]
    [InlineData("3008", "")]
    [InlineData("3009", "")]
    [InlineData("3010", "user_id=" + User)]
    [InlineData("3030", "virtual_event_ids=70001,70002")]
    [InlineData("3035", "virtual_event_ids=70001")]
    [InlineData("3037", "virtual_event_ids=70001")]
    [InlineData("4021", "virtualeventid=70003")]
    [InlineData("6000", "")]
    [InlineData("6001", "")]
    [InlineData("6002", "")]
    public async Task Landed_rows_are_those_of_the_truth(string id, string parameters)
    {
        await using var shop = await Workshop.OpenAsync();
        WriteJob(shop, id, parameters);
        var run = await shop.RunAsync("run", "custom", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(2, run.Of("window").Count);
        var rows = 0;
        foreach (var window in run.Of("window"))
        {
            Assert.Equal("landed", window.GetProperty("state").GetString());
            var label = window.GetProperty("window").GetString()!;
            var file = shop.ParquetFile("custom", label);
            var truth = await shop.CustomTruthAsync(id, label, parameters, byDays: id is "3006" or "3007" or "3008");
            Assert.Equal(LandedRows.Truth(truth, file, LandedRows.Cleaned), LandedRows.Of(file));
            rows += truth.Length;
        }
        Assert.True(rows > 0, $"The sandbox has no rows of {id} on these days: this test proves nothing.");
        Assert.False(Directory.Exists(Path.Combine(shop.DataFolder, "quarantine")), run.ToString());
    }

    [Fact]
    public async Task Excluded_columns_are_not_asked_for_and_do_not_land()
    {
        await using var shop = await Workshop.OpenAsync();
        WriteJob(shop, "3007", "", ", exclude: [company, first_name]");
        var run = await shop.RunAsync("run", "custom", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var columns = WorkshopRows.Types(shop.ParquetFile("custom", Workshop.LatestDay())).Keys;
        Assert.Contains("last_name", columns);
        Assert.DoesNotContain("company", columns);
        Assert.DoesNotContain("first_name", columns);
    }

    internal static void WriteJob(Workshop shop, string id, string parameters, string more = "", int lookback = 2)
    {
        var given = parameters.Length == 0 ? "" : $", params: {{ {string.Join(", ", parameters.Split(';').Select(p => p.Split('=', 2)).Select(p => $"{p[0]}: \"{p[1]}\""))} }}";
        shop.WriteJob("custom", $"{{ custom: {id}, action: custom-csv{given}{more} }}", lookback, "schema: evolve");
    }
}
