using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>
/// What the service does wrong around files, seen from the command line: survived, or a failed window with nothing landed; and
/// whatever happens, neither the address of a file nor the session in it is left anywhere.
/// </summary>
public sealed class CsvFaultTests
{
    private const string Source = "{ report: 38, action: csv }";

    [Theory]
    [InlineData("empty-url", "getUrlForReportAsCsv", null)]
    [InlineData("null-url", "getUrlForReportAsCsv", null)]
    [InlineData("http-502", "getUrlForReportAsCsv", null)]
    [InlineData("html-page", "getUrlForReportAsCsv", null)]
    [InlineData("expired-session", "getUrlForReportAsCsv", null)]
    [InlineData("lost-reply", "getUrlForReportAsCsv", null)]
    [InlineData("drop-row", "getUrlForReportAsCsv", null)]
    [InlineData("title-only", "getUrlForReportAsCsv", null)]
    [InlineData("wrong-cell-count", "getUrlForReportAsCsv", null)]
    [InlineData("http-502", "serve", null)]
    [InlineData("http-503", "serve", null)]
    [InlineData("http-404", "serve", null)]
    [InlineData("lost-reply", "serve", null)]
    [InlineData("empty-body", "serve", null)]
    [InlineData("html-page", "serve", null)]
    [InlineData("file-error", "serve", null)]
    [InlineData("invalid-utf8", "serve", null)]
    [InlineData("truncated-body", "serve", "0.3")]
    [InlineData("truncated-body", "serve", "0.9")]
    [InlineData("truncated-body", "serve", "0.999")]
    public async Task Fault_that_passes_is_survived_and_the_rows_are_whole(string kind, string action, string? parameter)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("file", Source, lookback: 1);
        await shop.FaultAsync(Fault(kind, action, 1, parameter));
        var run = await shop.RunAsync("run", "file", "-v");
        Assert.True(run.Exit == 0, run.ToString());
        await RowsAreWholeAsync(shop);
        NothingLeaks(shop, run);
    }

    [Fact]
    public async Task Broken_download_is_resumed_by_range_and_says_so_in_the_proof()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("file", Source, lookback: 1);
        await shop.FaultAsync(Fault("broken-connection", "serve", 1, null));
        var run = await shop.RunAsync("run", "file");
        Assert.True(run.Exit == 0, run.ToString());
        await RowsAreWholeAsync(shop);
        var history = await shop.RunAsync("history", "file", "--window", Workshop.LatestDay(), "--json");
        Assert.Contains("broke 1 time(s); the rest was asked for by range", history.Out, StringComparison.Ordinal);
        NothingLeaks(shop, run, history);
    }

    [Theory]
    [InlineData("empty-url", "getUrlForReportAsCsv", null, 1, "gave no address")]
    [InlineData("null-url", "getUrlForReportAsCsv", null, 1, "gave no address")]
    [InlineData("other-host", "getUrlForReportAsCsv", null, 1, "on host 'cdn.invalid'.*KALTURA_DOWNLOAD_HOSTS")]
    [InlineData("drop-row", "getUrlForReportAsCsv", null, 1, "rows, but announces")]
    [InlineData("title-only", "getUrlForReportAsCsv", null, 1, "has no totals under the labels")]
    [InlineData("wrong-cell-count", "getUrlForReportAsCsv", null, 1, "has 20 cells under 21 labels")]
    [InlineData("redirect", "serve", null, 1, "answered with a redirect")]
    [InlineData("http-404", "serve", null, 1, "HTTP 404")]
    [InlineData("http-502", "serve", null, 5, "HTTP 502")]
    [InlineData("empty-body", "serve", null, 1, "the file is empty")]
    [InlineData("html-page", "serve", null, 1, "markup instead of a CSV file")]
    [InlineData("file-error", "serve", null, 1, "refused the file with 'REPORT_NOT_FOUND'")]
    [InlineData("truncated-gzip", "serve", null, 5, "is encoded as 'gzip', which was not offered")]
    [InlineData("invalid-utf8", "serve", null, 1, "not UTF-8 at byte")]
    [InlineData("truncated-body", "serve", "0.9", 1, "cut inside a quoted cell|without a line feed|cells under")]
    public async Task Fault_that_stays_fails_the_window_with_its_name_and_lands_nothing(string kind, string action, string? parameter, int exit, string words)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("file", Source, lookback: 1);
        await shop.FaultAsync(Fault(kind, action, -1, parameter));
        var run = await shop.RunAsync("run", "file", "--quiet");
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Matches($"(?m)^file {Workshop.LatestDay()}: .*({words})", run.Error);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(shop.ParquetFile("file", Workshop.LatestDay())));
        Assert.Empty(shop.Leftovers());
        var status = await shop.RunAsync("status", "file", "--json");
        NothingLeaks(shop, run, status);

        await shop.NoFaultsAsync();
        var healed = await shop.RunAsync("run", "file");
        Assert.True(healed.Exit == 0, healed.ToString());
        await RowsAreWholeAsync(shop);
    }

    [Theory]
    [InlineData("http-503", null)]
    [InlineData("html-page", null)]
    [InlineData("empty-body", null)]
    [InlineData("lost-reply", null)]
    [InlineData("broken-connection", null)]
    [InlineData("truncated-body", "0.7")]
    [InlineData("truncated-gzip", "0.7")]
    [InlineData("expired-session", null)]
    public async Task Fault_of_a_custom_report_that_passes_is_survived(string kind, string? parameter)
    {
        await using var shop = await Workshop.OpenAsync();
        CustomCsvTests.WriteJob(shop, "3007", "", lookback: 1);
        await shop.FaultAsync(Fault(kind, "getCsvFromStringParams", 1, parameter));
        var run = await shop.RunAsync("run", "custom");
        Assert.True(run.Exit == 0, run.ToString());
        var label = Workshop.LatestDay();
        var truth = await shop.CustomTruthAsync("3007", label, "", byDays: true);
        var file = shop.ParquetFile("custom", label);
        Assert.Equal(LandedRows.Truth(truth, file, LandedRows.Cleaned), LandedRows.Of(file));
        NothingLeaks(shop, run);
    }

    [Theory]
    [InlineData("file-error", "error-REPORT_NOT_FOUND|REPORT_NOT_FOUND")]
    [InlineData("raw-line-breaks", "cells under")]
    [InlineData("wrong-cell-count", "cells under")]
    [InlineData("html-page", "markup|not a CSV|text/html")]
    [InlineData("invalid-utf8", "not UTF-8 at byte")]
    public async Task Fault_of_a_custom_report_that_stays_fails_the_window(string kind, string words)
    {
        await using var shop = await Workshop.OpenAsync();
        CustomCsvTests.WriteJob(shop, "3007", "", lookback: 1);
        await shop.FaultAsync(Fault(kind, "getCsvFromStringParams", -1, null));
        var run = await shop.RunAsync("run", "custom", "--quiet");
        Assert.True(run.Exit is 1 or 5, run.ToString());
        Assert.Matches($"(?m)^custom {Workshop.LatestDay()}: .*({words})", run.Error);
        Assert.False(File.Exists(shop.ParquetFile("custom", Workshop.LatestDay())));
        Assert.Empty(shop.Leftovers());
        NothingLeaks(shop, run);
    }

    [Fact]
    public async Task Custom_report_of_another_event_than_the_sessions_is_refused_with_exit_4()
    {
        await using var shop = await Workshop.OpenAsync();
        CustomCsvTests.WriteJob(shop, "4021", "virtualeventid=70003", ", privileges: [\"virtualeventid:70001\"]", lookback: 1);
        var run = await shop.RunAsync("run", "custom");
        Assert.True(run.Exit == 4, run.ToString());
        Assert.Contains("SERVICE_FORBIDDEN", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(shop.ParquetFile("custom", Workshop.LatestDay())));
        NothingLeaks(shop, run);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(60_001)]
    public async Task File_of_as_many_rows_as_the_cap_is_split_and_landed_once(int entries)
    {
        // From so many entries on each has one playback per day.
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = entries, Users = 50, Days = 3 });
        var day = DateOnly.FromDateTime(DateTime.UtcNow.AddHours(-2)).AddDays(-1);
        var label = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        shop.WriteJobText("file", """
            job: file
            source: { report: 38, action: csv }
            window: { every: day, timezone: UTC, lookback: 1, settle: 2h }
            land:
              - parquet: { dataset: file }
            checks: { tolerance: 0% }
            """);
        var run = await shop.RunAsync("run", "file", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(entries, Assert.Single(run.Of("window")).GetProperty("rows").GetInt32());
        var from = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        var file = shop.ParquetFile("file", label);
        // The ranking is relative to the best of its own request, so parts of a split cannot have it: null, and noted.
        var expected = LandedRows.Truth(await shop.TruthAsync("38", from, from.AddDays(1), 0), file, LandedRows.Guarded)
            .Select(row => Regex.Replace(row, "engagement_ranking=[^ ]+", "engagement_ranking=NULL")).Order(StringComparer.Ordinal);
        Assert.Equal(expected, LandedRows.Of(file));
        var history = await shop.RunAsync("history", "file", "--window", label, "--json");
        Assert.Contains("entryCreatedAt", history.Out, StringComparison.Ordinal);
        Assert.Contains("engagement_ranking", history.Out, StringComparison.Ordinal);
        NothingLeaks(shop, run, history);
    }

    [Fact]
    public async Task Sessions_and_addresses_hold_what_the_search_for_leaks_looks_for()
    {
        await using var shop = await Workshop.OpenAsync();
        var session = await shop.CallAsync("session", "start", ("secret", shop.Environment["KALTURA_ADMIN_SECRET"]), ("type", "2"), ("partnerId", shop.Environment["KALTURA_PARTNER_ID"]));
        Assert.StartsWith("\"" + SessionStart(shop), session, StringComparison.Ordinal);
        var (from, to) = Workshop.Bounds(Workshop.LatestDay());
        var address = await shop.CallAsync(
            "report", "getUrlForReportAsCsv", ("ks", session.Trim('"')), ("reportType", "38"), ("reportTitle", "t"), ("reportText", "x"), ("headers", "a;b"),
            ("reportInputFilter[fromDate]", from.ToString(CultureInfo.InvariantCulture)), ("reportInputFilter[toDate]", to.ToString(CultureInfo.InvariantCulture)));
        Assert.Matches($"/ks\\\\?/{SessionStart(shop)}.*report\\.csv", address);
    }

    private static string Fault(string kind, string action, int times, string? parameter) =>
        $$"""{"kind":"{{kind}}","action":"{{action}}","times":{{times}}{{(parameter is null ? "" : $",\"parameter\":\"{parameter}\"")}}}""";

    private static async Task RowsAreWholeAsync(Workshop shop)
    {
        var label = Workshop.LatestDay();
        var (file, truth) = (shop.ParquetFile("file", label), await shop.TruthAsync("38", label));
        Assert.NotEmpty(truth);
        Assert.Equal(LandedRows.Truth(truth, file, LandedRows.Guarded), LandedRows.Of(file));
    }

    /// <summary>How every session of the account begins: version and account in base 64.</summary>
    private static string SessionStart(Workshop shop) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"v2|{shop.Environment["KALTURA_PARTNER_ID"]}|"))[..12];

    /// <summary>Neither a session nor the path of a file stands in any file of the folder, unpacked where it is packed, or in what was printed. Recorded addresses are cut where the session stood.</summary>
    private static void NothingLeaks(Workshop shop, params EtlResult[] runs)
    {
        var places = Directory.EnumerateFiles(shop.Folder, "*", SearchOption.AllDirectories).Select(f => (Place: f, Text: Encoding.Latin1.GetString(Unpacked(f)).Replace("/ks/***", "", StringComparison.Ordinal).Replace("\\/ks\\/***", "", StringComparison.Ordinal)))
            .Concat(runs.Select((r, i) => (Place: $"output of run {i}", Text: r.Out + r.Error)));
        foreach (var (place, text) in places)
            foreach (var secret in new[] { SessionStart(shop), "/ks/", "\\/ks\\/", "report.csv", shop.Environment["KALTURA_ADMIN_SECRET"] })
                Assert.True(!text.Contains(secret, StringComparison.OrdinalIgnoreCase), $"'{secret}' stands in {place}.");
    }

    private static byte[] Unpacked(string path) => path.EndsWith(".gz", StringComparison.Ordinal) ? Workshop.Decompressed(path) : File.ReadAllBytes(path);
}
