using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Accounts;

/// <summary>Reports over a parent and its children are the sum of what each of them has alone.</summary>
public sealed class FamilyTests : IAsyncLifetime
{
    private static readonly string[] s_accounts = ["1234567", "2001", "2002"];

    // Distinct counts of users and videos are of different people and things in every account.
    private static readonly string[] s_ratios = ["avg_", "_ratio", "_ranking", "completion_rate"];

    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(new SandboxOptions
    {
        Entries = 110, Users = 50, Days = 8, EndsAt = new DateOnly(2026, 3, 8), SessionsPerDay = 400,
        Children = [new SandboxChild { PartnerId = 2001, AdminSecret = "11111111111111111111111111111111", Entries = 40 }, new SandboxChild { PartnerId = 2002, Entries = 60 }],
        Clock = new FixedClock(new DateTimeOffset(2026, 3, 9, 12, 0, 0, TimeSpan.Zero)),
    });

    public async Task DisposeAsync() => await _api.DisposeAsync();

    public static TheoryData<int, int, string> Variants => new()
    {
        { 20001, 2, "object_id" }, { 20002, 6, "object_id" }, { 20003, 13, "name" }, { 20004, 17, "name" }, { 20005, 21, "device" }, { 20006, 22, "os" },
        { 20007, 23, "browser" }, { 20008, 32, "os_family" }, { 20009, 33, "browser_family" }, { 20010, 34, "date_id" }, { 20011, 35, "date_id" },
        { 20012, 36, "object_id" }, { 20013, 37, "region" }, { 20014, 30, "city" }, { 20015, 38, "object_id" }, { 20016, 39, "user_id" },
        { 20017, 41, "source" }, { 20019, 45, "object_id" }, { 20022, 25, "object_id" },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Rows_and_totals_are_the_sum_of_the_accounts(int variant, int report, string key)
    {
        (string, string?)[] wide = [("reportInputFilter[fromDate]", "1700000000"), ("pager[pageSize]", "12000")];
        var all = await _api.TableAsync(variant, wide);
        var alone = new List<Table>();
        foreach (var account in s_accounts) alone.Add(await _api.TableAsync(report, [.. wide, ("partnerId", account)]));
        Assert.All(alone, t => Assert.NotEmpty(t.Rows));
        var columns = Etl.Sandbox.Catalogue.CatalogueData.Load().Require(report).Metrics.Where(IsSum).ToList();
        Assert.NotEmpty(columns);
        var (expected, actual) = (Sums(alone, key, columns), Sums([all], key, columns));
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (name, sum) in expected) Assert.Equal(sum, actual[name], 6);

        var total = await _api.TotalAsync(variant, wide);
        foreach (var column in total.Keys.Where(IsSum))
        {
            var sum = 0.0;
            foreach (var account in s_accounts) sum += Number((await _api.TotalAsync(report, [.. wide, ("partnerId", account)]))[column]);
            Assert.Equal(sum, Number(total[column]), 6);
        }
    }

    [Fact]
    public async Task Ratios_are_of_the_sums_and_not_sums_of_ratios()
    {
        var total = await _api.TotalAsync(20015);
        Assert.Equal(Number(total["sum_time_viewed"]) / Number(total["count_plays"]), Number(total["avg_time_viewed"]), 9);
        Assert.Equal(Number(total["count_plays"]) / Number(total["count_loads"]), Number(total["load_play_ratio"]), 9);
    }

    [Fact]
    public async Task Users_of_one_name_stay_apart_by_account_and_the_unknown_one_is_one_row()
    {
        var all = await _api.TableAsync(20003);
        var known = all.Rows.Where(r => r[0].Length > 0).Select(r => r[0] + "/" + r[all.Column("partner_id")]).ToList();
        Assert.Equal(known.Count, known.Distinct().Count());
        Assert.Equal(1, known.Count(k => k == "Unknown/Unknown"));
        Assert.Equal(["1234567", "2001", "2002", "Unknown"], all.Cells("partner_id").Where(p => p.Length > 0).Distinct().Order(StringComparer.Ordinal));
        Assert.True(all.Cells("name").GroupBy(n => n).Count(g => g.Key.Length > 0 && g.Count() == 3) > 10);
        Assert.All(all.Rows.Where(r => r[0].Length == 0), r => Assert.Equal("", r[all.Column("partner_id")]));
    }

    [Fact]
    public async Task Id_that_accounts_share_is_one_row_of_the_first()
    {
        var all = await _api.TableAsync(20015);
        Assert.Equal(all.Rows.Count, all.Cells("object_id").Distinct().Count());
        var alone = await Task.WhenAll(s_accounts.Select(a => _api.TableAsync(38, ("partnerId", a))));
        var shared = alone.SelectMany(t => t.Cells("object_id")).GroupBy(id => id).First(g => g.Count() == 3).Key;
        Assert.Equal("1234567", all.Rows.Single(r => r[0] == shared)[all.Column("partner_id")]);
    }

    [Fact]
    public async Task Account_without_children_and_child_see_themselves()
    {
        var child = JsonDocument.Parse(await _api.PostAsync("session", "start", ("secret", "11111111111111111111111111111111"), ("partnerId", "2001"), ("type", "2"))).RootElement.GetString()!;
        var alone = (await _api.TableAsync(38, ("partnerId", "2001"))).Cells("object_id").Order(StringComparer.Ordinal);
        Assert.Equal(alone, (await _api.TableAsync(20015, ("ks", child))).Cells("object_id").Order(StringComparer.Ordinal));
        Assert.Equal(alone, (await _api.TableAsync(20015, ("partnerId", "2001"))).Cells("object_id").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Graphs_and_files_and_truth_cover_all_accounts_too()
    {
        var total = await _api.TotalAsync(20015);
        var points = (await _api.GraphsAsync(20015))["count_plays"];
        Assert.Equal(7, points.Count);
        Assert.Equal(Number(total["count_plays"]), points.Sum(p => Number(p.Y)));
        Assert.Equal((await _api.TotalAsync(20001))["count_plays"], (await _api.GraphsAsync(20001))["content_dropoff"].Single(p => p.X == "count_plays").Y);
        var devices = await _api.TableAsync(20005);
        var lines = (await _api.GraphsAsync(20005))["count_plays"].SelectMany(p => p.Y.Split(',')).Select(l => l.Split(':')).GroupBy(l => l[0]);
        Assert.Equal(
            devices.Cells("device").Zip(devices.Numbers("count_plays")).Order(),
            lines.Select(g => (g.Key, g.Sum(l => Number(l[1])))).Order());
        var file = (await Exports.ExportFile.GetAsync(_api, 20015, ";a,b,c,d,e,f,g,h,i,j", ("pager[pageSize]", "12000"))).Section("# Table")!;
        var table = await _api.TableAsync(20015);
        Assert.Equal(table.Rows.Count, file.Count - 1);
        var truth = await _api.TruthAsync($"report=20015&from={Api.From}&to={Api.To}");
        Assert.Equal(table.Cells("object_id"), truth.Select(r => r["object_id"].GetString()!));
        Assert.Equal(table.Numbers("count_plays"), truth.Select(r => r["count_plays"].GetDouble()));
    }

    private static bool IsSum(string column) => !s_ratios.Any(r => column.Contains(r, StringComparison.Ordinal));

    private static SortedDictionary<string, double> Sums(List<Table> tables, string key, List<string> columns)
    {
        var sums = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var table in tables)
            foreach (var row in table.Rows)
                foreach (var column in columns)
                {
                    var name = row[table.Column(key)] + " " + column;
                    sums[name] = sums.GetValueOrDefault(name) + Number(row[table.Column(column)]);
                }
        return sums;
    }

    private static double Number(string cell) => cell.Length == 0 ? 0 : double.Parse(cell, CultureInfo.InvariantCulture);
}
