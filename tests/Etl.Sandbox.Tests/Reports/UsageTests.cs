using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Reports;

/// <summary>Reports 17 and 18: what was added and deleted, what is held, and what the running totals begin with.</summary>
[Collection(SharedSandbox.Name)]
public sealed class UsageTests(SandboxFixture fixture)
{
    private static readonly string[] s_units = ["entries", "storage_mb", "msecs"];

    // Long enough for something to be added and deleted: 1 January 2024 to 1 March 2026.
    private const long From = 1_704_067_200, To = 1_772_323_200;

    private readonly Api _api = fixture.Api;

    private static (string, string?)[] Range(long from, long to, string interval = "days") =>
        [("reportInputFilter[fromDate]", Text(from)), ("reportInputFilter[toDate]", Text(to)), ("reportInputFilter[interval]", interval), ("pager[pageSize]", "12000")];

    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    public async Task Base_plus_added_less_deleted_is_what_is_held(int type)
    {
        var before = await BaseAsync(type, From, To);
        var after = await BaseAsync(type, To, To + 1);
        var total = await _api.TotalAsync(type, Range(From, To));
        foreach (var unit in s_units)
        {
            Assert.True(before["total_" + unit] > 0 && Number(total["added_" + unit]) > 0 && Number(total["deleted_" + unit]) > 0);
            Assert.Equal(before["total_" + unit] + Number(total["added_" + unit]) - Number(total["deleted_" + unit]), Number(total["total_" + unit]), 6);
            // The end of one range is what the next one begins with.
            Assert.Equal(after["total_" + unit], Number(total["total_" + unit]), 6);
        }
    }

    [Fact]
    public async Task Base_counts_the_entries_that_the_list_holds_and_those_deleted_later()
    {
        var lines = await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, "sandbox/truth-list?of=entries"));
        var listed = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)
            .Where(e => e.GetProperty("status").GetString() == "2").Select(e => e.GetProperty("createdAt").GetInt64()).ToList();
        // Far enough ahead that all deletions have happened.
        const long Late = To + 10 * 365 * 86_400L;
        Assert.Equal(listed.Count, (await BaseAsync(18, Late, Late + 86_400))["total_entries"]);
        // Earlier some of them were there still.
        Assert.InRange((await BaseAsync(18, To, To + 86_400))["total_entries"], listed.Count(t => t < To), listed.Count(t => t < To) + 5);
    }

    [Fact]
    public async Task Dates_run_on_from_the_base_without_gaps()
    {
        var held = await BaseAsync(18, From, To);
        foreach (var interval in new[] { "days", "months", "hours" })
        {
            var table = await _api.TableAsync(18, Range(From, To, interval));
            Assert.Equal(interval == "months" ? 26 : (To - From) / 86_400, table.Rows.Count);
            foreach (var unit in s_units)
            {
                var running = held["total_" + unit];
                foreach (var row in table.Rows)
                {
                    running += Number(row[table.Column("added_" + unit)]) - Number(row[table.Column("deleted_" + unit)]);
                    Assert.Equal(running, Number(row[table.Column("total_" + unit)]), 6);
                }
            }
        }
    }

    [Fact]
    public async Task Owners_add_up_to_the_dates_and_graphs_are_the_dates()
    {
        var owners = await _api.TableAsync(17, Range(From, To));
        var dates = await _api.TableAsync(18, Range(From, To));
        Assert.Equal(owners.Rows.Count, owners.Cells("kuser_id").Distinct().Count());
        // An owner that the engine does not know uploaded one in these years.
        var older = await _api.TableAsync(17, Range(From - 2 * 365 * 86_400L, To));
        Assert.Equal(["Unknown", "Unknown", "Unknown"], older.Rows.Single(r => r[0] == "Unknown")[..3]);
        foreach (var unit in s_units)
            foreach (var kind in new[] { "added_", "deleted_" }) Assert.Equal(dates.Numbers(kind + unit).Sum(), owners.Numbers(kind + unit).Sum(), 6);
        foreach (var type in new[] { 17, 18 })
        {
            var graphs = await _api.GraphsAsync(type, Range(From, To));
            Assert.Equal(9, graphs.Count);
            foreach (var (id, points) in graphs) Assert.Equal(dates.Cells("date_id").Zip(dates.Cells(id)), points);
        }
    }

    [Fact]
    public async Task Owner_of_a_filter_has_the_same_in_both_reports()
    {
        var owners = await _api.TableAsync(17, Range(From, To));
        var user = owners.Rows.First(r => r[owners.Column("name")].StartsWith("user", StringComparison.Ordinal) && Number(r[owners.Column("added_entries")]) > 0);
        (string, string?)[] one = [.. Range(From, To), ("reportInputFilter[userIds]", user[owners.Column("name")])];
        Assert.Equal(user, Assert.Single((await _api.TableAsync(17, one)).Rows));
        var total = await _api.TotalAsync(18, one);
        foreach (var column in total.Keys) Assert.Equal(user[owners.Column(column)], total[column]);
    }

    [Fact]
    public async Task Truth_of_the_base_is_what_the_action_answers()
    {
        foreach (var type in new[] { 17, 18 })
        {
            var text = await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, $"sandbox/truth-base?report={type}&from={From}&to={To}"));
            var truth = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement);
            Assert.Equal(await BaseAsync(type, From, To), truth.ToDictionary(v => v.GetProperty("id").GetString()!, v => v.GetProperty("value").GetDouble()));
        }
        using var other = await _api.Http.GetAsync(new Uri(_api.Server.BaseUrl, "sandbox/truth-base?report=38"));
        Assert.Equal(400, (int)other.StatusCode);
    }

    private async Task<Dictionary<string, double>> BaseAsync(int type, long from, long to)
    {
        var answer = JsonDocument.Parse(await _api.ReportAsync("getBaseTotal", type, Range(from, to))).RootElement;
        Assert.All(answer.EnumerateArray(), v => Assert.Equal("KalturaReportBaseTotal", v.GetProperty("objectType").GetString()));
        return answer.EnumerateArray().ToDictionary(v => v.GetProperty("id").GetString()!, v => v.GetProperty("data").GetDouble());
    }

    private static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
