using System.Globalization;
using System.Text.Json;
using Etl.Core.Exports;
using Etl.Integration.Tests.Support;
using Etl.Kaltura.Catalog;
using Etl.Landing.Exports.Joining;
using Etl.Pipeline.Jobs;

namespace Etl.Integration.Tests;

/// <summary>An export item from the command line against the sandbox: its rows land, and join to the people that the sandbox says were there.</summary>
public sealed class ExportRowsTests
{
    private const string Job = """
        job: crm
        sources:
          viewers: { custom: 3007, action: custom-csv }
          reactions: { custom: 4021, action: custom-csv, params: { virtualeventid: "70003" } }
        window: { every: day, timezone: America/New_York, lookback: 2, settle: 2h }
        land:
          - from: [viewers, reactions]
            export:
              name: leads
              profile: csv
              people: { viewers: { email: email, user: user_id }, reactions: { email: email } }
              measures: { time: { sum: viewers.view_time }, activity: { sum: reactions.total_reactions_activity }, rows: { count: viewers } }
              score: { weights: { time: 1, activity: 5 } }
              columns: { Email: email, First: viewers.first_name, Time: time, Activity: activity, Rows: rows, Rating: tier }
        checks: { tolerance: 0% }
        """;

    [Fact]
    public async Task Rows_land_and_join_to_the_people_of_the_truth()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("crm", Job);
        Assert.Equal(0, (await shop.RunAsync("validate")).Exit);
        var plan = await shop.RunAsync("plan", "crm", "--json");
        Assert.True(plan.Exit == 0, plan.ToString());
        Assert.Contains("export:crm:leads:viewers", plan.ToString(), StringComparison.Ordinal);

        var run = await shop.RunAsync("run", "crm", "--json");

        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(4, run.Of("window").Count);
        Assert.All(run.Of("window"), w => Assert.Equal("export", Assert.Single(w.GetProperty("targets").EnumerateArray()).GetProperty("kind").GetString()));
        Assert.Equal(0, (await shop.RunAsync("status", "crm")).Exit);
        Assert.Equal(0, (await shop.RunAsync("history", "crm")).Exit);

        var (time, rows) = (new Dictionary<string, double>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        var truth = new List<(string? Email, string? User, double? Time)>();
        foreach (var label in run.Of("window").Select(w => w.GetProperty("window").GetString()!).Distinct())
        {
            truth.AddRange((await shop.CustomTruthAsync("3007", label, "", byDays: true)).Select(line => Person(line, isViewer: true)));
            truth.AddRange((await shop.CustomTruthAsync("4021", label, "virtualeventid=70003", byDays: false)).Select(line => Person(line, isViewer: false)));
        }
        var addresses = truth.Where(t => t.Email is not null && t.User is not null).GroupBy(t => t.User!).ToDictionary(g => g.Key, g => g.Select(t => t.Email!).Distinct().Single());
        var (anonymous, unresolved) = (0, 0);
        foreach (var (mail, user, seconds) in truth)
        {
            if (mail is null && user is null) anonymous++;
            else if ((mail ?? addresses.GetValueOrDefault(user!)) is not { } lead) unresolved++;
            else
            {
                time[lead] = time.GetValueOrDefault(lead) + (seconds ?? 0);
                rows[lead] = rows.GetValueOrDefault(lead) + (seconds is null ? 0 : 1);
            }
        }
        Assert.True(time.Count > 10, "The sandbox has hardly anybody on these days: this test proves nothing.");

        var job = JobFileReader.Load(Path.Combine(shop.Folder, "jobs"), KalturaCatalog.Shared).Get("crm");
        using var table = await new LeadJoiner(shop.DataFolder, TimeProvider.System).JoinAsync(job, job.Exports[0], default);
        var leads = table.Read().Select(l => l.Cells.ToArray()).ToDictionary(c => c[0].Text!, StringComparer.Ordinal);

        Assert.Equal(time.Keys.Order(StringComparer.Ordinal), leads.Keys.Order(StringComparer.Ordinal));
        Assert.All(time, t => Assert.Equal(t.Value, Figure(table, leads[t.Key], 2), 6));
        Assert.All(rows, r => Assert.Equal(r.Value, leads[r.Key][4].Bits));
        Assert.Equal(time.Count / 10, leads.Values.Count(c => c[5].Text == "Hot"));
        Assert.Equal((truth.Count, anonymous, unresolved), (table.Counts.Rows, table.Counts.Anonymous, table.Counts.Unresolved));
    }

    private static (string? Email, string? User, double? Time) Person(string line, bool isViewer)
    {
        using var row = JsonDocument.Parse(line);
        return (Name("email"), isViewer ? Name("user_id") : null, isViewer ? double.Parse(row.RootElement.GetProperty("view_time").ToString(), CultureInfo.InvariantCulture) : null);

        string? Name(string column) => row.RootElement.GetProperty(column).GetString()?.Trim() is { Length: > 0 } text and not ("Unknown" or "Error") ? text.ToLowerInvariant() : null;
    }

    private static double Figure(ILeadTable table, LeadCell[] cells, int column) =>
        table.Columns[column].Type == Core.Columns.ColumnType.Double ? cells[column].Number : cells[column].Bits;
}
