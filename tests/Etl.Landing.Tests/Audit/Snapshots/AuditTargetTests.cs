using System.Security.Cryptography;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Snapshots;
using Etl.Landing.Tests.Staging;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Audit.Snapshots;

public sealed class AuditTargetTests : IDisposable
{
    private readonly SnapshotBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private IStagedPull Pull(string id, long fence = 1, RowBatch? rows = null, string hash = "")
    {
        rows ??= TrainingRows.Batch(24);
        return Staged.Pull(_bench.Folder.Path, Keys.Key(), Keys.Stamp(id, fence, rows.RowCount, hash.Length > 0 ? hash : "hash-of-" + id), rows.Schema, [rows]);
    }

    private static string Session2(string partner = "101") => Convert.ToBase64String([.. Encoding.ASCII.GetBytes($"v2|{partner}|"), .. SHA256.HashData("x"u8), .. SHA256.HashData("y"u8)]).Replace('+', '-').Replace('/', '_');

    private static string Session1 { get; } = Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('a', 40) + "|101;101;1900000000;2;0.5;admin;;"));

    [Fact]
    public async Task Snapshot_holds_the_landed_bytes_and_each_reply_once()
    {
        using var pull = Pull("p1");
        await _bench.LandAsync(pull, "rows", "totals", "rows");
        string[] bodies = [.. new[] { "rows", "totals" }.Select(b => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(b)))).Order(StringComparer.Ordinal)];
        var files = _bench.Folder.Files().Where(f => f.StartsWith("audit/", StringComparison.Ordinal)).Select(f => f[(f.IndexOf("/files/", StringComparison.Ordinal) + 7)..]);
        Assert.Equal(new[] { $"raw/{bodies[0]}", $"raw/{bodies[1]}", "raw/replies.jsonl", "report.html", "rows.parquet" }, files);
        Assert.Equal(await File.ReadAllBytesAsync(pull.Path), await File.ReadAllBytesAsync(_bench.FileOf(0, "rows.parquet")));
        Assert.Equal(await File.ReadAllBytesAsync(_bench.Folder["raw/pulls/nightly/2026-11-19/p1.jsonl"]), await File.ReadAllBytesAsync(_bench.FileOf(0, "raw/replies.jsonl")));
        foreach (var body in bodies) Assert.Equal(body, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(_bench.FileOf(0, "raw/" + body)))));
    }

    [Fact]
    public async Task Manifest_tells_how_the_rows_came_about()
    {
        using var pull = Pull("p1", fence: 5);
        await _bench.LandAsync(pull);
        var manifest = _bench.Log.Entries[0].Manifest;
        CanonicalObject Part(string name) => (CanonicalObject)manifest[name];
        Assert.Equal(
            new CanonicalObject
            {
                ["account"] = "101", ["every"] = "day", ["from"] = "2026-11-19T05:00:00Z", ["job"] = "nightly", ["label"] = "2026-11-19", ["source"] = "main", ["timezone"] = "America/New_York",
                ["to"] = "2026-11-20T05:00:00Z",
            },
            Part("window"));
        Assert.Equal(("p1", 5L, 24L, "hash-of-p1", "def", 3L), (Part("pull")["id"], Part("pull")["fence"], Part("pull")["rows"], Part("pull")["contentHash"], Part("pull")["definitionHash"], Part("pull")["quarantined"]));
        Assert.Equal(["12", "13"], (List<object>)((CanonicalObject)Part("request")["filter"])["categoriesIdsIn"]);
        Assert.Equal(("13", "table"), (Part("request")["report"], Part("request")["action"]));
        Assert.Equal(("www.kaltura.com", "101"), (Part("service")["host"], Part("service")["tenant"]));
        Assert.Equal(new string('a', 64), Part("job")["textSha256"]);
        Assert.Equal("portable", Part("build")["packages"]);
        Assert.Equal(1L, Part("proof")["version"]);
        Assert.Equal("totals", ((CanonicalObject)((List<object>)manifest["checks"])[0])["name"]);
        Assert.Equal(("60", "282.75"), (Part("sums")["count_plays"], Part("sums")["sum_time_viewed"]));
        Assert.Equal(("7y", "2033-11-20T12:00:00Z"), (Part("retention")["keep"], Part("retention")["until"]));
        Assert.False(manifest.ContainsKey("earlier"));
    }

    [Fact]
    public async Task Window_that_is_pulled_again_gets_a_further_snapshot_that_names_the_earlier_one()
    {
        using var first = Pull("p1", 1, hash: "same");
        using var second = Pull("p2", 2, hash: "same");
        using var third = Pull("p3", 3, TrainingRows.Batch(3));
        foreach (var pull in new[] { first, second, third }) Assert.Equal(LandingOutcome.Landed, (await _bench.LandAsync(pull)).Outcome);
        var earlier = _bench.Log.Entries.Select(e => e.Manifest.GetValueOrDefault("earlier") as CanonicalObject).ToList();
        Assert.Null(earlier[0]);
        Assert.Equal((0L, "leaf0", "p1", true), (earlier[1]!["sequence"], earlier[1]!["leafHash"], earlier[1]!["pull"], earlier[1]!["sameRows"]));
        Assert.Equal((1L, "leaf1", "p2", false), (earlier[2]!["sequence"], earlier[2]!["leafHash"], earlier[2]!["pull"], earlier[2]!["sameRows"]));
    }

    [Fact]
    public async Task Two_workers_with_one_pull_append_it_once()
    {
        using var pull = Pull("p1");
        await _bench.RecordAsync(pull, "reply");
        var other = _bench.Target();
        _bench.Log.Before = () => Assert.Equal(LandingOutcome.Landed, other.LandAsync(SnapshotBench.Order(pull), pull, default).GetAwaiter().GetResult().Outcome);
        Assert.Equal(LandingOutcome.AlreadyLanded, (await _bench.Target().LandAsync(SnapshotBench.Order(pull), pull, default)).Outcome);
        Assert.Single(_bench.Log.Entries);
    }

    [Fact]
    public async Task Stalled_worker_with_an_older_fence_appends_nothing()
    {
        using var older = Pull("p1", 1);
        using var newer = Pull("p2", 2);
        await _bench.RecordAsync(older, "reply");
        await _bench.RecordAsync(newer, "reply");
        _bench.Log.Before = () => _bench.Target().LandAsync(SnapshotBench.Order(newer), newer, default).GetAwaiter().GetResult();
        Assert.Equal(LandingOutcome.Superseded, (await _bench.Target().LandAsync(SnapshotBench.Order(older), older, default)).Outcome);
        Assert.Equal("p2", SnapshotNames.PullOf(Assert.Single(_bench.Log.Entries).Manifest).Pull);
    }

    [Fact]
    public async Task Empty_window_gets_a_snapshot_too()
    {
        using var pull = Pull("p1", rows: TrainingRows.Batch(0));
        Assert.Equal((LandingOutcome.Landed, 0L), ((await _bench.LandAsync(pull)) is var receipt ? (receipt.Outcome, receipt.Rows) : default));
        Assert.Contains("The service has no rows for this window.", await File.ReadAllTextAsync(_bench.FileOf(0, "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_key_stops_the_landing_before_anything_is_published()
    {
        using var pull = Pull("p1");
        await _bench.RecordAsync(pull, "reply");
        _bench.Log.Fault = new EtlException(FaultKind.Usage, "no key") { Code = "audit-key" };
        Assert.Equal("audit-key", (await Assert.ThrowsAsync<EtlException>(() => _bench.Target().PrepareAsync(SnapshotBench.Order(pull), pull, default))).Code);
    }

    [Fact]
    public async Task Pull_without_its_replies_or_its_record_is_refused()
    {
        using var pull = Pull("p1");
        Assert.Equal("not-recorded", (await Assert.ThrowsAsync<EtlException>(() => _bench.Target().PrepareAsync(SnapshotBench.Order(pull), pull, default))).Code);
        await _bench.RecordAsync(pull, "reply");
        Assert.Equal("no-record", (await Assert.ThrowsAsync<EtlException>(() => _bench.Target().PrepareAsync(SnapshotBench.Order(pull) with { Record = null }, pull, default))).Code);
        Assert.Empty(_bench.Log.Entries);
    }

    public static TheoryData<string, string> Credentials => new()
    {
        { "the secret itself", SnapshotBench.AdminSecret },
        { "in base64", Convert.ToBase64String(Encoding.ASCII.GetBytes(SnapshotBench.AdminSecret)) },
        { "in base64 behind a name", Convert.ToBase64String(Encoding.ASCII.GetBytes("etl:" + SnapshotBench.AdminSecret)) },
        { "a session", Session2() },
        { "a session of version 1", Session1 },
        { "in a path", "https://cdn.example.com/ks/c29tZXRoaW5nIGVsc2UgZW50aXJlbHk/id/1" },
        { "in a path as JSON writes it", "https:\\/\\/cdn.example.com\\/ks\\/c29tZXRoaW5nIGVsc2UgZW50aXJlbHk\\/id" },
        { "in a query", "https://cdn.example.com/f?a=1&ks=c29tZXRoaW5nIGVsc2UgZW50aXJlbHk" },
        { "in JSON", "{\"ks\": \"c29tZXRoaW5nIGVsc2UgZW50aXJlbHk\"}" },
    };

    [Theory]
    [MemberData(nameof(Credentials))]
    public async Task Credential_in_a_reply_stops_the_landing_and_is_not_repeated(string what, string credential)
    {
        // Also across the chunks that are looked at, wherever it begins.
        foreach (var before in new[] { 0, 65_000, 65_536, 65_790, 131_000 })
        {
            using var pull = Pull($"p{before}");
            await _bench.RecordAsync(pull, "clean", new string('.', before) + " " + credential + " " + new string('.', 400));
            var fault = await Assert.ThrowsAsync<EtlException>(() => _bench.Target().PrepareAsync(SnapshotBench.Order(pull), pull, default));
            Assert.True(fault.Code == "secret" && fault.Message.Contains("reply 2 (report.getTable)", StringComparison.Ordinal), $"{what} at {before}: {fault.Message}");
            Assert.DoesNotContain(credential, fault.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Credential_in_a_cell_stops_the_landing()
    {
        var rows = new RowBatch(Plays.Schema);
        AllTypes.Text(rows, 0, "short");
        AllTypes.Fixed<long>(rows, 1, 1);
        AllTypes.Text(rows, 0, Session2());
        AllTypes.Fixed<long>(rows, 1, 1);
        using var pull = Pull("p1", rows: rows);
        await _bench.RecordAsync(pull, "masked: ***");
        var fault = await Assert.ThrowsAsync<EtlException>(() => _bench.Target().PrepareAsync(SnapshotBench.Order(pull), pull, default));
        Assert.Equal("secret", fault.Code);
        Assert.Contains("column 'object_id' of its rows holds a session token in row 2", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://cdn.example.com/ks/***/id/1?ks=***&secret=***")]
    [InlineData("{\"ks\":\"***\",\"hash\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}")]
    [InlineData("djJ8 links=1_abcdefgh0123456789 djJ8bm90YW51bWJlciBhdCBhbGwsIGp1c3QgdGV4dA==")]
    public async Task What_is_masked_or_only_looks_similar_lands(string body)
    {
        using var pull = Pull("p1");
        Assert.Equal(LandingOutcome.Landed, (await _bench.LandAsync(pull, body)).Outcome);
    }

    [Fact]
    public async Task Rows_are_opened_from_the_newest_snapshot_and_not_when_they_were_erased()
    {
        using var first = Pull("p1", 1);
        using var second = Pull("p2", 2, TrainingRows.Batch(6));
        await _bench.LandAsync(first);
        await _bench.LandAsync(second);
        using (var rows = await _bench.Target().OpenPublishedAsync(Keys.Key(), Keys.Day(), default))
            Assert.Equal(("p2", 6), (rows!.Pull, RowText.Lines(rows.Read()).Count));
        File.Delete(_bench.FileOf(1, "rows.parquet"));
        Assert.Null(await _bench.Target().OpenPublishedAsync(Keys.Key(), Keys.Day(), default));
        Assert.Equal("p2", (await _bench.Target().FindAsync(Keys.Key(), Keys.Day(), default))!.Pull);
    }
}
