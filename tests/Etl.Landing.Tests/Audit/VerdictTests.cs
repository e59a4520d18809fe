using System.Text;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Verify;

namespace Etl.Landing.Tests.Audit;

/// <summary>What a verification says of entries, keys and the checkpoint, sentence by sentence: each thing that can be wrong is told where it is, by its cause and by nothing else. <see cref="TamperTests"/> shows that nothing passes unseen;
/// this, that what is seen is called by its name.</summary>
public sealed class VerdictTests : IDisposable
{
    private readonly CraftedLog _log = CraftedLog.Usual();

    private string First => "sha256:" + CraftedLog.IdOf(_log.First);

    private string Next => "sha256:" + CraftedLog.IdOf(_log.Next);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Whole_log_says_what_was_read()
    {
        var verdict = _log.Verify();

        Assert.Equal(("erased", 0), (verdict.Word, verdict.Exit));
        Assert.Empty(verdict.Findings);
        Assert.Empty(verdict.Notes);
        Assert.Empty(verdict.Missing);
        Assert.Equal([new ErasedFile(0, "raw/0001.json", 3)], verdict.Erased);
        Assert.Equal((CraftedLog.Origin, 5L, 3L), (verdict.Origin, verdict.Entries, verdict.Snapshots));
        Assert.Equal((5L, 3L * "rows of 1".Length + 2 * 3), (verdict.FilesRead, verdict.BytesRead));
        Assert.Equal([First, Next], verdict.Keys);
        Assert.Equal((First, null), (verdict.ExpectedKey, verdict.Proven));
    }

    [Fact]
    public void Log_with_all_its_files_is_ok()
    {
        using var log = new CraftedLog();
        log.Snapshot(1);
        log.Seal();

        Assert.Equal(("ok", 0), (log.Verify().Word, log.Verify().Exit));
    }

    [Fact]
    public void Quick_verification_reads_no_file_and_says_so()
    {
        _log.Change($"{_log.FolderOf(0)}/files/data.parquet", b => [.. b.Reverse()]);
        var verdict = _log.Verify(quick: true);

        Assert.Equal(("quick", 3), (verdict.Word, verdict.Exit));
        Assert.Equal((0L, 0L), (verdict.FilesRead, verdict.BytesRead));
        // What needs no reading is seen all the same.
        _log.Change($"{_log.FolderOf(0)}/files/data.parquet", b => [.. b, 1]);
        Verdicts.Finds(_log.Verify(quick: true), ($"{_log.FolderOf(0)}/files/data.parquet", "The file 'data.parquet' of snapshot 0 has 10 bytes; its manifest says 9."));
    }

    [Fact]
    public void Checkpoint_that_is_none_is_all_that_is_told()
    {
        const string Says = "The checkpoint is not what a checkpoint is: three lines with the log's origin, its size and its root in base64.";
        _log.Write("log/checkpoint", "nonsense"u8.ToArray());
        var verdict = _log.Verify();
        Verdicts.Finds(verdict, ("log/checkpoint", Says));
        Assert.Equal((null, 0L), (verdict.Origin, verdict.Entries));

        _log.Write("log/checkpoint", new byte[2000]);
        Verdicts.Finds(_log.Verify(), ("log/checkpoint", Says));
    }

    [Fact]
    public void Checkpoint_that_is_gone_is_missed_where_something_speaks_of_it()
    {
        File.Delete(_log.Path("log/checkpoint"));
        var finding = Assert.Single(_log.Verify().Findings);
        Assert.Equal("log/checkpoint", finding.Where);
        Assert.StartsWith("The checkpoint is missing, though there is 'log/entries/", finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(AuditNames.Entry(0), finding.Message, StringComparison.Ordinal);

        // What the first append leaves when it dies.
        for (var n = 1; n < 5; n++) File.Delete(_log.Path(AuditNames.Entry(n)));
        _log.Write("log/entries/.1-00000000-00000000.tmp", []);
        var verdict = _log.Verify();
        Assert.Equal(("empty", 3), (verdict.Word, verdict.Exit));
        Assert.Empty(verdict.Findings);
        Assert.StartsWith("There is no checkpoint:", Assert.Single(verdict.Notes), StringComparison.Ordinal);
        Assert.Equal(First, verdict.ExpectedKey);

        Verdicts.Finds(_log.Verify(old: _log.Keep(2)), ("log/checkpoint", "The checkpoint is missing, though the kept one has 2 entries."));
        File.CreateSymbolicLink(_log.Path("stray"), _log.Path("log"));
        Verdicts.Finds(_log.Verify(old: _log.Keep(2)), ("stray", "'stray' is a link, which no log has."));
    }

    [Fact]
    public void Missing_entry_is_told_once_and_nothing_that_follows_from_it()
    {
        File.Delete(_log.Path(AuditNames.Entry(1)));
        Verdicts.Finds(_log.Verify(), (AuditNames.Entry(1), "Entry 1 is missing: there is a gap between entries 0 and 2 in a log of 5 entries."));
    }

    [Fact]
    public void Missing_handover_is_told_before_the_signatures_that_it_explains()
    {
        File.Delete(_log.Path(AuditNames.Entry(2)));
        var findings = _log.Verify().Findings;
        Assert.Equal(new AuditFinding(AuditNames.Entry(2), "Entry 2 is missing: there is a gap between entries 1 and 3 in a log of 5 entries."), findings[0]);
        Assert.Equal([_log.FolderOf(3) + "/manifest.sig", _log.FolderOf(4) + "/manifest.sig"], findings.Skip(1).Select(f => f.Where));
    }

    [Fact]
    public void Missing_last_entry_has_none_behind_it()
    {
        File.Delete(_log.Path(AuditNames.Entry(4)));
        Verdicts.Finds(_log.Verify(), (AuditNames.Entry(4), "Entry 4 is missing: there is a gap in a log of 5 entries."));
    }

    [Fact]
    public void Entry_that_cannot_be_read_is_told_with_the_reason()
    {
        _log.Write(AuditNames.Entry(1), "{"u8.ToArray());
        var finding = Assert.Single(_log.Verify().Findings);
        Assert.Equal(AuditNames.Entry(1), finding.Where);
        Assert.StartsWith("Entry 1 is not as it was written: ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Entry_of_another_number_is_told()
    {
        File.Copy(_log.Path(AuditNames.Entry(0)), _log.Path(AuditNames.Entry(1)), overwrite: true);
        Verdicts.Finds(_log.Verify(), (AuditNames.Entry(1), "At number 1 stands what was written as entry 0: entries were reordered, or one was put in or taken out."));
    }

    [Fact]
    public void Manifest_and_entry_are_told_apart_by_the_signature()
    {
        var folder = _log.FolderOf(1);
        var (manifest, entry) = (folder + "/manifest.json", AuditNames.Entry(1));
        byte[] Other(byte[] b) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(b).Replace("crafted", "CRAFTED", StringComparison.Ordinal));

        _log.Change(manifest, Other);
        Verdicts.Finds(_log.Verify(), (manifest, "The manifest of snapshot 1 was changed: it is not what its entry and its signature say."));
        _log.Change(entry, Other);
        Verdicts.Finds(_log.Verify(), (folder + "/manifest.sig", $"The signature of entry 1 is not one of its manifest by the key {First}: the manifest or the signature was changed, or another key signed."));
        File.Delete(_log.Path(manifest));
        Verdicts.Finds(_log.Verify(), (folder + "/manifest.sig", $"The signature of entry 1 is not one of its manifest by the key {First}: the manifest or the signature was changed, or another key signed."));
        _log.Write(manifest, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(File.ReadAllBytes(_log.Path(entry))).Replace("CRAFTED", "crafted", StringComparison.Ordinal)));
        Verdicts.Finds(_log.Verify(), (entry, "Entry 1 was changed: it is not what its manifest and its signature say."));
        File.Copy(_log.Path(manifest), _log.Path(entry), overwrite: true);
        File.Delete(_log.Path(manifest));
        Verdicts.Finds(_log.Verify(), (manifest, "The manifest of snapshot 1 is missing."));
    }

    [Fact]
    public void Missing_signature_is_told()
    {
        var name = _log.FolderOf(1) + "/manifest.sig";
        File.Delete(_log.Path(name));
        Verdicts.Finds(_log.Verify(), (name, "The signature of entry 1 is missing."));
        // One that is longer than any is none.
        _log.Write(name, new byte[300]);
        Verdicts.Finds(_log.Verify(), (name, "The signature of entry 1 is missing."));
    }

    [Fact]
    public void Entries_that_were_signed_wrongly_are_told()
    {
        Crafted(log => log.Snapshot(2, m => m["key"] = CraftedLog.IdOf(log.Next)), log => $"Entry 1 names the key sha256:{CraftedLog.IdOf(log.Next)}, but the key in force is sha256:{CraftedLog.IdOf(log.First)}.");
        Crafted(
            log => log.Snapshot(2, m => m["origin"] = "etl-audit/other/0123456789abcdef"),
            _ => $"Entry 1 is of another log: its origin is 'etl-audit/other/0123456789abcdef', this log's is '{CraftedLog.Origin}'.");
        Crafted(log => log.Snapshot(2, m => m["previous"] = new string('1', 64)), _ => "Entry 1 was not written behind the entry that stands before it: one of both was exchanged.");
        Crafted(log => log.Erase(0, "never.csv"), _ => "Entry 1 erases 'never.csv' of entry 0, which never had it.");
        Crafted(log => log.Erase(7, "raw/0001.json"), _ => "Entry 1 erases 'raw/0001.json' of entry 7, which never had it.");

        static void Crafted(Action<CraftedLog> second, Func<CraftedLog, string> says)
        {
            using var log = new CraftedLog();
            log.Snapshot(1);
            second(log);
            log.Seal();
            Verdicts.Finds(log.Verify(), (AuditNames.Entry(1), says(log)));
        }
    }

    [Fact]
    public void Handover_needs_the_new_keys_own_signature()
    {
        var name = _log.FolderOf(2) + "/manifest.new.sig";
        var says = $"Entry 2 hands the log over to the key {Next}, but is not signed by that key too.";
        File.Delete(_log.Path(name));
        Verdicts.Finds(_log.Verify(), (name, says));
        _log.Write(name, File.ReadAllBytes(_log.Path(_log.FolderOf(2) + "/manifest.sig")));
        Verdicts.Finds(_log.Verify(), (name, says));
    }

    [Fact]
    public void Key_of_a_handover_that_is_missing_is_told_and_nothing_else()
    {
        var name = AuditNames.Key(Next[7..]);
        File.Delete(_log.Path(name));
        var findings = _log.Verify().Findings;
        Assert.Equal(new AuditFinding(name, $"The key {Next}, which '{AuditNames.Entry(2)}' names, is missing."), findings[0]);
        Assert.DoesNotContain(findings, f => f.Message.Contains("hands the log over", StringComparison.Ordinal));
    }

    [Fact]
    public void First_key_that_is_missing_or_changed_is_told()
    {
        var name = AuditNames.Key(First[7..]);
        _log.Write(name, File.ReadAllBytes(_log.Path(AuditNames.Key(Next[7..]))));
        Assert.Contains(new AuditFinding(name, $"The key {First}, which '{AuditNames.Entry(0)}' names, is not in the file of its name: the file was changed."), _log.Verify().Findings);
        _log.Write(name, new byte[5000]);
        Assert.Contains(new AuditFinding(name, $"The key {First}, which '{AuditNames.Entry(0)}' names, is not in the file of its name: the file was changed."), _log.Verify().Findings);
        File.Delete(_log.Path(name));
        var verdict = _log.Verify();
        Assert.Contains(new AuditFinding(name, $"The key {First}, which '{AuditNames.Entry(0)}' names, is missing."), verdict.Findings);
        Assert.Equal("tampered", verdict.Word);
    }

    [Fact]
    public void Log_of_missing_entries_only_ends_at_a_hundred_too()
    {
        using var log = new CraftedLog();
        log.Snapshot(1);
        log.Seal();
        var told = new List<AuditProgress>();
        log.Write("log/checkpoint", new Checkpoint(CraftedLog.Origin, 300, new byte[32]).ToBytes());
        Assert.Equal(AuditVerifier.MostFindings, log.Verify(progress: told.Add).Findings.Count);
    }

    [Fact]
    public void Foreign_key_is_the_first_thing_that_is_told()
    {
        using var stranger = _log.Open("stranger");
        var foreign = "sha256:" + CraftedLog.IdOf(stranger);
        File.Delete(_log.FileOf(1, "data.parquet"));
        var findings = _log.Verify(key: foreign).Findings;
        Assert.Equal(2, findings.Count);
        Assert.Equal(new AuditFinding(AuditNames.Key(First[7..]), $"The log is signed by a foreign key: {First} began it and none of its keys is {foreign}, the one to expect."), findings[0]);
    }

    [Fact]
    public void Either_key_of_a_handover_is_one_to_expect()
    {
        Assert.Equal("erased", _log.Verify(key: Next).Word);
        Assert.Equal("erased", _log.Verify(key: First.ToUpperInvariant().Replace("SHA256", "sha256", StringComparison.Ordinal)).Word);
    }

    [Fact]
    public void Signature_of_the_checkpoint_that_is_missing_or_changed_is_told()
    {
        var name = AuditNames.CheckpointSignature(5);
        var changed = $"The checkpoint or its signature was changed: '{name}' is not a signature of it by the key {Next}.";
        _log.Change(name, b => [.. b[..^1], (byte)(b[^1] ^ 1)]);
        Verdicts.Finds(_log.Verify(), ("log/checkpoint", changed));
        File.Delete(_log.Path(name));
        Verdicts.Finds(_log.Verify(), (name, "The signature of the checkpoint with 5 entries is missing."));
    }

    [Fact]
    public void Checkpoint_that_is_signed_but_of_other_entries_is_told()
    {
        using var log = new CraftedLog();
        log.Snapshot(1);
        log.Seal(root: new byte[32]);
        Verdicts.Finds(log.Verify(), ("log/checkpoint", "The checkpoint is signed, but is not that of the entries: entries were exchanged."));
    }

    [Fact]
    public void Changed_size_is_told_as_the_checkpoints_fault_before_the_entries_that_seem_to_be_missing()
    {
        using var log = new CraftedLog();
        log.Snapshot(1);
        log.Snapshot(2);
        log.Seal();
        log.Change("log/checkpoint", b => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(b).Replace("\n2\n", "\n3\n", StringComparison.Ordinal)));
        File.Move(log.Path(AuditNames.CheckpointSignature(2)), log.Path(AuditNames.CheckpointSignature(3)));
        Verdicts.Finds(
            log.Verify(),
            ("log/checkpoint", $"The checkpoint or its signature was changed: '{AuditNames.CheckpointSignature(3)}' is not a signature of it by the key sha256:{CraftedLog.IdOf(log.First)}."),
            (AuditNames.Entry(2), "Entry 2 is missing: there is a gap in a log of 3 entries."));
    }

    [Fact]
    public void Kept_checkpoint_shows_another_log_a_cut_and_a_fork()
    {
        Assert.Equal("erased", _log.Verify(old: _log.Keep(1)).Word);
        Assert.Equal("erased", _log.Verify(old: _log.Keep(5)).Word);
        const string Other = "etl-audit/other/0123456789abcdef";
        Verdicts.Finds(_log.Verify(old: _log.Keep(5, Other)), ("log/checkpoint", $"This is another log: its origin is '{CraftedLog.Origin}', that of the kept checkpoint is '{Other}'."));
        Verdicts.Finds(_log.Verify(old: _log.Keep(6, root: new byte[32])), ("log/checkpoint", "The log was cut: the kept checkpoint has 6 entries, the log has 5."));
        Verdicts.Finds(_log.Verify(old: _log.Keep(2, root: new byte[32])), ("log/checkpoint", "The log was forked: its first 2 entries are not those that the kept checkpoint stands for."));
        Verdicts.Finds(_log.Verify(old: _log.Keep(5, root: new byte[32])), ("log/checkpoint", "The log was forked: its first 5 entries are not those that the kept checkpoint stands for."));
    }
}
