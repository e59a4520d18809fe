using Etl.Core.Errors;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Verify;

namespace Etl.Landing.Tests.Audit;

/// <summary>What a verification tells on its way, of missing windows, and of what it cannot use.</summary>
public sealed class VerdictUseTests : IDisposable
{
    private readonly CraftedLog _log = CraftedLog.Usual();

    private string First => "sha256:" + CraftedLog.IdOf(_log.First);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Progress_is_told_entry_by_entry_and_file_by_file()
    {
        var told = new List<AuditProgress>();
        _log.Verify(progress: told.Add);

        Assert.Equal(
            [.. Enumerable.Range(1, 5).Select(n => new AuditProgress("entries", n, 5)), .. Enumerable.Range(1, 6).Select(n => new AuditProgress("files", n, 6))],
            told);
    }

    [Theory]
    [InlineData("entries", 3)]
    [InlineData("files", 2)]
    public void Verification_can_be_stopped(string doing, long at)
    {
        using var stop = new CancellationTokenSource();
        var last = default(AuditProgress);

        Assert.Throws<OperationCanceledException>(() => _log.Verify(
            progress: p =>
            {
                last = p;
                if (p.Doing == doing && p.Done == at) stop.Cancel();
            },
            cancellation: stop.Token));
        Assert.Equal((doing, at), (last.Doing, last.Done));
    }

    [Fact]
    public void Gaps_are_told_by_their_windows_and_overlaps_close_them()
    {
        using var log = new CraftedLog();
        log.Snapshot(1, days: 3);
        log.Snapshot(2);
        log.Snapshot(6);
        log.Snapshot(7);
        log.Seal();
        var verdict = log.Verify();
        Assert.Equal(("gaps", 3), (verdict.Word, verdict.Exit));
        var missing = Assert.Single(verdict.Missing);
        Assert.Equal(["2026-11-04", "2026-11-05"], missing.Labels);
        Assert.Equal((4, 6), (missing.From.Day, missing.To.Day));
    }

    [Theory]
    [InlineData("day", "Nowhere/Atall", 0)]
    [InlineData("fortnight", "UTC", 0)]
    [InlineData("HOUR", "UTC", 1000)]
    public void Labels_of_a_gap_are_told_where_they_can_be_and_up_to_a_thousand(string every, string zone, int labels)
    {
        using var log = new CraftedLog();
        log.Snapshot(1, every: every, zone: zone);
        log.Snapshot(60, every: every, zone: zone);
        log.Seal();
        Assert.Equal(labels, Assert.Single(log.Verify().Missing).Labels.Count);
    }

    [Fact]
    public void Pinned_key_is_expected_where_the_caller_names_none()
    {
        AuditVerdict Verify() => AuditVerifier.Verify(new AuditVerification(_log.Root));
        Assert.Equal(("erased", null), (Verify().Word, Verify().ExpectedKey));
        File.WriteAllText(_log.Root + ".key", First);
        Assert.Equal(("erased", First), (Verify().Word, Verify().ExpectedKey));
        File.WriteAllText(_log.Root + ".key", "sha256:" + new string('0', 64));
        Assert.Equal("tampered", Verify().Word);
    }

    [Fact]
    public void Key_may_be_a_file_in_PEM()
    {
        _log.Write("../auditor.pem", [.. "A key:\n"u8, .. CraftedLog.PemOf(_log.First)]);
        Assert.Equal(First, _log.Verify(key: _log.Path("../auditor.pem")).ExpectedKey);
    }

    [Fact]
    public void What_cannot_be_used_says_what_to_do()
    {
        Usage("is no audit log: it has neither a folder 'log' nor 'snapshot'", () => AuditVerifier.Verify(new AuditVerification(_log.Path("snapshot"))));
        Usage("'sha256:' is followed by 64 hex digits", () => _log.Verify(key: "sha256:" + new string('0', 63)));
        Usage("'sha256:' is followed by 64 hex digits", () => _log.Verify(key: "sha256:" + new string('g', 64)));
        Usage("Could not read the key file", () => _log.Verify(key: _log.Path("nowhere.pem")));
        Usage("holds no public key for audit logs", () => _log.Verify(key: _log.Path("log/checkpoint")));
        Usage("Could not read the old checkpoint", () => _log.Verify(old: _log.Path("nowhere")));
        Usage("is no checkpoint: three lines with origin, size and root", () => _log.Verify(old: _log.Path(AuditNames.Entry(0))));

        static void Usage(string says, Action act)
        {
            var fault = Assert.Throws<EtlException>(act);
            Assert.Equal((FaultKind.Usage, "audit-verify"), (fault.Kind, fault.Code));
            Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("log")]
    [InlineData("snapshot")]
    public void Either_folder_makes_a_log(string folder)
    {
        Directory.Delete(_log.Root, recursive: true);
        Directory.CreateDirectory(_log.Path(folder));
        Assert.Equal("empty", _log.Verify().Word);
    }
}
