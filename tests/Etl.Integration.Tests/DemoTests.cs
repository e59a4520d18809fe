using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>
/// The demo as a user runs it, and its verification done again by readers that share nothing with ours: hyparquet for the
/// datasets, the sqlite3 program for the warehouse, and a sandbox of this test's own for the truth (same seed, same data).
/// </summary>
public sealed class DemoTests
{
    private const int Days = 3;

    private static readonly (string Dataset, string Report)[] s_tables =
        [("content_daily", "38"), ("users_daily", "13"), ("engagement_daily", "34"), ("countries_daily", "36")];

    [SkippableFact]
    public async Task Demo_lands_what_the_sandbox_holds_and_a_second_run_finds_nothing_due()
    {
        Sqlite3.Require();
        var dump = Path.Combine(Tools.Root, "tests", "parquet-readers");
        Tools.Missing(!Directory.Exists(Path.Combine(dump, "node_modules", "hyparquet")), "the npm package hyparquet in tests/parquet-readers");
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Days = 1 });
        shop.Environment.Clear();

        var first = await shop.RunAsync("demo", "--days", $"{Days}");
        Assert.True(first.Exit == 0, first.ToString());
        Assert.Contains("Verified: all", first.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", first.Out, StringComparison.Ordinal);

        var labels = Directory.GetDirectories(Path.Combine(shop.DataFolder, "demo", "parquet", "content_daily"), "date=*")
            .Select(d => Path.GetFileName(d)["date=".Length..]).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(Days, labels.Count);
        var storage = Storage();
        // The demo's viewers are in the log of its collector; the rest comes from the seed.
        await using (var truthful = await Workshop.OpenAsync(new SandboxOptions { Days = Days + 2, DataFolder = Path.Combine(shop.DataFolder, "demo", "sandbox") }))
        {
            Assert.True(truthful.Sandbox.Received > 100, $"{truthful.Sandbox.Received} events were received");
            Assert.Contains("25 simulated viewers", first.Out, StringComparison.Ordinal);
            Assert.Contains("Simulated viewers: all 8 figures that the reports show of them equal what they sent", first.Out, StringComparison.Ordinal);
            Assert.InRange((await truthful.TruthAsync("13", labels[^1])).Count(l => l.Contains("\"viewer-", StringComparison.Ordinal)), 15, 25);
            foreach (var (dataset, report) in s_tables)
                foreach (var label in labels)
                {
                    var truth = (await truthful.TruthAsync(report, label)).Select(l => JsonDocument.Parse(l).RootElement).ToList();
                    Assert.NotEmpty(truth);
                    var expected = Lines(truth.Select(row => row.EnumerateObject().Select(c => (c.Name, Expected(c.Name, c.Value, storage)))));
                    Assert.Equal(expected, FromParquet(dump, Path.Combine(shop.DataFolder, "demo", "parquet", dataset, $"date={label}", "data.parquet"), storage));
                    Assert.Equal(expected, FromSqlite(Path.Combine(shop.DataFolder, "demo", "warehouse.db"), dataset, label));
                }
        }

        // Another length finds the same windows with the same rows.
        var longer = await shop.RunAsync("demo", "--days", $"{Days + 1}");
        Assert.True(longer.Exit == 0, longer.ToString());

        var second = await shop.RunAsync("demo", "--days", $"{Days}");
        Assert.True(second.Exit == 0, second.ToString());
        Assert.Contains("Nothing was due", second.Out, StringComparison.Ordinal);
        Assert.Contains("Verified: all", second.Out, StringComparison.Ordinal);
    }

    private static string[] FromParquet(string dump, string file, Dictionary<string, string> storage)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Path.Combine(dump, "dump.mjs"), "hyparquet", file }) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        var columns = JsonDocument.Parse(lines[0]).RootElement.GetProperty("columns").EnumerateArray().Select(c => c.GetString()!).ToList();
        return Lines(lines.Skip(1).Select(line => JsonDocument.Parse(line).RootElement.EnumerateArray()
            .Select((cell, i) => (Name: columns[i], Cell: cell))
            .Where(c => c.Name[0] != '_')
            .Select(c => (c.Name, c.Cell.ValueKind == JsonValueKind.Null ? "NULL"
                : storage.GetValueOrDefault(c.Name) == "double" ? BitConverter.UInt64BitsToDouble(ulong.Parse(c.Cell.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture)
                : c.Cell.GetString()!))));
    }

    private static string[] FromSqlite(string database, string table, string label) =>
        Lines(JsonDocument.Parse(Sqlite3.Json(database, $"SELECT * FROM {table} WHERE _window = '{label}'")).RootElement.EnumerateArray().Select(row => row.EnumerateObject()
            .Where(c => c.Name[0] != '_')
            .Select(c => (c.Name, (c.Name, c.Value.ValueKind) switch
            {
                (_, JsonValueKind.Null) => "NULL",
                ("date_id", _) => Day(c.Value.GetString()!.Replace("-", "", StringComparison.Ordinal)),
                ("created_at", _) => $"{(DateTimeOffset.Parse(c.Value.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).Ticks - DateTimeOffset.UnixEpoch.Ticks) / 10}",
                (_, JsonValueKind.Number) => c.Value.GetDouble().ToString("R", CultureInfo.InvariantCulture),
                _ => c.Value.GetString()!,
            }))));

    private static string Expected(string name, JsonElement value, Dictionary<string, string> storage)
    {
        var text = value.ValueKind switch { JsonValueKind.Null => "", JsonValueKind.String => value.GetString()!, _ => value.GetRawText() };
        return (name, storage.GetValueOrDefault(name)) switch
        {
            ("date_id", _) => Day(text),
            ("created_at", _) => long.TryParse(text, out var seconds) ? $"{seconds * 1_000_000}" : "NULL",
            (_, "double" or "int64") => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number.ToString("R", CultureInfo.InvariantCulture) : "NULL",
            _ => text.Replace('|', ' ').Replace(';', ' '),
        };
    }

    private static string Day(string digits) =>
        $"{DateOnly.ParseExact(digits, "yyyyMMdd", CultureInfo.InvariantCulture).DayNumber - new DateOnly(1970, 1, 1).DayNumber}";

    private static string[] Lines(IEnumerable<IEnumerable<(string Name, string Value)>> rows) =>
        [.. rows.Select(r => string.Join(" | ", r.OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => $"{c.Name}={c.Value}"))).Order(StringComparer.Ordinal)];

    private static Dictionary<string, string> Storage() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Tools.Root, "schemas", "columns.json"))).RootElement.EnumerateArray()
            .ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("storage").GetString()!);
}
