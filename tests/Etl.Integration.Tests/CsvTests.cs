using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>Report files from the command line against the sandbox: the rows of the truth, and those of tables but for what each way loses.</summary>
public sealed class CsvTests
{
    [Theory]
    [InlineData("38", 2)]
    [InlineData("13", 2)]
    [InlineData("36", 2)]
    [InlineData("34", 4)]
    public async Task Landed_rows_are_those_of_the_truth_and_of_the_table(string report, int windows)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("file", $"{{ report: {report}, action: csv }}", windows);
        shop.WriteJob("page", $"{{ report: {report}, action: table }}", windows);
        foreach (var job in new[] { "file", "page" })
        {
            var run = await shop.RunAsync("run", job, "--json");
            Assert.True(run.Exit == 0, run.ToString());
            Assert.Equal(windows, run.Of("window").Count);
            Assert.All(run.Of("window"), w => Assert.Equal("landed", w.GetProperty("state").GetString()));
        }
        var labels = Directory.EnumerateDirectories(Path.Combine(shop.DataFolder, "parquet", "file")).Select(d => Path.GetFileName(d)["date=".Length..]).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(windows, labels.Count);
        foreach (var label in labels)
        {
            var (file, page) = (shop.ParquetFile("file", label), shop.ParquetFile("page", label));
            var truth = await shop.TruthAsync(report, label);
            Assert.NotEmpty(truth);
            Assert.Equal(LandedRows.Truth(truth, file, LandedRows.Guarded), LandedRows.Of(file));
            Assert.Equal(LandedRows.Truth(truth, page, Delimited), LandedRows.Of(page));
            // What each loses put on the other, the two ways agree.
            Assert.Equal(LandedRows.Of(page, LandedRows.Guarded), LandedRows.Of(file, Delimited));
            Assert.Equal(WorkshopRows.Types(page), WorkshopRows.Types(file));
        }
    }

    [Fact]
    public async Task Quotes_semicolons_and_pipes_of_names_are_kept_in_files()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("file", "{ report: 38, action: csv }", 1);
        Assert.Equal(0, (await shop.RunAsync("run", "file")).Exit);
        var names = WorkshopRows.Column(shop.ParquetFile("file", Workshop.LatestDay()), "entry_name");
        foreach (var mark in new[] { "\"", ";", "|", "\n" }) Assert.Contains(names, n => n!.Contains(mark, StringComparison.Ordinal));
    }

    /// <summary>A page loses the delimiter and the semicolon.</summary>
    private static string Delimited(string cell) => cell.Replace('|', ' ').Replace(';', ' ');
}
