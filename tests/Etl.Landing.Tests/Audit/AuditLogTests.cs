using System.Diagnostics;
using Etl.Core.Errors;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.TimeStamps;

namespace Etl.Landing.Tests.Audit;

/// <summary>Appending to a log in a folder.</summary>
public sealed class AuditLogTests : IDisposable
{
    private readonly AuditBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Snapshots_land_and_both_verifiers_and_plain_openssl_agree()
    {
        await _bench.FillAsync(3);
        var verdict = _bench.Verify();
        Assert.Empty(verdict.Findings);
        Assert.Empty(verdict.Notes);
        Assert.Equal(("ok", 0, 3L, 3L, 9L), (verdict.Word, verdict.Exit, verdict.Entries, verdict.Snapshots, verdict.FilesRead));
        using var second = new SecondVerifier();
        Assert.Equal("ok", second.Ask(_bench.Folder, _bench.Fingerprint));

        var log = Path.Combine(_bench.Folder, "log");
        Assert.Equal("Verified OK", OpenSsl(["dgst", "-sha256", "-verify", _bench.KeyFile + ".pub", "-signature", Path.Combine(log, "checkpoint.00000000000000000003.sig"), Path.Combine(log, "checkpoint")]));
        var id = _bench.Fingerprint[7..];
        Assert.Equal(File.ReadAllText(_bench.KeyFile + ".pub"), File.ReadAllText(Path.Combine(log, "keys", id + ".pem")));
        Assert.Equal(File.ReadAllText(_bench.KeyFile + ".pub").Trim(), OpenSsl(["pkey", "-in", _bench.KeyFile, "-pubout"]));
        Assert.Equal("sha256:" + id, File.ReadAllText(_bench.Folder + ".key").Trim());
    }

    [Fact]
    public async Task Newest_snapshot_of_a_window_is_found()
    {
        using var log = _bench.Log();
        Assert.Null(await log.FindAsync(AuditBench.Key(1), AuditBench.None));
        await _bench.AppendAsync(1, "p1", log: log);
        await _bench.AppendAsync(2, "p2", log: log);
        var again = await _bench.AppendAsync(1, "p3", log: log);
        using var other = _bench.Log();
        foreach (var found in (AuditEntry?[])[await log.FindAsync(AuditBench.Key(1), AuditBench.None), await other.FindAsync(AuditBench.Key(1), AuditBench.None)])
        {
            Assert.Equal((2L, "p3", again.LeafHash, again.Folder), (found!.Sequence, found.Manifest["pull"], found.LeafHash, found.Folder));
            Assert.True(File.Exists(Path.Combine(_bench.Folder, found.Folder!, "files", "raw", "0001.json")));
        }
        Assert.Null(await other.FindAsync(AuditBench.Key(3), AuditBench.None));
    }

    [Fact]
    public async Task Two_writers_of_one_folder_take_turns()
    {
        using var one = _bench.Log();
        using var two = _bench.Log();
        await Task.WhenAll(Enumerable.Range(1, 12).Select(day => Task.Run(() => (day % 2 == 0 ? one : two).AppendAsync("snapshot", AuditBench.Facts(day), AuditBench.Files(), AuditBench.None))));
        Assert.Equal(("ok", 12L), (_bench.Verify().Word, _bench.Verify().Entries));
    }

    [Fact]
    public async Task Facts_and_paths_that_make_no_manifest_are_refused_before_anything_is_written()
    {
        using var log = _bench.Log();
        var twice = AuditBench.Facts(1);
        twice["seq"] = 7L;
        var noWindow = AuditBench.Facts(1);
        noWindow.Remove("window");
        var badNumber = AuditBench.Facts(1);
        badNumber["share"] = 0.5;
        foreach (var facts in (CanonicalObject[])[twice, noWindow, badNumber])
            await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync("snapshot", facts, AuditBench.Files(), AuditBench.None));
        foreach (var path in (string[])["../x", "/x", "a//b", "a/./b", ".x", "x.", "a\\b", "c:x", "nul", "COM1.txt", "a b", "é", "", new string('a', 151)])
            await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync("snapshot", AuditBench.Facts(1), [AuditBench.File(path, "x")], AuditBench.None));
        await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync("snapshot", AuditBench.Facts(1), [AuditBench.File("A", "x"), AuditBench.File("a", "x")], AuditBench.None));
        await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync("snapshot", AuditBench.Facts(1), [AuditBench.File("b", "x"), AuditBench.File("a", "x")], AuditBench.None));
        await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync("key", [], [], AuditBench.None));
        Assert.False(Directory.Exists(_bench.Folder));
    }

    [Fact]
    public async Task Failing_file_leaves_nothing()
    {
        await _bench.FillAsync(1);
        var before = _bench.Data.Files();
        using var log = _bench.Log();
        await Assert.ThrowsAnyAsync<Exception>(() => log.AppendAsync("snapshot", AuditBench.Facts(2), [AuditBench.File("a", "x"), new AuditFile("b", () => throw new InvalidDataException("no"))], AuditBench.None));
        Assert.Equal(before.Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)), _bench.Data.Files().Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)));
        Assert.Empty(_bench.Verify().Notes);
        await _bench.AppendAsync(2, log: log);
        Assert.Equal("ok", _bench.Verify().Word);
    }

    [Fact]
    public async Task Key_of_somebody_else_is_refused()
    {
        await _bench.FillAsync(1);
        AuditKeys.Create(_bench.Data["keys/other.pem"]);
        using var log = _bench.Log(_bench.Data["keys/other.pem"]);
        foreach (var work in (Func<Task>[])[() => log.CheckAsync(AuditBench.None), () => log.AppendAsync("snapshot", AuditBench.Facts(2), AuditBench.Files(), AuditBench.None)])
        {
            var fault = await Assert.ThrowsAsync<EtlException>(work);
            Assert.Equal("audit-key", fault.Code);
            Assert.Contains(_bench.Fingerprint, fault.Message, StringComparison.Ordinal);
        }
        Assert.Equal(1, _bench.Verify().Entries);
    }

    [Fact]
    public async Task Rotation_is_signed_by_both_keys_and_either_key_verifies()
    {
        await _bench.FillAsync(2);
        var next = AuditKeys.Create(_bench.Data["keys/next.pem"]);
        using (var signer = PemSigner.Open(_bench.Data["keys/next.pem"], "x"))
        using (var log = _bench.Log())
        {
            await log.RotateAsync(signer, AuditBench.None);
            var fault = await Assert.ThrowsAsync<EtlException>(() => log.AppendAsync("snapshot", AuditBench.Facts(3), AuditBench.Files(), AuditBench.None));
            Assert.Equal("audit-key", fault.Code);
        }
        using (var log = _bench.Log(_bench.Data["keys/next.pem"])) await _bench.AppendAsync(3, log: log);
        using var second = new SecondVerifier();
        foreach (var key in (string[])[_bench.Fingerprint, next, _bench.Data["keys/next.pem.pub"]])
        {
            Assert.Equal(("ok", 4L), (_bench.Verify(key: key).Word, _bench.Verify(key: key).Entries));
            Assert.Equal("ok", second.Ask(_bench.Folder, key));
        }
        var foreign = "sha256:" + new string('a', 64);
        Assert.Contains("foreign key", _bench.Verify(key: foreign).Findings[0].Message, StringComparison.Ordinal);
        Assert.Equal("tampered", second.Ask(_bench.Folder, foreign));
    }

    [Fact]
    public async Task Erased_files_may_be_gone_and_others_not()
    {
        await _bench.FillAsync(2);
        using (var log = _bench.Log())
        {
            var erased = await log.AppendAsync(
                "erased", new CanonicalObject { ["reason"] = "a person asked", [Erasures.Member] = Erasures.Of(new Erasure(0, ["raw/0001.json", "report.html"])) }, [], AuditBench.None);
            Assert.Null(erased.Folder);
            await log.AppendAsync("retention", new CanonicalObject { [Erasures.Member] = Erasures.Of(new Erasure(1, ["data.parquet"])) }, [], AuditBench.None);
        }
        using var second = new SecondVerifier();
        Assert.Equal("ok", _bench.Verify().Word);
        Assert.Equal(3, _bench.Verify().Notes.Count(n => n.Contains("is still there", StringComparison.Ordinal)));
        var folder = Directory.GetDirectories(Path.Combine(_bench.Folder, "snapshot")).Order(StringComparer.Ordinal).First();
        File.Delete(Path.Combine(folder, "files/raw/0001.json"));
        var verdict = _bench.Verify();
        Assert.Equal(("erased", 0), (verdict.Word, verdict.Exit));
        Assert.Equal((0L, "raw/0001.json", 2L), (verdict.Erased.Single().Snapshot, verdict.Erased.Single().Path, verdict.Erased.Single().By));
        Assert.Equal("erased", second.Ask(_bench.Folder, _bench.Fingerprint));
        File.Delete(Path.Combine(folder, "files/data.parquet"));
        Assert.Equal("tampered", _bench.Verify().Word);
        Assert.Equal("tampered", second.Ask(_bench.Folder, _bench.Fingerprint));
    }

    [Fact]
    public async Task Damaged_log_is_not_appended_to()
    {
        await _bench.FillAsync(4);
        var entry = Path.Combine(_bench.Folder, "log/entries/00000000000000000001.json");
        await RefusedAsync("damaged", () => File.WriteAllText(entry, File.ReadAllText(entry).Replace("nightly", "nightlx", StringComparison.Ordinal)));
        await RefusedAsync("00000000000000000001.json' is missing", () => File.Delete(entry));
        await RefusedAsync("checkpoint", () => File.Delete(Path.Combine(_bench.Folder, "log/checkpoint")));
        await RefusedAsync("is not a signature", () => File.Copy(_bench.KeyFile + ".pub", Path.Combine(_bench.Folder, "log/checkpoint.00000000000000000004.sig"), overwrite: true));
        // Another log in its place, by another key.
        await RefusedAsync("another log was put in its place", () => File.WriteAllText(_bench.Folder + ".key", "sha256:" + new string('b', 64) + "\n"));
    }

    private async Task RefusedAsync(string why, Action damage)
    {
        var copy = _bench.Copy(Guid.NewGuid().ToString("n"));
        var pin = File.ReadAllText(_bench.Folder + ".key");
        damage();
        using (var log = _bench.Log())
        {
            var fault = await Assert.ThrowsAsync<EtlException>(() => log.AppendAsync("snapshot", AuditBench.Facts(5), AuditBench.Files(), AuditBench.None));
            Assert.Equal("audit-damaged", fault.Code);
            Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        }
        Directory.Delete(_bench.Folder, recursive: true);
        AuditBench.CopyFolder(copy, _bench.Folder);
        File.WriteAllText(_bench.Folder + ".key", pin);
        Assert.Equal("ok", _bench.Verify().Word);
    }

    [Fact]
    public async Task Planned_windows_without_a_snapshot_are_listed()
    {
        foreach (var day in (int[])[1, 2, 5, 4, 9]) await _bench.AppendAsync(day);
        await _bench.AppendAsync(20, job: "other");
        var verdict = _bench.Verify();
        Assert.Equal(("gaps", 3), (verdict.Word, verdict.Exit));
        Assert.Equal(["2026-11-03", "2026-11-06 2026-11-07 2026-11-08"], verdict.Missing.Select(m => string.Join(' ', m.Labels)));
        Assert.All(verdict.Missing, m => Assert.Equal(("nightly", "main", "101"), (m.Job, m.Source, m.Account)));
        using var second = new SecondVerifier();
        Assert.Equal("gaps", second.Ask(_bench.Folder, _bench.Fingerprint));
        Assert.Equal(("quick", 3), (_bench.Verify(quick: true).Word, _bench.Verify(quick: true).Exit));
        Assert.Equal("quick", second.Ask(_bench.Folder, _bench.Fingerprint, quick: true));
    }

    [Fact]
    public async Task Dead_authority_stops_nobody()
    {
        using var log = _bench.Log(stamper: new DeadStamper());
        await _bench.AppendAsync(1, log: log);
        Assert.Contains("has no time stamp", Assert.Single(_bench.Warnings), StringComparison.Ordinal);
        Assert.Equal("ok", _bench.Verify().Word);
    }

    private static string OpenSsl(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return said.Trim();
    }

    private sealed class DeadStamper : ITimeStamper
    {
        public Task<byte[]> StampAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation) => throw new EtlException(FaultKind.Unreachable, "The authority did not answer.");
    }
}
