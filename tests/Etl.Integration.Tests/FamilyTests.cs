using System.Globalization;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary><c>crossAccount: true</c> from the command line: what lands is what the sandbox holds of all accounts, and the sum of what each account gives alone.</summary>
public sealed class FamilyTests
{
    private static readonly int[] s_accounts = [1234567, 2001, 2002];

    private static readonly SandboxOptions s_family = new()
    {
        Entries = 130, Users = 60, Days = 8,
        Children = [new SandboxChild { PartnerId = 2001, Entries = 40 }, new SandboxChild { PartnerId = 2002, Entries = 70 }],
    };

    [Theory]
    [InlineData("38", "20015", "table", "object_id", "count_plays, sum_time_viewed, unique_viewers, unique_known_users")]
    [InlineData("38", "20015", "csv", "object_id", "count_plays, sum_time_viewed, unique_viewers, unique_known_users")]
    // Its key holds partner_id: users of one name in several accounts are several rows.
    [InlineData("13", "20003", "table", "name", "count_plays, sum_time_viewed, unique_videos, count_viral")]
    [InlineData("13", "20003", "csv", "name", "count_plays, sum_time_viewed, unique_videos, count_viral")]
    [InlineData("34", "20010", "table", "date_id", "count_plays, unique_known_users")]
    public async Task Rows_of_all_accounts_land_as_the_truth_and_as_the_sum_of_the_accounts(string report, string variant, string action, string key, string metrics)
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        shop.WriteJob("family", $"{{ report: {report}, action: {action}, crossAccount: true }}");
        shop.WriteJob("each", $"{{ report: {report}, action: {action}, accounts: [{string.Join(", ", s_accounts)}] }}");
        foreach (var job in new[] { "family", "each" }) AssertDone(await shop.RunAsync("run", job, "--json"));

        var label = Workshop.LatestDay();
        var file = shop.ParquetFile("family", label);
        var truth = await shop.TruthAsync(variant, label);
        Assert.NotEmpty(truth);
        Assert.Equal(LandedRows.Truth(truth, file, action == "csv" ? LandedRows.Guarded : Delimited), LandedRows.Of(file));

        var sums = string.Join(", ", metrics.Split(", ").Select(m => $"sum({m}) AS {m}"));
        string[] family = [.. Rows(shop, $"SELECT {key}, {sums} FROM family WHERE _window = '{label}' GROUP BY {key}")];
        Assert.Equal(family, Rows(shop, $"SELECT {key}, {sums} FROM each WHERE _window = '{label}' GROUP BY {key}"));
        Assert.True(family.Length >= 1);
    }

    [Fact]
    public async Task Rows_name_the_account_that_they_belong_to()
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        shop.WriteJob("users", "{ report: 13, action: table, crossAccount: true }");
        AssertDone(await shop.RunAsync("run", "users", "--json"));

        var label = Workshop.LatestDay();
        var rows = shop.Query($"SELECT partner_id, count(*) AS n, count(DISTINCT name) AS names FROM users WHERE _window = '{label}' GROUP BY partner_id");
        // Deleted users belong to nobody that can be looked up; the anonymous ones are one row.
        Assert.Equal(["", "1234567", "2001", "2002", "Unknown"], rows.Select(r => r.GetProperty("partner_id").GetString()).Order(StringComparer.Ordinal));
        Assert.All(rows.Where(r => r.GetProperty("partner_id").GetString() != ""), r => Assert.Equal(r.GetProperty("n").GetInt64(), r.GetProperty("names").GetInt64()));
    }

    [Theory]
    [InlineData("38", "20015")]
    [InlineData("13", "20003")]
    public async Task Total_of_all_accounts_is_the_truth_and_adds_up(string report, string variant)
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        shop.WriteJob("family", $"{{ report: {report}, action: total, crossAccount: true }}");
        shop.WriteJob("each", $"{{ report: {report}, action: total, accounts: [{string.Join(", ", s_accounts)}] }}");
        shop.WriteJob("days", $"{{ report: {report}, action: graphs, crossAccount: true }}");
        foreach (var job in new[] { "family", "each", "days" }) AssertDone(await shop.RunAsync("run", job, "--json"));

        var label = Workshop.LatestDay();
        var (from, to) = Workshop.Bounds(label);
        var truth = (await shop.GetAsync($"/sandbox/truth?report={variant}&from={from}&to={to}&total=1")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var file = shop.ParquetFile("family", label);
        Assert.Equal(LandedRows.Truth(truth, file, Delimited), LandedRows.Of(file));
        const string Sums = "sum(count_plays) AS plays, sum(sum_time_viewed) AS minutes, sum(unique_viewers) AS viewers";
        var family = Assert.Single(Rows(shop, $"SELECT {Sums} FROM family WHERE _window = '{label}'"));
        Assert.Equal(family, Assert.Single(Rows(shop, $"SELECT {Sums} FROM each WHERE _window = '{label}'")));
        Assert.Equal(
            Assert.Single(Rows(shop, $"SELECT count_plays, sum_time_viewed FROM family WHERE _window = '{label}'")),
            Assert.Single(Rows(shop, $"SELECT count_plays, sum_time_viewed FROM days WHERE _window = '{label}'")));
    }

    [Fact]
    public async Task Fault_of_one_page_over_all_accounts_is_survived()
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        shop.WriteJob("family", "{ report: 38, action: table, crossAccount: true, pageSize: 60 }", lookback: 1);
        await shop.FaultAsync("""{"kind":"query-timed-out","action":"getTable","times":1,"page":2,"report":20015}""");
        AssertDone(await shop.RunAsync("run", "family", "--json"));

        var label = Workshop.LatestDay();
        var file = shop.ParquetFile("family", label);
        Assert.Equal(LandedRows.Truth(await shop.TruthAsync("20015", label), file, Delimited), LandedRows.Of(file));
        Assert.Equal("[]", await shop.GetAsync("/sandbox/faults"));
    }

    [Fact]
    public async Task Sandbox_command_starts_a_family_to_try()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 1, Users = 1, Days = 1 });
        using var sandbox = EtlProcess.Start(shop.Folder, new Dictionary<string, string>(), "sandbox", "--port", "0", "--json", "--entries", "20", "--users", "20", "--days", "4", "--accounts", "3");
        try
        {
            var service = JsonDocument.Parse((await sandbox.StandardOutput.ReadLineAsync())!).RootElement;
            Assert.Equal([1234568, 1234569], service.GetProperty("children").EnumerateArray().Select(c => c.GetInt32()));
            shop.Environment["KALTURA_SERVICE_URL"] = service.GetProperty("url").GetString()!;
            shop.Environment["KALTURA_ADMIN_SECRET"] = service.GetProperty("adminSecret").GetString()!;
            shop.WriteJob("each", "{ report: 38, action: table, accounts: { report: 42 } }", lookback: 1);
            shop.WriteJob("family", "{ report: 38, action: total, crossAccount: true }", lookback: 1);
            foreach (var job in new[] { "each", "family" }) AssertDone(await shop.RunAsync("run", job, "--json"));
            Assert.Equal(["account=1234567", "account=1234568", "account=1234569"], Directory.GetDirectories(Path.Combine(shop.DataFolder, "parquet", "each")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            var plays = Assert.Single(Rows(shop, "SELECT sum(count_plays) AS plays FROM each"));
            Assert.Equal(plays, Assert.Single(Rows(shop, "SELECT sum(count_plays) AS plays FROM family")));
            Assert.NotEqual("0.0000", plays);
        }
        finally
        {
            sandbox.Kill();
            await sandbox.WaitForExitAsync();
        }
    }

    private static void AssertDone(EtlResult result) => Assert.True(result.Exit == 0, result.ToString());

    private static string Delimited(string cell) => cell.Replace('|', ' ').Replace(';', ' ');

    // Sums of doubles differ in the last digits by their order. Nine of them, not four: a sum that lies between two fourth ones comes out one way or the other.
    private static string[] Rows(Workshop shop, string sql) =>
        [.. shop.Query(sql).Select(row => string.Join(" | ", row.EnumerateObject().Select(c => c.Value.ValueKind == JsonValueKind.Number ? c.Value.GetDouble().ToString("F9", CultureInfo.InvariantCulture) : c.Value.ToString())))
            .Order(StringComparer.Ordinal)];
}
