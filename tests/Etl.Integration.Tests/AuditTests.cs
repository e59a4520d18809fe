using System.Diagnostics;
using System.Text.Json;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>Audit snapshots through real runs: what lands, what stops a landing, what a kill leaves, and what docs/audit.md tells people to type.</summary>
public sealed class AuditTests
{
    private const string Log = "data/audit/compliance";

    public static TheoryData<string> Points =>
    [
        "audit.compared", "audit.file:3", "audit.manifest", "audit.signature", "audit.key", "audit.entry", "audit.cleaned", "audit.checkpoint-signature", "audit.checkpoint", "audit.appended",
        "ledger.before-settle",
    ];

    [SkippableFact]
    public async Task Snapshots_land_beside_other_targets_and_raw_replies_go_into_the_log_only()
    {
        await using var shop = await OpenAsync();
        var label = Workshop.LatestDay();
        await DoneAsync(shop, "run", "training");
        Assert.Empty(shop.RawBodies());
        await shop.RestateAsync(label);
        await DoneAsync(shop, "run", "training", "--from", label, "--to", label, "--force");

        var entries = (await DoneAsync(shop, "audit", "show", Log, "--json")).Of("entry");
        Assert.Equal(["snapshot", "snapshot", "snapshot"], entries.Select(e => e.GetProperty("kind").GetString()));
        var manifest = (await DoneAsync(shop, "audit", "show", Log, "--entry", "2", "--json")).Of("entry").Single().GetProperty("manifest");
        Assert.Equal(label, manifest.GetProperty("window").GetProperty("label").GetString());
        Assert.Contains(manifest.GetProperty("earlier").GetProperty("sequence").GetInt64(), new long[] { 0, 1 });
        Assert.False(manifest.GetProperty("earlier").GetProperty("sameRows").GetBoolean());
        Assert.True(manifest.GetProperty("changes").GetProperty("cellsChanged").GetInt64() > 0, manifest.ToString());
        // The log holds the very bytes that are published, and says so itself.
        var folder = Path.Combine(shop.Folder, Log, manifest.GetProperty("folder").GetString()!, "files");
        Assert.Equal(await shop.ExpectedAsync("38", label), WorkshopRows.ParquetAt(Path.Combine(folder, "rows.parquet")));
        Assert.Contains("What was watched", await File.ReadAllTextAsync(Path.Combine(folder, "report.html")), StringComparison.Ordinal);
        var words = (await DoneAsync(shop, "audit", "show", Log, "--entry", "2")).Out;
        Assert.Contains("It is complete because", words, StringComparison.Ordinal);
        Assert.Contains("The window was pulled before", words, StringComparison.Ordinal);
        await VerifiedAsync(shop, entries.Count);
    }

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public async Task Kill_in_a_landing_and_a_rerun_give_one_snapshot_for_each_pull(string point)
    {
        await using var shop = await OpenAsync(lookback: 1);
        var crashed = await shop.RunAsync(new Dictionary<string, string> { ["ETL_CRASH_AT"] = point }, "run", "training");
        Assert.True(crashed.Exit == 137, $"'{point}' did not kill the run: {crashed}");
        var between = await shop.RunAsync("audit", "verify", Log, "--key", "keys/compliance.pem.pub");
        Assert.True(between.Exit is 0 or 2 or 3, between.ToString());
        await DoneAsync(shop, "run", "training");
        var label = Workshop.LatestDay();
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("training", label));
        var entry = Assert.Single((await DoneAsync(shop, "audit", "show", Log, "--json")).Of("entry"));
        Assert.Equal(label, entry.GetProperty("window").GetString());
        await VerifiedAsync(shop, 1);
        Assert.Empty(shop.RawBodies());
        Assert.Empty(shop.Leftovers());
        await DoneAsync(shop, "run", "training", "--from", label, "--to", label, "--force");
        await VerifiedAsync(shop, 2);
    }

    [SkippableFact]
    public async Task Held_pull_keeps_its_replies_and_goes_into_the_log_when_it_is_released()
    {
        await using var shop = await OpenAsync(lookback: 1);
        var label = Workshop.LatestDay();
        await DoneAsync(shop, "run", "training");
        await shop.EmptyAsync(label);
        var held = await shop.RunAsync("run", "training", "--from", label, "--to", label, "--force");
        Assert.True(held.Exit == 3, held.ToString());
        Assert.NotEmpty(shop.RawBodies());
        await VerifiedAsync(shop, 1);
        await DoneAsync(shop, "release", "training", "--window", label);
        await VerifiedAsync(shop, 2);
        // What is in the log is swept by the next run.
        await DoneAsync(shop, "run", "training");
        Assert.Empty(shop.RawBodies());
    }

    [SkippableFact]
    public async Task Missing_or_foreign_key_stops_every_target()
    {
        await using var shop = await OpenAsync(lookback: 1);
        var label = Workshop.LatestDay();
        var key = shop.Environment["ETL_AUDIT_KEY"];
        shop.Environment.Remove("ETL_AUDIT_KEY");
        var missing = await shop.RunAsync("run", "training");
        Assert.True(missing.Exit == 2 && missing.Error.Contains("etl audit key new", StringComparison.Ordinal), missing.ToString());
        Assert.False(Directory.Exists(Path.Combine(shop.DataFolder, "parquet")));

        shop.Environment["ETL_AUDIT_KEY"] = key;
        await DoneAsync(shop, "run", "training");
        var landed = shop.Parquet("training", label);
        await shop.RestateAsync(label);
        await DoneAsync(shop, "audit", "key", "new", "keys/other.pem");
        shop.Environment["ETL_AUDIT_KEY"] = "file:keys/other.pem";
        var foreign = await shop.RunAsync("run", "training", "--from", label, "--to", label, "--force");
        Assert.True(foreign.Exit == 2 && foreign.Error.Contains("is signed by the key", StringComparison.Ordinal), foreign.ToString());
        Assert.Equal(landed, shop.Parquet("training", label));
        await VerifiedAsync(shop, 1);
    }

    [SkippableFact]
    public async Task Credential_among_the_rows_lands_nowhere_and_is_not_told()
    {
        await using var shop = await OpenAsync(lookback: 1, report: 13);
        // Somebody's name is our app token: the replies are masked, the rows are not.
        var canary = (await shop.TruthAsync("13", Workshop.LatestDay())).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("name").GetString()!).First(n => n.StartsWith("user", StringComparison.Ordinal));
        (shop.Environment["KALTURA_APP_TOKEN_ID"], shop.Environment["KALTURA_APP_TOKEN"]) = ("1_token", canary);
        var refused = await shop.RunAsync("run", "training");
        Assert.True(refused.Exit == 1 && refused.Error.Contains("column 'name' of its rows holds a credential of the settings", StringComparison.Ordinal), refused.ToString());
        Assert.DoesNotContain(canary, refused.ToString(), StringComparison.Ordinal);
        Assert.Empty(shop.Parquet("training", Workshop.LatestDay()));
        Assert.False(Directory.Exists(Path.Combine(shop.Folder, Log, "snapshot")));
    }

    [SkippableFact]
    public async Task Commands_of_the_page_work_in_their_order()
    {
        Tools.Require("openssl", "version", "openssl (package openssl)");
        await using var shop = await OpenAsync(withKey: false);
        shop.Environment["LABEL"] = Workshop.LatestDay();
        var page = new Handbook("audit.md");
        var commands = page.Commands("console");
        Assert.True(commands.Count >= 20, $"only {commands.Count} commands found");
        var result = await Handbook.BashAsync(shop, Handbook.Script("", commands));
        Assert.True(result.Exit == 0, $"{result.Out.Split("@@").Last()}\n{result.Error}");
        string Of(string command) => result.Out.Split("@@").Single(part => part.Contains(command, StringComparison.Ordinal));
        Assert.Equal(2, Of("$ for m in snapshot/*/manifest.json; do openssl"[2..]).Split("Verified OK").Length - 1);
        Assert.Contains(Of("etl audit key new keys/compliance.pem").Split("sha256:")[1][..64], Of("openssl pkey"), StringComparison.Ordinal);
        Assert.Contains("refused, as it should be", result.Out, StringComparison.Ordinal);
        Assert.Contains("erased: ", result.Out, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Commands_of_the_page_for_standard_tools_find_what_was_changed()
    {
        Tools.Require("openssl", "version", "openssl (package openssl)");
        await using var shop = await OpenAsync();
        await DoneAsync(shop, "run", "training");
        var page = new Handbook("audit.md");
        var commands = page.Commands("console").SkipWhile(c => !c.Text.StartsWith("cd data/audit", StringComparison.Ordinal)).TakeWhile(c => !c.Text.StartsWith("cd ../../..", StringComparison.Ordinal)).ToList();
        var script = Handbook.Script("", commands);
        var good = await Handbook.BashAsync(shop, script);
        Assert.True(good.Exit == 0, good.ToString());
        foreach (var name in new[] { "rows.parquet", "report.html", "replies.jsonl", "manifest.json", "manifest.sig", "00000000000000000000.json", "checkpoint" })
        {
            var path = Directory.EnumerateFiles(Path.Combine(shop.Folder, Log), name, SearchOption.AllDirectories).First();
            var before = await File.ReadAllBytesAsync(path);
            var changed = (byte[])before.Clone();
            changed[changed.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(path, changed);
            var bad = await Handbook.BashAsync(shop, script);
            Assert.True(bad.Exit != 0, $"'{name}' was changed and nothing found it.");
            await File.WriteAllBytesAsync(path, before);
        }
    }

    [Fact]
    public async Task Commands_that_are_not_run_are_sound_to_a_shell()
    {
        foreach (var block in new Handbook("audit.md").Blocks("sh"))
        {
            using var bash = Process.Start(new ProcessStartInfo("bash", ["-n", "-c", string.Join('\n', block.Lines.Select(l => l.Text))]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var result = await EtlProcess.FinishAsync(bash);
            Assert.True(result.Exit == 0, $"line {block.Lines[0].Number}: {result.Error}");
        }
    }

    private static async Task<Workshop> OpenAsync(int lookback = 2, bool withKey = true, int report = 38)
    {
        Sqlite3.Require();
        var shop = await Workshop.OpenAsync();
        shop.WriteJobText("training", $$"""
            job: training
            about: Who finished which training.
            source: { report: {{report}}, action: table }
            window: { every: day, timezone: America/New_York, lookback: {{lookback}}, settle: 2h }
            land:
              - parquet: { dataset: training }
              - audit: { log: compliance, retention: 7y }
            raw: off
            """);
        if (!withKey) return shop;
        await DoneAsync(shop, "audit", "key", "new", "keys/compliance.pem");
        shop.Environment["ETL_AUDIT_KEY"] = "file:keys/compliance.pem";
        return shop;
    }

    private static async Task VerifiedAsync(Workshop shop, int snapshots)
    {
        var verdict = (await DoneAsync(shop, "audit", "verify", Log, "--key", "keys/compliance.pem.pub", "--json")).Of("verdict").Single();
        Assert.Equal(("ok", snapshots), (verdict.GetProperty("verdict").GetString(), verdict.GetProperty("snapshots").GetInt32()));
    }

    private static async Task<EtlResult> DoneAsync(Workshop shop, params string[] arguments)
    {
        var result = await shop.RunAsync(arguments);
        Assert.True(result.Exit == 0, result.ToString());
        return result;
    }
}
