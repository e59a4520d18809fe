using System.Text;
using System.Text.Json;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>A job that must not know who its users are, run by the program itself.</summary>
public sealed class PersonalDataTests
{
    private const string Label = "2026-11-19";

    [SkippableFact]
    public async Task Names_that_a_rule_takes_out_are_in_no_file_and_in_no_output()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.Environment["ETL_PII_KEY_CRM"] = Convert.ToBase64String(new byte[32]);
        WriteJob(shop, "people", "pii: { name: { hmac: crm } }");

        var run = await shop.RunAsync("run", "people", "--json", "--from", Label, "--to", Label);
        Assert.True(run.Exit == 0, run.ToString());
        var status = await shop.RunAsync("history", "people", "--json");

        var names = (await shop.TruthAsync("13", Label)).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("name").GetString()!)
            .Where(n => n is not (null or "" or "Unknown" or "Error")).ToList();
        Assert.True(names.Count > 10);
        var written = Directory.GetFiles(shop.DataFolder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(f => (Name: f, Text: Encoding.Latin1.GetString(File.ReadAllBytes(f))))
            .Append((Name: "output", Text: run.Out + run.Error + status.Out + status.Error)).ToList();
        Assert.True(written.Count > 4);
        foreach (var name in names)
            foreach (var (place, text) in written) Assert.False(text.Contains(name, StringComparison.Ordinal), $"'{name}' is in {place}.");
        var leads = File.ReadAllLines(Assert.Single(Directory.GetFiles(Path.Combine(shop.DataFolder, "exports", "people", "leads"), "*.csv")));
        Assert.Equal(names.Count, leads.Skip(1).Count(l => l.StartsWith("crm:", StringComparison.Ordinal)));
        Assert.Contains($"\"people\":{names.Count}", Sqlite3.Json(shop.Warehouse, "SELECT count(DISTINCT name) people FROM people WHERE name LIKE 'crm:%' AND length(name) = 47"), StringComparison.Ordinal);

        // The same look finds them where no rule is.
        WriteJob(shop, "open", "pii: { name: allow }");
        Assert.Equal(0, (await shop.RunAsync("run", "open", "--from", Label, "--to", Label)).Exit);
        Assert.Contains(names[0], Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(shop.DataFolder, "parquet", "open", $"date={Label}", "data.parquet"))), StringComparison.Ordinal);
    }

    private static void WriteJob(Workshop shop, string name, string rules) => File.WriteAllText(Path.Combine(shop.Folder, "jobs", $"{name}.yaml"), $$"""
        job: {{name}}
        source: { report: 13, action: table }
        window: { every: day, timezone: America/New_York }
        land:
          - parquet: { dataset: {{name}}, codec: none }
          - table: { name: {{name}}, key: [name] }
          - export: { name: leads, profile: csv, by: user, people: { main: { user: name } }, columns: { Who: user, Plays: main.count_plays } }
        {{rules}}
        """);
}
