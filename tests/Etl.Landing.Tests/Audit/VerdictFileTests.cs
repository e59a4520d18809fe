using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.TimeStamps;
using Etl.Landing.Audit.Verify;

namespace Etl.Landing.Tests.Audit;

/// <summary>What a verification says of files and names: each is told by its name, and what belongs there is not told.</summary>
public sealed class VerdictFileTests : IDisposable
{
    private readonly CraftedLog _log = CraftedLog.Usual();

    private string First => "sha256:" + CraftedLog.IdOf(_log.First);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Files_are_told_by_what_is_wrong_with_them()
    {
        var name = _log.FolderOf(1) + "/files/data.parquet";
        var bytes = File.ReadAllBytes(_log.Path(name));
        _log.Change(name, b => [.. b.Reverse()]);
        Verdicts.Finds(_log.Verify(), (name, "The file 'data.parquet' of snapshot 1 was changed: its SHA-256 is not the one in its manifest."));
        _log.Write(name, [.. bytes, 1]);
        Verdicts.Finds(_log.Verify(), (name, "The file 'data.parquet' of snapshot 1 has 10 bytes; its manifest says 9."));
        File.Delete(_log.Path(name));
        Verdicts.Finds(_log.Verify(), (name, "The file 'data.parquet' of snapshot 1 is missing, and no entry says that it was erased."));
        _log.Write("../aside", bytes);
        File.CreateSymbolicLink(_log.Path(name), _log.Path("../aside"));
        Verdicts.Finds(_log.Verify(), (name, "The file 'data.parquet' of snapshot 1 is no plain file but a link or a folder."));
        File.Delete(_log.Path(name));
        Directory.CreateDirectory(_log.Path(name));
        Verdicts.Finds(_log.Verify(), (name, "The file 'data.parquet' of snapshot 1 is no plain file but a link or a folder."));
    }

    [Fact]
    public void Erased_file_that_is_still_there_is_noted_and_checked()
    {
        var name = _log.FolderOf(0) + "/files/raw/0001.json";
        _log.Write(name, "[1]"u8.ToArray());
        var verdict = _log.Verify();
        Assert.Equal("ok", verdict.Word);
        Assert.Equal(["The file 'raw/0001.json' of snapshot 0 was erased by entry 3, but is still there. Erase it again."], verdict.Notes);
        _log.Write(name, "[2]"u8.ToArray());
        Verdicts.Finds(_log.Verify(), (name, "The file 'raw/0001.json' of snapshot 0 was changed: its SHA-256 is not the one in its manifest."));
    }

    [Theory]
    [InlineData("README")]
    [InlineData("log/README")]
    [InlineData("log/entries/00000000000000000006.json")]
    [InlineData("log/checkpoint.00000000000000000007.sig")]
    [InlineData("log/checkpoint.00000000000000000003.sig")]
    [InlineData("log/keys/0000000000000000000000000000000000000000000000000000000000000000.pem")]
    [InlineData("snapshot/00000000000000000006-00000000-00000000")]
    [InlineData("log/tsa/00000000000000000003.tsr.bak")]
    [InlineData("log/.5-0-0.tmp")]
    public void Name_that_nobody_accounts_for_is_told(string name)
    {
        _log.Write(name, "x"u8.ToArray());
        Verdicts.Finds(_log.Verify(), (name, $"'{name}' does not belong to the log: no manifest lists it."));
    }

    [Theory]
    [InlineData(".lock")]
    [InlineData("log/.lock")]
    [InlineData("snapshot/.lock")]
    [InlineData("legal-hold")]
    [InlineData("log/entries/.5-00000000-00000000.tmp")]
    public void Locks_and_what_is_being_written_belong_there(string name)
    {
        _log.Write(name, []);
        Assert.Equal("erased", _log.Verify().Word);
        Assert.Empty(_log.Verify().Notes);
    }

    [Theory]
    [InlineData("log/checkpoint.00000000000000000004.sig")]
    [InlineData("log/checkpoint.00000000000000000006.sig")]
    [InlineData("log/entries/00000000000000000005.json")]
    [InlineData("snapshot/00000000000000000005-00000000-00000000/manifest.json")]
    public void What_an_append_left_that_died_is_noted(string name)
    {
        _log.Write(name, "x"u8.ToArray());
        var verdict = _log.Verify();
        Assert.Equal("erased", verdict.Word);
        Assert.Equal(["An append behind entry 4 was not finished; what it left is not part of the log, was not checked, and goes or is finished with the next append."], verdict.Notes);
    }

    [Fact]
    public void Key_that_no_entry_names_yet_is_noted_when_it_is_what_its_name_says()
    {
        using var third = _log.Open("third");
        _log.Write(AuditNames.Key(CraftedLog.IdOf(third)), CraftedLog.PemOf(third));
        Assert.Single(_log.Verify().Notes);
        Assert.Equal("erased", _log.Verify().Word);
    }

    [Fact]
    public void Twin_by_capitals_is_told_with_its_twin()
    {
        var name = _log.FolderOf(1) + "/files/data.parquet";
        var twin = _log.FolderOf(1) + "/files/Data.parquet";
        File.Copy(_log.Path(name), _log.Path(twin));
        Verdicts.Finds(_log.Verify(), (twin, $"'{twin}' does not belong to the log: it differs from '{name}' only by capitals."));
    }

    [Fact]
    public void Link_is_told_whatever_its_name()
    {
        File.CreateSymbolicLink(_log.Path("log/.lock"), _log.Path("log/checkpoint"));
        Verdicts.Finds(_log.Verify(), ("log/.lock", "'log/.lock' is a link, which no log has."));
    }

    [Fact]
    public void Link_in_the_place_of_what_was_expected_is_told()
    {
        var name = AuditNames.Key(First[7..]);
        File.Move(_log.Path(name), _log.Path("../aside"));
        File.CreateSymbolicLink(_log.Path(name), _log.Path("../aside"));
        Assert.Contains(_log.Verify().Findings, f => f.Where == name);
    }

    [Fact]
    public void Time_stamp_of_more_entries_shows_that_the_log_was_cut()
    {
        _log.Write(AuditNames.TimeStamp(6), [1]);
        Verdicts.Finds(_log.Verify(), (AuditNames.TimeStamp(6), $"The log was cut: '{AuditNames.TimeStamp(6)}' is the time stamp of more entries than the 5 of the checkpoint."));
    }

    [Fact]
    public void Time_stamp_that_is_none_is_told()
    {
        _log.Write(AuditNames.TimeStamp(5), [1]);
        Assert.StartsWith("The time stamp of the checkpoint with 5 entries ", Assert.Single(_log.Verify().Findings).Message, StringComparison.Ordinal);
        _log.Write(AuditNames.TimeStamp(5), new byte[TimeStampToken.MaxBytes + 1]);
        Verdicts.Finds(_log.Verify(), (AuditNames.TimeStamp(5), "The time stamp of the checkpoint with 5 entries is too long to be one."));
    }

    [Fact]
    public void Findings_end_at_a_hundred()
    {
        for (var i = 0; i < AuditVerifier.MostFindings + 20; i++) _log.Write($"extra-{i:000}", []);
        var verdict = _log.Verify();
        Assert.Equal(AuditVerifier.MostFindings, verdict.Findings.Count);
        Assert.Equal("extra-000", verdict.Findings[0].Where);
        Assert.Equal("extra-099", verdict.Findings[^1].Where);
    }
}
