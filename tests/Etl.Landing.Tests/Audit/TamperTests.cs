using System.Text;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Tests.Audit;

/// <summary>
/// Everything that can be done to a log is found by our verifier and by the second one. Every 16th byte and every eighth of these cases by the second verifier always; all bits, bytes and cases on a night run
/// (<c>ETL_TESTS_NIGHTLY=1</c>).
/// </summary>
public sealed class TamperTests : IAsyncLifetime
{
    private static readonly bool s_all = Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1";
    private TamperBench? _bench;

    private TamperBench Bench => _bench!;

    public async Task InitializeAsync() => _bench = await TamperBench.CreateAsync();

    public Task DisposeAsync()
    {
        _bench?.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public void Every_bit_of_manifest_signatures_checkpoint_and_entries_counts()
    {
        var victim = Bench.FolderOf(TamperBench.Victim);
        var handover = Bench.FolderOf(5);
        string[] files =
        [
            victim + "/manifest.json", victim + "/manifest.sig", handover + "/manifest.sig", handover + "/manifest.new.sig", Bench.Folder + "/log/checkpoint", Bench.Folder + $"/log/checkpoint.{9:D20}.sig",
            Bench.Entry(0), Bench.Entry(5), Bench.Entry(7), Bench.Entry(8),
        ];
        var checks = files.Sum(file => FlipAll(file, s_all ? 1 : 16, bits: 8));
        Assert.True(checks > (s_all ? 20_000 : 1_500), $"{checks} checks");
        Bench.Agree("erased");
    }

    [Fact]
    public void Every_byte_of_data_and_of_keys_counts()
    {
        var files = Directory.GetFiles(Bench.FolderOf(TamperBench.Victim) + "/files", "*", SearchOption.AllDirectories).Concat(Directory.GetFiles(Bench.Folder + "/log/keys"));
        var checks = files.Sum(file => FlipAll(file, s_all ? 1 : 16, bits: 1));
        Assert.True(checks > (s_all ? 20_000 : 1_200), $"{checks} checks");
        Bench.Agree("erased");
    }

    /// <summary>Flips bits one by one: of each byte all eight, or one that goes round.</summary>
    private int FlipAll(string file, int step, int bits)
    {
        var right = File.ReadAllBytes(file);
        var checks = 0;
        for (var at = 0; at < right.Length; at += step)
            for (var bit = 0; bit < bits; bit++)
            {
                var wrong = right.ToArray();
                wrong[at] ^= (byte)(1 << (bits == 8 ? bit : at % 8));
                File.WriteAllBytes(file, wrong);
                var verdict = Bench.Bench.Verify();
                if (verdict.Word != "tampered") Assert.Fail($"Bit {bit} of byte {at} of '{file}': ours says {verdict.Word}.");
                if (s_all || checks % 8 == 0)
                {
                    var second = Bench.Second.Ask(Bench.Folder, Bench.Bench.Fingerprint);
                    if (second != "tampered") Assert.Fail($"Bit {bit} of byte {at} of '{file}': the second verifier says {second}.");
                }
                checks++;
            }
        File.WriteAllBytes(file, right);
        return checks;
    }

    [Fact]
    public void Files_deleted_cut_swapped_linked_or_added_are_found()
    {
        var victim = Path.GetRelativePath(Bench.Folder, Bench.FolderOf(TamperBench.Victim));
        var handover = Path.GetRelativePath(Bench.Folder, Bench.FolderOf(5));
        string[] files =
        [
            victim + "/manifest.json", victim + "/manifest.sig", victim + "/files/data.parquet", victim + "/files/raw/0001.json", victim + "/files/report.html", handover + "/manifest.new.sig",
            $"log/entries/{4:D20}.json", $"log/entries/{8:D20}.json", "log/checkpoint", $"log/checkpoint.{9:D20}.sig", "log/keys/" + Bench.Bench.Fingerprint[7..] + ".pem",
        ];
        foreach (var file in files)
        {
            Tamper("deleted " + file, f => File.Delete(f + "/" + file));
            Tamper("cut " + file, f => Change(f + "/" + file, b => b[..(b.Length / 2)]));
            Tamper("emptied " + file, f => Change(f + "/" + file, _ => []));
            Tamper("longer " + file, f => Change(f + "/" + file, b => [.. b, 10]));
            Tamper("swapped " + file, f => File.Copy($"{f}/log/entries/{3:D20}.json", f + "/" + file, overwrite: true));
            Tamper("folder " + file, f =>
            {
                File.Delete(f + "/" + file);
                Directory.CreateDirectory(f + "/" + file);
            });
            Tamper("linked " + file, f =>
            {
                File.Move(f + "/" + file, f + ".aside");
                File.CreateSymbolicLink(f + "/" + file, f + ".aside");
            });
            Tamper("capitals " + file, f => File.Move(f + "/" + file, f + "/" + Path.GetDirectoryName(file) + "/" + Path.GetFileName(file).ToUpperInvariant()));
            Tamper("twin " + file, f => File.Copy(f + "/" + file, f + "/" + Path.GetDirectoryName(file) + "/X" + Path.GetFileName(file).ToUpperInvariant()));
        }
        foreach (var folder in (string[])[victim, victim + "/files", victim + "/files/raw", "log", "log/entries", "log/keys", "snapshot"])
        {
            Tamper("linked " + folder, f =>
            {
                Directory.Move(f + "/" + folder, f + ".aside");
                Directory.CreateSymbolicLink(f + "/" + folder, f + ".aside");
            });
            if (folder != "log") Tamper("gone " + folder, f => Directory.Delete(f + "/" + folder, recursive: true));
            Tamper("hidden in " + folder, f => File.WriteAllText($"{f}/{folder}/.hidden", "x"));
            Tamper("empty folder in " + folder, f => Directory.CreateDirectory($"{f}/{folder}/more"));
        }
        Tamper("case twin", f => File.Copy($"{f}/{victim}/files/data.parquet", $"{f}/{victim}/files/Data.parquet"));
        Tamper("snapshot again", f => AuditBench.CopyFolder(f + "/" + victim, f + "/" + victim[..^8] + "00000000"));
        Tamper("unknown at the top", f => File.WriteAllText(f + "/README", "x"));
        Tamper("erased without an entry", f => File.Delete($"{f}/{victim}/files/report.html"));
        Tamper("early name", f => File.WriteAllText($"{f}/log/entries/{12:D20}.json", "{}"));
    }

    [Fact]
    public void Entries_removed_reordered_doubled_or_put_in_are_found()
    {
        for (var i = 0; i < 9; i++)
        {
            var at = i;
            Tamper($"entry {i} removed", f => File.Delete(EntryOf(f, at)));
            Tamper($"entry {i} removed and the others moved up", f =>
            {
                for (var n = at; n < 8; n++) File.Move(EntryOf(f, n + 1), EntryOf(f, n), overwrite: true);
                Resize(f, 8);
            });
            Tamper($"entry {i} doubled", f =>
            {
                for (var n = 9; n > at; n--) File.Copy(EntryOf(f, n - 1), EntryOf(f, n), overwrite: true);
                Resize(f, 10);
            });
            if (i == 8) continue;
            Tamper($"entries {i} and {i + 1} exchanged", f =>
            {
                File.Move(EntryOf(f, at), f + ".aside");
                File.Move(EntryOf(f, at + 1), EntryOf(f, at));
                File.Move(f + ".aside", EntryOf(f, at + 1));
            });
            Tamper($"entry {i + 1} replaced by entry {i}", f => File.Copy(EntryOf(f, at), EntryOf(f, at + 1), overwrite: true));
        }
        Tamper("size raised", f => Change(f + "/log/checkpoint", b => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(b).Replace("\n9\n", "\n10\n", StringComparison.Ordinal))));
        Tamper("size lowered", f => Change(f + "/log/checkpoint", b => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(b).Replace("\n9\n", "\n8\n", StringComparison.Ordinal))));
        // An entry behind the checkpoint is not part of the log, whoever put it there, and the reader is told.
        var copy = Bench.Bench.Copy(Guid.NewGuid().ToString("n"));
        File.Copy(EntryOf(copy, 8), EntryOf(copy, 9));
        Bench.Agree("erased", "entry put behind the last", copy);
        Assert.Contains("not finished", Assert.Single(Bench.Bench.Verify(copy).Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Findings_name_the_cause_first()
    {
        Assert.Equal($"Entry 3 is missing: there is a gap between entries 2 and 4 in a log of 9 entries.", First(f => File.Delete(EntryOf(f, 3))));
        Assert.Contains("At number 2 stands what was written as entry 3", First(f =>
        {
            File.Move(EntryOf(f, 2), f + ".aside");
            File.Move(EntryOf(f, 3), EntryOf(f, 2));
            File.Move(f + ".aside", EntryOf(f, 3));
        }), StringComparison.Ordinal);
        Assert.Contains("The file 'report.html' of snapshot 4 was changed", First(f => Change(Directory.GetDirectories(f + "/snapshot", $"{4:D20}-*").Single() + "/files/report.html", Flip)), StringComparison.Ordinal);
        Assert.Contains("The manifest of snapshot 4 was changed", First(f => Change(Directory.GetDirectories(f + "/snapshot", $"{4:D20}-*").Single() + "/manifest.json", Flip)), StringComparison.Ordinal);
        Assert.Contains("The checkpoint or its signature was changed", First(f => Change($"{f}/log/checkpoint.{9:D20}.sig", Flip)), StringComparison.Ordinal);
        Assert.Contains("foreign key", Bench.Bench.Verify(key: "sha256:" + new string('0', 64)).Findings[0].Message, StringComparison.Ordinal);
        await Task.CompletedTask;
    }

    [Fact]
    public void Log_cut_at_its_end_is_found_only_with_a_kept_checkpoint()
    {
        // The documented exception: this is the log as it honestly was an entry ago.
        Bench.Agree("erased", "cut", Bench.At8);
        Bench.Agree("erased", "cut, with an older checkpoint", Bench.At8, Bench.Kept5);
        Bench.Agree("tampered", "cut, with the newest checkpoint", Bench.At8, Bench.Kept9);
        Assert.Contains("The log was cut: the kept checkpoint has 9 entries, the log has 8.", Bench.Bench.Verify(Bench.At8, old: Bench.Kept9).Findings[0].Message, StringComparison.Ordinal);
        Bench.Agree("erased", "whole", old: Bench.Kept5);
        Bench.Agree("erased", "whole", old: Bench.Kept9);
    }

    [Fact]
    public async Task Fork_by_the_holder_of_the_key_is_found_with_a_kept_checkpoint()
    {
        using var honest = new AuditBench();
        using var second = new SecondVerifier();
        await honest.FillAsync(3);
        var fork = honest.Copy("fork");
        await honest.AppendAsync(4, "honest");
        await honest.AppendAsync(5, "honest");
        var kept = honest.Data["kept"];
        File.Copy(honest.Folder + "/log/checkpoint", kept);
        using (var log = honest.Log(place: AuditPlace.OfFolder(fork, honest.Clock)))
            for (var day = 4; day <= 7; day++) await honest.AppendAsync(day, "forged", log: log);
        Assert.Equal(("ok", "ok"), (honest.Verify(fork).Word, second.Ask(fork, honest.Fingerprint)));
        var verdict = honest.Verify(fork, old: kept);
        Assert.Equal(("tampered", "tampered"), (verdict.Word, second.Ask(fork, honest.Fingerprint, kept)));
        Assert.Contains("forked", verdict.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Foreign_key_and_another_tenants_snapshot_are_found()
    {
        // The whole log again, by another key that lies in it.
        using var other = new AuditBench();
        await other.FillAsync(3);
        Bench.Agree("tampered", "foreign key", other.Folder);
        Bench.Agree("ok", "its own key", other.Folder, key: other.Fingerprint);
        Bench.Agree("tampered", "another log", other.Folder, old: Bench.Kept5, key: other.Fingerprint);

        // Another tenant's log by the same key: its snapshot in the place of ours.
        var theirs = Bench.Bench.Data["audit/theirs"];
        using (var log = Bench.Bench.Log(place: AuditPlace.OfFolder(theirs, Bench.Bench.Clock), pin: theirs))
            for (var day = 1; day <= 5; day++) await log.AppendAsync("snapshot", AuditBench.Facts(day), AuditBench.Files("theirs"), AuditBench.None);
        Tamper("replayed", f =>
        {
            var victim = Directory.GetDirectories(f + "/snapshot", $"{4:D20}-*").Single();
            Directory.Delete(victim, recursive: true);
            var from = Directory.GetDirectories(theirs + "/snapshot", $"{4:D20}-*").Single();
            AuditBench.CopyFolder(from, f + "/snapshot/" + Path.GetFileName(from));
            File.Copy(EntryOf(theirs, 4), EntryOf(f, 4), overwrite: true);
        });
    }

    [Fact]
    public async Task Manifests_that_no_reader_may_take_are_refused_though_rightly_signed()
    {
        const string folder = "snapshot/00000000000000000000-{0}-0123abcd";
        var window = AuditNames.WindowHash(AuditBench.Key(1));
        var at = string.Format(System.Globalization.CultureInfo.InvariantCulture, folder, window);
        var hash = AuditManifest.HashOf("x"u8);
        var good = Encoding.UTF8.GetString(CanonicalJson.Write(new CanonicalObject
        {
            ["created"] = "2026-11-20T02:15:00Z", ["files"] = new object[] { new CanonicalObject { ["bytes"] = 1L, ["path"] = "a/b", ["sha256"] = hash } }, ["folder"] = at, ["format"] = 1L, ["key"] = Bench.Bench.Fingerprint[7..],
            ["kind"] = "snapshot", ["origin"] = "etl-audit/compliance/0123456789abcdef", ["previous"] = AuditManifest.NoPrevious, ["seq"] = 0L, ["tool"] = "t", ["window"] = AuditBench.Facts(1)["window"],
        }));
        Bench.Agree("ok", "good", await Bench.CraftAsync("good", Encoding.UTF8.GetBytes(good), at, ("a/b", "x")));
        var n = 0;
        (string From, string To)[] changes =
        [
            ("\"seq\":0", "\"seq\":-0"), ("\"seq\":0", "\"seq\":0.0"), ("\"seq\":0", "\"seq\":0e0"), ("\"seq\":0", "\"seq\":00"), ("\"seq\":0", "\"seq\": 0"), ("\"seq\":0", "\"seq\":0,\"seq\":0"),
            ("\"seq\":0", "\"sea\":9007199254740992,\"seq\":0"), ("\"seq\":0", "\"sea\":null,\"seq\":0"), ("\"seq\":0,\"tool\":\"t\"", "\"tool\":\"t\",\"seq\":0"), ("\"tool\":\"t\"", "\"tool\":\"\\u0074\""),
            ("\"tool\":\"t\"", "\"tool\":\"\\/\""), ("\"tool\":\"t\"", "\"tool\":\"\\u000A\""), ("\"tool\":\"t\"", "\"tool\":\"\\ud83d\\ude00\""), ("\"tool\":\"t\"", "\"tool\":\"\\ud800\""), ("\"tool\":\"t\"", "\"tool\":1"),
            ("{\"created\"", "\ufeff{\"created\""), ("}}", "}}\n"), ("\"format\":1", "\"format\":2"), ("\"format\":1", "\"format\":true"), ("\"kind\":\"snapshot\"", "\"kind\":\"other\""), ("\"created\":\"2026-11-20T02:15:00Z\"", "\"created\":\"2026-11-20\""),
            ("2026-11-20T02:15:00Z", "2026-13-20T02:15:00Z"), ("\"a/b\"", "\"../b\""), ("\"a/b\"", "\"/b\""), ("\"a/b\"", "\"a/../b\""), ("\"a/b\"", "\"a//b\""), ("\"a/b\"", "\"a\\\\b\""), ("\"a/b\"", "\"a/nul\""), ("\"a/b\"", "\"a/b.\""),
            ("\"a/b\"", "\"é\""), ("\"bytes\":1,", "\"bytes\":-1,"), ("\"bytes\":1,", ""), ("\"bytes\":1,", "\"bytes\":\"1\","), (hash, hash.ToUpperInvariant()), ("\"label\":\"2026-11-01\"", "\"label\":\"2026-11-02\""), ("0123abcd", "0123ABCD"),
            ("\"files\":[{", "\"files\":[{\"bytes\":1,\"path\":\"a/B\",\"sha256\":\"" + hash + "\"},{"), ("\"files\":[{", "\"files\":[{\"bytes\":1,\"path\":\"b\",\"sha256\":\"" + hash + "\"},{"), ("\"from\":\"2026-11-01T00:00:00Z\"", "\"from\":\"2026-11-03T00:00:00Z\""),
            ("etl-audit/compliance/0123456789abcdef", "etl-audit/compliance/0123456789abcdee"), ("\"previous\":\"0", "\"previous\":\"1"),
        ];
        foreach (var (from, to) in changes)
        {
            Assert.Contains(from, good, StringComparison.Ordinal);
            var text = good.Replace(from, to, StringComparison.Ordinal);
            Bench.Agree("tampered", $"{from} as {to}", await Bench.CraftAsync("bad" + ++n, Encoding.UTF8.GetBytes(text), at, ("a/b", "x"), ("b", "x"), ("a/B", "x")));
        }
    }

    [Fact]
    public async Task Handover_without_the_new_keys_own_signature_is_found()
    {
        var handover = Path.GetRelativePath(Bench.Folder, Bench.FolderOf(5));
        Tamper("signed by the old key", f => File.Copy($"{f}/{handover}/manifest.sig", $"{f}/{handover}/manifest.new.sig", overwrite: true));
        using var stranger = PemSignerOf("stranger");
        var signature = await stranger.SignAsync(File.ReadAllBytes(Bench.Entry(5)), default);
        Tamper("signed by a stranger", f => File.WriteAllBytes($"{f}/{handover}/manifest.new.sig", signature));
    }

    private PemSigner PemSignerOf(string name)
    {
        AuditKeys.Create(Bench.Bench.Data[$"keys/{name}.pem"]);
        return PemSigner.Open(Bench.Bench.Data[$"keys/{name}.pem"], "x");
    }

    private void Tamper(string what, Action<string> with)
    {
        var copy = Bench.Bench.Copy(Guid.NewGuid().ToString("n"));
        with(copy);
        Bench.Agree("tampered", what, copy);
        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
    }

    private string First(Action<string> with)
    {
        var copy = Bench.Bench.Copy(Guid.NewGuid().ToString("n"));
        with(copy);
        return Bench.Bench.Verify(copy).Findings[0].Message;
    }

    private static string EntryOf(string folder, int sequence) => $"{folder}/log/entries/{sequence:D20}.json";

    private static void Resize(string folder, int size)
    {
        Change(folder + "/log/checkpoint", b => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(b).Replace("\n9\n", $"\n{size}\n", StringComparison.Ordinal)));
        File.Move($"{folder}/log/checkpoint.{9:D20}.sig", $"{folder}/log/checkpoint.{size:D20}.sig");
    }

    private static void Change(string file, Func<byte[], byte[]> change) => File.WriteAllBytes(file, change(File.ReadAllBytes(file)));

    private static byte[] Flip(byte[] bytes)
    {
        var changed = bytes.ToArray();
        changed[^2] ^= 1;
        return changed;
    }
}
