using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Etl.Integration.Tests.Support;
using Etl.Testing.Servers;
using Npgsql;

namespace Etl.Integration.Tests;

/// <summary>What docs/operations.md tells people to type is what works.</summary>
public sealed partial class OperationsTests
{
    private static readonly Handbook s_page = new("operations.md");

    [SkippableFact]
    public async Task Commands_of_the_page_work_in_their_order_and_a_restored_ledger_publishes_again()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        shop.WriteJob("plays", lookback: 2, extra: "hooks: due");
        var label = Workshop.LatestDay();
        var commands = s_page.Commands("console");
        Assert.True(commands.Count >= 35, $"only {commands.Count} commands found");

        var fences = new List<long>();
        var script = Handbook.Script($"etl run plays --to {label}", commands);
        shop.Environment["LABEL"] = label;
        shop.Environment["NEW_LEDGER"] = "postgres:" + database.ConnectionString;
        var result = await Handbook.BashAsync(shop, script);
        Assert.True(result.Exit == 0, $"{result.Out.Split("@@").Last()}\n{result.Error}");

        // After a restore, a loss and a move the tables still hold one whole pull of each window.
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "plays", label));
        Assert.Empty(shop.Leftovers());
        Assert.DoesNotContain("superseded", result.Out, StringComparison.Ordinal);
        await using var ledger = new NpgsqlConnection(database.ConnectionString);
        await ledger.OpenAsync();
        await using var query = new NpgsqlCommand($"SELECT fence FROM etl_window WHERE label = '{label}' AND state = 'landed'", ledger);
        var published = shop.Query($"SELECT fence AS f FROM etl_landing WHERE \"window\" LIKE '%{label}%'").Select(r => r.GetProperty("f").GetInt64()).ToList();
        Assert.Equal((long)(await query.ExecuteScalarAsync())!, Assert.Single(published));
        // Forced once before the backup was put back and once behind it, each above the one before.
        Assert.True(published[0] >= 5, $"fence {published[0]}");
    }

    [SkippableFact]
    public async Task Ledger_on_PostgreSQL_comes_back_from_its_dump()
    {
        Tools.Require("pg_dump", "--version", "pg_dump (package postgresql-client)");
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        shop.WriteJob("plays", lookback: 1);
        shop.Environment["ETL_LEDGER"] = "postgres:" + database.ConnectionString;
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        shop.Environment["LEDGER_URL"] = $"postgresql://{settings.Username}@{settings.Host}:{settings.Port}/{settings.Database}";
        if (settings.Password is { } password) shop.Environment["PGPASSWORD"] = password;
        Directory.CreateDirectory(Path.Combine(shop.Folder, "backup"));
        var commands = s_page.Blocks("sh").SelectMany(b => b.Lines).Where(l => l.Text.StartsWith("pg_", StringComparison.Ordinal)).Select(l => l.Text).ToList();
        Assert.Equal(2, commands.Count);

        await RunAsync(shop, "run", "plays");
        Assert.Equal(0, (await Handbook.BashAsync(shop, commands[0])).Exit);
        var label = Workshop.LatestDay();
        await RunAsync(shop, "run", "plays", "--from", label, "--to", label, "--force");
        var restored = await Handbook.BashAsync(shop, commands[1]);
        Assert.True(restored.Exit == 0, restored.ToString());
        var again = await RunAsync(shop, "run", "plays", "--from", label, "--to", label, "--force", "--json");
        Assert.Equal("landed", Assert.Single(again.Of("window")).GetProperty("state").GetString());
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "plays", label));
    }

    [Fact]
    public void Commands_that_are_not_run_are_sound_to_a_shell()
    {
        foreach (var block in s_page.Blocks("sh").Where(b => !b.Lines[0].Text.StartsWith("# nginx", StringComparison.Ordinal)))
        {
            var text = string.Join('\n', block.Lines.Select(l => l.Text.Replace("<this repository>", "x", StringComparison.Ordinal)));
            using var bash = Process.Start(new ProcessStartInfo("bash", ["-n", "-c", text]) { RedirectStandardError = true })!;
            var error = bash.StandardError.ReadToEnd();
            bash.WaitForExit();
            Assert.True(bash.ExitCode == 0, $"line {block.Lines[0].Number}: {error}");
        }
    }

    [SkippableFact]
    public void Unit_is_one_that_systemd_takes()
    {
        Tools.Missing(!File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze (package systemd)");
        using var folder = new Testing.Files.TempFolder();
        var unit = File.ReadAllText(Path.Combine(Tools.Root, "docs", "etl.service"));
        // Whether a program stands there is not the unit's fault.
        File.WriteAllText(folder["etl.service"], unit.Replace("ExecStart=/opt/etl/etl", "ExecStart=/usr/bin/env", StringComparison.Ordinal));
        using var verify = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", "--man=no", folder["etl.service"]]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = verify.StandardError.ReadToEnd() + verify.StandardOutput.ReadToEnd();
        verify.WaitForExit();
        Assert.True(verify.ExitCode == 0 && !said.Contains("etl.service", StringComparison.Ordinal), said);
        File.WriteAllText(folder["etl.service"], unit.Replace("Restart=always", "Restart=allways", StringComparison.Ordinal));
        using var broken = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", "--man=no", folder["etl.service"]]) { RedirectStandardError = true })!;
        Assert.Contains("allways", broken.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_state_is_explained_and_every_link_leads_somewhere()
    {
        var states = s_page.Text[s_page.Text.IndexOf("## States", StringComparison.Ordinal)..];
        Assert.All(Enum.GetNames<Core.Ledger.WindowState>(), state => Assert.Matches($@"(?m)^\| [a-z, ]*\b{state.ToLowerInvariant()}\b", states));
        var anchors = Heading().Matches(s_page.Text).Select(m => "#" + m.Groups[1].Value.ToLowerInvariant().Replace(' ', '-')).ToHashSet(StringComparer.Ordinal);
        Assert.All(Link().Matches(s_page.Text).Select(m => m.Groups[1].Value), link => Assert.Contains(link, anchors));
    }

    private static async Task<EtlResult> RunAsync(Workshop shop, params string[] arguments)
    {
        var result = await shop.RunAsync(arguments);
        Assert.True(result.Exit == 0, result.ToString());
        return result;
    }

    [GeneratedRegex(@"^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\((#[^)]*)\)")]
    private static partial Regex Link();
}
