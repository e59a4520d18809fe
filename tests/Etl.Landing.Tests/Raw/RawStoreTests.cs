using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Core.Windows;
using Etl.Landing.Raw;
using Etl.Testing.Files;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Raw;

public sealed class RawStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] s_together = ["graphs", "totals"];
    private readonly TempFolder _folder = new();
    private readonly List<string> _warnings = [];
    private readonly RawStore _store;

    public RawStoreTests() => _store = new RawStore(_folder.Path, TimeProvider.System, _warnings.Add);

    public void Dispose() => _folder.Dispose();

    private static RawRequest Asked(string action = "getTable", params (string Key, string Value)[] fields) =>
        new("report", action, [.. fields.Select(f => KeyValuePair.Create(f.Key, f.Value))]);

    private static RawHead Head(string pull = "p1", WindowKey? key = null, DateTimeOffset? at = null, bool complete = true) => new(
        key ?? Keys.Key(), new Window(s_noon.AddHours(-36), s_noon.AddHours(-12), (key ?? Keys.Key()).Label, WindowUnit.Day),
        pull, at ?? s_noon, "0123456789abcdef", complete, complete ? 7 : 0, complete ? "content" : "")
    {
        Together = s_together,
    };

    private static async Task AddAsync(IRawCapture capture, string body, RawRequest? asked = null, RawFault? fault = null)
    {
        var reply = capture.Open(asked ?? Asked());
        await using (reply)
        {
            foreach (var part in body.Chunk(3)) await reply.Body.WriteAsync(Encoding.UTF8.GetBytes(part));
            if (fault is not null) reply.Broke(fault);
        }
    }

    private async Task<string> KeepAsync(RawHead head, params string[] bodies)
    {
        using var capture = await _store.BeginAsync(head.Key, head.Pull, default);
        foreach (var body in bodies) await AddAsync(capture, body);
        return await capture.KeepAsync(head, default);
    }

    private static string Hash(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    private static string ObjectOf(string body) => $"raw/objects/{Hash(body)[..2]}/{Hash(body)}.gz";

    private IEnumerable<string> Objects() => _folder.Files().Where(f => f.StartsWith("raw/objects/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private IEnumerable<string> Lists() => _folder.Files().Where(f => f.StartsWith("raw/pulls/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private Task SweepAsync(DateTimeOffset completeBefore, DateTimeOffset? failedBefore = null, string job = "nightly") =>
        _store.SweepAsync(job, completeBefore, failedBefore ?? completeBefore, () => [], default);

    private static string Text(IRawRecording recording, string? sha256)
    {
        using var body = new StreamReader(recording.Open(sha256!));
        return body.ReadToEnd();
    }

    [Fact]
    public async Task What_was_kept_is_found_as_it_was_in_order()
    {
        var fault = new RawFault(FaultKind.Unreachable, "connection-lost", "it broke: \"ü\"", true, 3, "EXPIRED");
        using (var capture = await _store.BeginAsync(Keys.Key(), "p1", default))
        {
            await AddAsync(capture, "eins ü", Asked("getTable", ("pager[pageIndex]", "1"), ("empty", "")));
            await AddAsync(capture, "zw", Asked("getTotal"), fault);
            await AddAsync(capture, "", Asked("getTotal"), fault);
            Assert.Equal(Path.Combine(_folder.Path, "raw", "pulls", "nightly", "2026-11-19", "p1.jsonl"), await capture.KeepAsync(Head(), default));
        }
        var recording = Assert.Single(_store.Newest("nightly", "2026-11-19"));
        Assert.Equal(Head(), recording.Head with { Together = s_together });
        Assert.Equal(s_together, recording.Head.Together);
        var replies = recording.Read().ToList();
        Assert.Equal(["getTable", "getTotal", "getTotal"], replies.Select(r => r.Request.Action));
        Assert.Equal([KeyValuePair.Create("pager[pageIndex]", "1"), KeyValuePair.Create("empty", "")], replies[0].Request.Fields);
        Assert.Equal((Hash("eins ü"), 7L, null), (replies[0].Sha256, replies[0].Bytes, replies[0].Fault));
        Assert.Equal("eins ü", Text(recording, replies[0].Sha256));
        Assert.Equal((Hash("zw"), 2L, fault), (replies[1].Sha256, replies[1].Bytes, replies[1].Fault));
        Assert.Equal((null, 0L, fault), (replies[2].Sha256, replies[2].Bytes, replies[2].Fault));
    }

    [Fact]
    public async Task Body_is_a_gzip_file_named_by_the_hash_of_its_bytes_and_stored_once()
    {
        await KeepAsync(Head(), "same", "same");
        await KeepAsync(Head("p2"), "same");
        Assert.Equal([ObjectOf("same")], Objects());
        using var file = new GZipStream(File.OpenRead(_folder[ObjectOf("same")]), CompressionMode.Decompress);
        Assert.Equal("same", new StreamReader(file).ReadToEnd());
        Assert.Equal(2, Lists().Count());
    }

    [Fact]
    public async Task Nothing_can_be_found_before_it_is_kept_and_nothing_stays_of_what_is_not()
    {
        using (var capture = await _store.BeginAsync(Keys.Key(), "p1", default))
        {
            await AddAsync(capture, "one");
            Assert.Empty(_store.Newest("nightly", "2026-11-19"));
            Assert.Empty(Objects());
        }
        Assert.Equal(["raw/.lock"], _folder.Files());
    }

    [Fact]
    public async Task Newest_complete_pull_of_each_account_is_the_one_to_replay()
    {
        await KeepAsync(Head("p1"), "a");
        await KeepAsync(Head("p0", at: s_noon.AddHours(1)), "b");
        await KeepAsync(Head("p3", at: s_noon.AddHours(2), complete: false), "c");
        var other = Keys.Key() with { Account = "999" };
        await KeepAsync(Head("p4", other, s_noon.AddDays(-1)), "d");
        Assert.Equal(["p0", "p4"], _store.Newest("nightly", "2026-11-19").Select(r => r.Head.Pull).Order(StringComparer.Ordinal));
        Assert.Equal(["2026-11-19"], _store.Labels("nightly"));
        Assert.Empty(_store.Newest("nightly", "2026-11-18"));
        Assert.Empty(_store.Labels("other"));
    }

    [Fact]
    public async Task Sweep_removes_old_recordings_and_keeps_bodies_until_the_last_one_that_names_them_goes()
    {
        await KeepAsync(Head("p1", at: s_noon.AddDays(-9)), "shared", "old");
        await KeepAsync(Head("p2", at: s_noon.AddDays(-5)), "shared", "new");
        await SweepAsync(s_noon.AddDays(-7));
        Assert.Equal(new[] { ObjectOf("shared"), ObjectOf("new") }.Order(StringComparer.Ordinal), Objects());
        Assert.Equal(["raw/pulls/nightly/2026-11-19/p2.jsonl"], Lists());
        await SweepAsync(s_noon);
        Assert.Equal(["raw/.lock"], _folder.Files());
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Sweep_of_one_job_leaves_recordings_and_bodies_of_others()
    {
        await KeepAsync(Head("p1", at: s_noon.AddDays(-9)), "shared");
        await KeepAsync(Head("p2", Keys.Key(job: "weekly"), s_noon.AddDays(-9)), "shared");
        await SweepAsync(s_noon);
        Assert.Equal([ObjectOf("shared")], Objects());
        Assert.Equal("p2", Assert.Single(_store.Newest("weekly", "2026-11-19")).Head.Pull);
    }

    [Fact]
    public async Task Failed_pulls_have_their_own_age()
    {
        await KeepAsync(Head("p1", at: s_noon.AddDays(-3)), "a");
        await KeepAsync(Head("p2", at: s_noon.AddDays(-3), complete: false), "b");
        await KeepAsync(Head("p3", at: s_noon.AddDays(-8), complete: false), "c");
        await SweepAsync(s_noon, s_noon.AddDays(-7));
        Assert.Equal(["raw/pulls/nightly/2026-11-19/p2.jsonl"], Lists());
        Assert.Equal([ObjectOf("b")], Objects());
    }

    [Fact]
    public async Task Sweep_leaves_what_is_needed_whatever_its_age()
    {
        await KeepAsync(Head("p1", at: s_noon.AddDays(-9)), "a");
        await KeepAsync(Head("p2", at: s_noon.AddDays(-9)), "b");
        await _store.SweepAsync("nightly", s_noon, s_noon, () => ["p2", "p9"], default);
        Assert.Equal(["raw/pulls/nightly/2026-11-19/p2.jsonl"], Lists());
        Assert.Equal("b", Text(_store.Find(Keys.Key(), "p2")!, Hash("b")));
        Assert.Null(_store.Find(Keys.Key(), "p1"));
        Assert.Null(_store.Find(Keys.Key() with { Account = "999" }, "p2"));
    }

    [Fact]
    public async Task Sweep_leaves_a_capture_under_way_alone_and_it_is_kept_whole()
    {
        await KeepAsync(Head("p1", at: s_noon.AddDays(-9)), "shared");
        using var capture = await _store.BeginAsync(Keys.Key(), "p2", default);
        await AddAsync(capture, "shared");
        await SweepAsync(s_noon);
        Assert.Empty(Objects());
        await AddAsync(capture, "more");
        await capture.KeepAsync(Head("p2"), default);
        var recording = Assert.Single(_store.Newest("nightly", "2026-11-19"));
        Assert.Equal(["shared", "more"], recording.Read().Select(e => Text(recording, e.Sha256)));
    }

    [Fact]
    public async Task Captures_and_sweeps_at_one_time_never_lose_a_body_that_a_recording_names()
    {
        await Parallel.ForAsync(0, 120, async (i, _) =>
        {
            if (i % 4 == 3) await SweepAsync(s_noon.AddDays(-1));
            else await KeepAsync(Head($"p{i}", at: i % 2 == 0 ? s_noon : s_noon.AddDays(-2)), $"body {i % 5}", $"own {i}");
        });
        await SweepAsync(s_noon.AddDays(-1));
        Assert.Empty(_warnings);
        var lists = Lists().ToList();
        Assert.Equal(Enumerable.Range(0, 120).Count(i => i % 4 != 3 && i % 2 == 0), lists.Count);
        foreach (var sha in lists.SelectMany(l => File.ReadAllLines(_folder[l]).Skip(1)).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("sha256").GetString()!))
            Assert.True(File.Exists(_folder[$"raw/objects/{sha[..2]}/{sha}.gz"]));
    }

    [Fact]
    public async Task What_a_dead_process_left_is_swept()
    {
        await KeepAsync(Head(), "kept");
        Directory.CreateDirectory(_folder["raw/open/p9"]);
        File.WriteAllText(_folder["raw/open/p9/1.tmp"], "half");
        // A process that died between moving its bodies in and naming its list.
        var orphan = _folder[ObjectOf("orphan")];
        Directory.CreateDirectory(Path.GetDirectoryName(orphan)!);
        File.WriteAllText(orphan, "x");
        await SweepAsync(s_noon.AddDays(-1));
        Assert.Equal([ObjectOf("kept")], Objects());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["raw/open"]));
    }

    [Theory]
    [InlineData("flip", "raw-damaged")]
    [InlineData("cut", "raw-damaged")]
    [InlineData("other", "raw-damaged")]
    [InlineData("gone", "raw-damaged")]
    public async Task Damaged_body_is_an_error_that_names_its_file(string damage, string code)
    {
        var body = string.Concat(Enumerable.Range(0, 2000));
        await KeepAsync(Head(), body);
        var file = _folder[ObjectOf(body)];
        var bytes = File.ReadAllBytes(file);
        switch (damage)
        {
            case "flip":
                bytes[bytes.Length / 2] ^= 4;
                File.WriteAllBytes(file, bytes);
                break;
            case "cut":
                File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
                break;
            case "other":
                using (var other = new GZipStream(File.Create(file), CompressionLevel.Fastest)) other.Write("another"u8);
                break;
            default:
                File.Delete(file);
                break;
        }
        var recording = Assert.Single(_store.Newest("nightly", "2026-11-19"));
        var fault = Assert.Throws<EtlException>(() => recording.Open(recording.Read().Single().Sha256!));
        Assert.Equal((FaultKind.Window, code, false), (fault.Kind, fault.Code, fault.IsTransient));
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}\n")]
    [InlineData("{\"version\":99}\n")]
    public async Task Damaged_list_is_an_error_that_names_it_and_keeps_all_bodies(string text)
    {
        var list = await KeepAsync(Head("p1", at: s_noon.AddDays(-9)), "a");
        await KeepAsync(Head("p2", at: s_noon.AddDays(-9)), "b");
        File.WriteAllText(list, text);
        var fault = Assert.Throws<EtlException>(() => _store.Newest("nightly", "2026-11-19"));
        Assert.Contains(list, fault.Message, StringComparison.Ordinal);
        await SweepAsync(s_noon);
        Assert.Contains(list, Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Equal(2, Objects().Count());
    }

    [Fact]
    public async Task Reply_whose_hash_is_no_hash_never_becomes_a_path()
    {
        var list = await KeepAsync(Head(), "a");
        File.WriteAllText(list, File.ReadAllText(list).Replace(Hash("a"), "../../../etc/passwd", StringComparison.Ordinal));
        var recording = Assert.Single(_store.Newest("nightly", "2026-11-19"));
        Assert.Contains("line 2", Assert.Throws<EtlException>(() => recording.Read().ToList()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("")]
    public async Task Names_that_leave_the_folder_are_refused(string name)
    {
        await Assert.ThrowsAsync<EtlException>(() => _store.BeginAsync(Keys.Key(), name, default));
        await Assert.ThrowsAsync<EtlException>(() => _store.BeginAsync(Keys.Key(job: name), "p1", default));
        Assert.Throws<EtlException>(() => _store.Newest(name, "2026-11-19"));
        Assert.Empty(_folder.Files());
    }
}
