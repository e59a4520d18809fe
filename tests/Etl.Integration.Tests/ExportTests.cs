using System.Text.Json;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>Exports of the real program: made by a run, listed, accepted and made in full.</summary>
public sealed class ExportTests
{
    [Fact]
    public async Task Run_exports_leads_and_commands_show_accept_and_repeat_them()
    {
        await using var shop = await Workshop.OpenAsync();
        Write(shop, "{ store: drop }");
        var unset = await shop.RunAsync("run", "crm", "--json");
        Assert.True(unset.Exit == 1, unset.ToString());
        Assert.All(unset.Of("window"), w => Assert.Equal("landed", Text(w, "state")));
        var waits = Assert.Single(unset.Of("export"));
        Assert.Equal(("made", "connection"), (Text(waits, "state"), Text(waits, "code")));
        Assert.Contains("Set ETL_STORE_DROP to", Text(waits, "message"), StringComparison.Ordinal);

        shop.Environment["ETL_STORE_DROP"] = "local:" + Path.Combine(shop.Folder, "drop");
        var run = await shop.RunAsync("run", "crm", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(["delivered 1"], run.Of("export").Where(e => e.TryGetProperty("sequence", out _)).Select(e => $"{Text(e, "state")} {e.GetProperty("sequence")}"));

        // Everybody whom the service names, in the file as in the truth.
        var there = Path.Combine(shop.Folder, "drop", "crm", "leads");
        var file = Assert.Single(Directory.GetFiles(there, "leads-0000000001-????????.csv"));
        Assert.True(File.Exists(file + ".ok"));
        var lines = File.ReadAllLines(file);
        Assert.Equal("User,Plays,Tier,Key", lines[0]);
        Assert.True(lines.Length > 10, $"{lines.Length} lines");
        Assert.Equal(lines.Length, lines.Select(l => l.Split(',')[0]).Distinct().Count());

        var listed = Assert.Single((await shop.RunAsync("export", "list", "--json")).Of("export-file"));
        Assert.Equal(("delivered", lines.Length - 1), (Text(listed, "state"), listed.GetProperty("rows").GetInt32()));
        Assert.Contains("export leads: file 1 delivered, waits to be accepted", (await shop.RunAsync("status", "crm")).Out, StringComparison.Ordinal);

        var ack = await shop.RunAsync("export", "ack", "crm");
        Assert.True(ack.Exit == 0 && ack.Out.Contains("crm export leads: file 1 accepted", StringComparison.Ordinal), ack.ToString());
        Assert.Equal(2, (await shop.RunAsync("export", "ack", "crm", "--sequence", "7")).Exit);
        var nothing = await shop.RunAsync("export", "make", "crm");
        Assert.True(nothing.Exit == 0 && nothing.Out.Contains("crm export leads: nothing new.", StringComparison.Ordinal), nothing.ToString());
        var full = Assert.Single((await shop.RunAsync("export", "make", "crm", "--full", "--json")).Of("export"));
        Assert.Equal((2, lines.Length - 1), (full.GetProperty("sequence").GetInt32(), full.GetProperty("sent").GetInt32()));
    }

    [Fact]
    public async Task Wrong_names_are_told_with_what_there_is()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly");
        var none = await shop.RunAsync("export", "make", "nightly");
        Assert.True(none.Exit == 2 && none.Error.Contains("Job 'nightly' has no exports.", StringComparison.Ordinal), none.ToString());
        Write(shop, "folder");
        var wrong = await shop.RunAsync("export", "ack", "crm", "--export", "lead");
        Assert.True(wrong.Exit == 2 && wrong.Error.Contains("Job 'crm' has no export 'lead'; it has 'leads'. Did you mean 'leads'?", StringComparison.Ordinal), wrong.ToString());
        var empty = await shop.RunAsync("export", "list");
        Assert.True(empty.Exit == 0 && empty.Out.Contains("Nothing was exported yet.", StringComparison.Ordinal), empty.ToString());
    }

    private static void Write(Workshop shop, string deliver) => File.WriteAllText(Path.Combine(shop.Folder, "jobs", "crm.yaml"), $$"""
        job: crm
        source: { report: 13, action: table }
        window: { every: day, timezone: America/New_York, lookback: 2, settle: 2h }
        land:
          - export:
              name: leads
              profile: csv
              by: user
              people: { main: { user: name } }
              measures: { plays: { sum: main.count_plays } }
              score: { weights: { plays: 1 } }
              columns: { User: user, Plays: plays, Tier: tier, Key: lead-key }
              accept: ack
              deliver: {{deliver}}
        """);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
