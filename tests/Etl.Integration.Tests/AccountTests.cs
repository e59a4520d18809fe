using System.Globalization;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Parquet;
using Etl.Pipeline.Running;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>A parent account and its children from the command line: rows of each where they belong, and faults that stay with their account.</summary>
public sealed class AccountTests
{
    private static readonly SandboxOptions s_family = new()
    {
        Entries = 30, Users = 60, Days = 8,
        Children = [new SandboxChild { PartnerId = 2001, Entries = 12 }, new SandboxChild { PartnerId = 2002, Entries = 17 }, new SandboxChild { PartnerId = 30010, Entries = 9 }],
    };

    [Fact]
    public async Task Listed_accounts_land_apart_and_equal_what_each_of_them_holds()
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        shop.WriteJob("plays", "{ report: 38, action: table, accounts: [1234567, 2001, 2002] }");
        shop.WriteJob("entries", "{ action: entries, accounts: [2001, 2002] }");
        var plan = await shop.RunAsync("plan", "plays", "--json");
        Assert.Equal(["1234567", "1234567", "2001", "2001", "2002", "2002"], plan.Of("planned").Select(w => w.GetProperty("account").GetString()));
        foreach (var job in new[] { "plays", "entries" }) AssertExit(0, await shop.RunAsync("run", job, "--json"));

        var label = Workshop.LatestDay();
        var sets = new List<string[]>();
        foreach (var account in new[] { 1234567, 2001, 2002 })
        {
            var expected = await PlaysAsync(shop, account, label);
            Assert.NotEmpty(expected);
            Assert.Equal(expected, Parquet(shop, "plays", account, label));
            Assert.Equal(expected, Table(shop, "plays", account, label));
            sets.Add(expected);
        }
        Assert.Equal(3, sets.Select(s => string.Join('\n', s)).Distinct().Count());
        Assert.Equal((await IdsAsync(shop, 2001)).Order(StringComparer.Ordinal), Ids(shop, "entries", 2001, label));
        Assert.Equal((await IdsAsync(shop, 2002)).Order(StringComparer.Ordinal), Ids(shop, "entries", 2002, label));
        Assert.NotEqual(Ids(shop, "entries", 2001, label), Ids(shop, "entries", 2002, label));

        // A run right after finds nothing, and status tells accounts apart.
        var again = await shop.RunAsync("run", "plays", "--json");
        AssertExit(0, again);
        Assert.Empty(again.Of("window"));
        var status = await shop.RunAsync("status", "plays", "--json");
        Assert.Equal(["1234567", "2001", "2002"], status.Of("window").Select(w => w.GetProperty("account").GetString()).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Accounts_of_a_report_are_the_family_without_the_excepted_ones()
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        shop.WriteJob("plays", "{ report: 38, action: table, accounts: { report: VPAAS_USAGE_MULTI, except: [1234567] } }", lookback: 1);
        var before = await shop.RunAsync("plan", "plays", "--json");
        AssertExit(0, before);
        Assert.Contains("takes its accounts from report 42 when it runs; shown are the 0 that the ledger knows", before.Error, StringComparison.Ordinal);

        AssertExit(0, await shop.RunAsync("run", "plays", "--json"));

        var label = Workshop.LatestDay();
        Assert.Equal(["account=2001", "account=2002", "account=30010"], Directory.EnumerateDirectories(Path.Combine(shop.DataFolder, "parquet", "plays")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var account in new[] { 2001, 2002, 30010 }) Assert.Equal(await PlaysAsync(shop, account, label), Parquet(shop, "plays", account, label));
        var after = await shop.RunAsync("plan", "plays", "--json", "--from", label, "--to", label);
        Assert.Contains("shown are the 3 that the ledger knows", after.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Account_that_refuses_and_one_that_fails_leave_the_others_whole()
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        // 999 is no child: the service forbids it.
        shop.WriteJob("plays", "{ report: 38, action: table, accounts: [2001, 999, 2002] }", lookback: 7);
        await shop.FaultAsync("""{"kind":"invalid-utf8","action":"getTable","times":1000,"account":2002}""");

        var result = await shop.RunAsync("run", "plays", "--json");

        AssertExit(4, result);
        var label = Workshop.LatestDay();
        Assert.Equal(await PlaysAsync(shop, 2001, label), Parquet(shop, "plays", 2001, label));
        Assert.Equal(7, result.Of("window").Count(w => w.GetProperty("account").GetString() == "2002" && w.GetProperty("state").GetString() == "failed"));
        // The refusals of those that were under way are enough to know; the others are told of and not asked.
        var refused = result.Of("window").Where(w => w.GetProperty("account").GetString() == "999").ToList();
        Assert.Equal(7, refused.Count);
        Assert.InRange(refused.Count(w => w.GetProperty("code").GetString() != "not-begun"), 1, JobRunner.DefaultParallel);

        await shop.NoFaultsAsync();
        shop.WriteJob("plays", "{ report: 38, action: table, accounts: [2001, 2002] }", lookback: 7);
        var later = await shop.RunAsync("run", "plays", "--json");
        AssertExit(0, later);
        Assert.All(later.Of("window"), w => Assert.Equal("2002", w.GetProperty("account").GetString()));
        Assert.Equal(await PlaysAsync(shop, 2002, label), Parquet(shop, "plays", 2002, label));
    }

    [Fact]
    public async Task Account_that_joins_later_begins_without_touching_the_others()
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        shop.WriteJob("plays", "{ report: 38, action: table, accounts: [2001] }");
        AssertExit(0, await shop.RunAsync("run", "plays", "--json"));
        var label = Workshop.LatestDay();
        var before = await File.ReadAllBytesAsync(FileOf(shop, "plays", 2001, label));

        shop.WriteJob("plays", "{ report: 38, action: table, accounts: [2001, 2002] }");
        var joined = await shop.RunAsync("run", "plays", "--json");

        AssertExit(0, joined);
        Assert.Equal(["2002", "2002"], joined.Of("window").Select(w => w.GetProperty("account").GetString()));
        Assert.Equal(before, await File.ReadAllBytesAsync(FileOf(shop, "plays", 2001, label)));
        Assert.Equal(await PlaysAsync(shop, 2002, label), Parquet(shop, "plays", 2002, label));
    }

    [Fact]
    public async Task Child_with_its_own_secret_sees_itself_only()
    {
        await using var shop = await Workshop.OpenAsync(s_family);
        shop.Environment["KALTURA_PARTNER_ID"] = "2001";
        shop.Environment["KALTURA_ADMIN_SECRET"] = s_family.Children[0].AdminSecret;
        shop.WriteJob("own", "{ report: 38, action: table }", lookback: 1);
        shop.WriteJob("sibling", "{ report: 38, action: table, accounts: [2002] }", lookback: 1);
        AssertExit(0, await shop.RunAsync("run", "own", "--json"));
        Assert.Equal(await PlaysAsync(shop, 2001, Workshop.LatestDay()), shop.Parquet("own", Workshop.LatestDay()));
        AssertExit(4, await shop.RunAsync("run", "sibling", "--json"));
    }

    [Theory]
    [InlineData("{ report: 38, action: table, crossAccount: true }", null)]
    [InlineData("{ report: 13, action: total, crossAccount: true }", null)]
    [InlineData("{ report: 4, action: table, crossAccount: true }", "Report 4 (MAP_OVERLAY) has no variant over child accounts. Reports 2, 6, 13, 17, 21, 22, 23, 25, 30, 32, 33, 34, 35, 36, 37, 38, 39, 41, 44, 45, 46, 60, 201 have one.")]
    [InlineData("{ report: 20015, action: table, crossAccount: true }", "looks at all child accounts already; leave 'crossAccount' out.")]
    [InlineData("{ report: 42, action: table, crossAccount: true }", "looks at all child accounts already; leave 'crossAccount' out.")]
    [InlineData("{ report: 36, action: graphs, crossAccount: true }", "Report 20012 (MAP_OVERLAY_COUNTRY_VPAAS) has no 'graphs'.")]
    [InlineData("{ report: 38, action: table, accounts: { report: 20015 } }", "'20015' is not a report that lists accounts. Those are 19 (VAR_USAGE), 42 (VPAAS_USAGE_MULTI), 63 (PARTNER_USAGE_HIGHLIGHTS), 64 (CDN_BANDWIDTH_USAGE), 65 (REACH_CATALOG_USAGE), 66 (REACH_PROFILE_USAGE).")]
    public async Task Variants_and_reports_of_accounts_are_checked_by_validate(string source, string? fault)
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 1, Users = 1, Days = 1 });
        shop.WriteJob("a", source);
        var result = await shop.RunAsync("validate");
        if (fault is null) AssertExit(0, result);
        else
        {
            AssertExit(2, result);
            Assert.Contains(fault, result.ToString().ReplaceLineEndings(" "), StringComparison.Ordinal);
        }
    }

    private static void AssertExit(int code, EtlResult result) => Assert.True(result.Exit == code, result.ToString());

    private static string FileOf(Workshop shop, string dataset, int account, string label) =>
        Path.Combine(shop.DataFolder, "parquet", dataset, $"account={account}", $"date={label}", "data.parquet");

    private static string[] Parquet(Workshop shop, string dataset, int account, string label) => WorkshopRows.ParquetAt(FileOf(shop, dataset, account, label));

    private static string[] Table(Workshop shop, string table, int account, string label) =>
        [.. shop.Query($"SELECT object_id, entry_name, count_plays, sum_time_viewed, unique_viewers FROM {table} WHERE _window = '{label}' AND _account = '{account}'")
            .Select(row => string.Join(" | ", row.EnumerateObject().Select(c => c.Value.ValueKind == JsonValueKind.String ? c.Value.GetString()! : c.Value.GetDouble().ToString("R", CultureInfo.InvariantCulture))))
            .Order(StringComparer.Ordinal)];

    private static async Task<string[]> PlaysAsync(Workshop shop, int account, string label) => WorkshopRows.Expected(await shop.TruthAsync("38", label, account));

    private static async Task<IEnumerable<string>> IdsAsync(Workshop shop, int account)
    {
        using var http = new HttpClient { BaseAddress = shop.Sandbox.BaseUrl };
        var lines = await http.GetStringAsync(new Uri($"/sandbox/truth-list?of=entries&account={account}", UriKind.Relative));
        var before = Workshop.Bounds(Workshop.LatestDay()).To;
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)
            .Where(e => e.GetProperty("status").GetString() == "2" && e.GetProperty("createdAt").GetInt64() < before).Select(e => e.GetProperty("id").GetString()!);
    }

    private static IEnumerable<string?> Ids(Workshop shop, string dataset, int account, string label) =>
        WorkshopRows.Column(FileOf(shop, dataset, account, label), "id").Order(StringComparer.Ordinal);
}
