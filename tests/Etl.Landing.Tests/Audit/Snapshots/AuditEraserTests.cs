using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Landing.Audit;
using Etl.Landing.Audit.Erasing;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Reading;
using Etl.Landing.Audit.Verify;
using Etl.Landing.Connections;
using Etl.Landing.Tests.Staging;
using Etl.Testing;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Audit.Snapshots;

public sealed class AuditEraserTests : IDisposable
{
    private readonly SnapshotBench _bench = new();
    private readonly FakeClock _clock = new(Keys.Noon);
    private readonly AuditLogs _logs;
    private readonly AuditEraser _eraser;

    public AuditEraserTests()
    {
        AuditKeys.Create(_bench.Folder["key.pem"]);
        _logs = new AuditLogs(_bench.Folder.Path, new ConnectionSettings(name => name == "ETL_AUDIT_KEY" ? $"file:{_bench.Folder["key.pem"]}" : null, _bench.Folder.Path), _clock, warning => Assert.Fail(warning));
        _eraser = new AuditEraser(_logs, _clock);
    }

    public void Dispose() => _bench.Dispose();

    private async Task LandAsync(string label = "2026-11-19", string pull = "p1")
    {
        var rows = TrainingRows.Batch(6);
        using var staged = Staged.Pull(_bench.Folder.Path, Keys.Key(label), Keys.Stamp(pull, 1, rows.RowCount), rows.Schema, [rows]);
        await _bench.RecordAsync(staged, "reply of " + pull);
        using var log = _logs.Open(_logs.Find(SnapshotBench.Land));
        await _bench.Target(log).LandAsync(SnapshotBench.Order(staged), staged, default);
    }

    private AuditVerdict Verify() => AuditVerifier.Verify(new AuditVerification(_bench.LogFolder));

    private async Task<IReadOnlyList<AuditEntryView>> EntriesAsync() => await AuditReading.ReadAsync(_logs, _bench.LogFolder, default);

    [Fact]
    public async Task Erased_files_are_named_by_a_signed_entry_and_gone()
    {
        await LandAsync();
        var erased = await _eraser.EraseAsync(_bench.LogFolder, 0, ["rows.parquet", "report.html"], "Request 118", default);
        Assert.Equal(1, erased.Entry);
        Assert.Equal([(0L, "report.html"), (0L, "rows.parquet")], erased.Files);
        var entries = await EntriesAsync();
        Assert.Equal("erased", entries[1].Kind);
        Assert.Contains("Reason: Request 118", entries[1].Words);
        Assert.Equal([null, null, 1L, 1L], entries[0].Files.Select(f => f.ErasedBy));
        Assert.DoesNotContain(_bench.Folder.Files(), f => f.EndsWith("rows.parquet", StringComparison.Ordinal) && f.StartsWith("audit/", StringComparison.Ordinal));
        var verdict = Verify();
        Assert.True(verdict.Word == "erased", string.Join("\n", verdict.Findings));
        Assert.Equal(2, verdict.Erased.Count);
        using var log = _logs.Open(_logs.Find(SnapshotBench.Land));
        Assert.Null(await _bench.Target(log).OpenPublishedAsync(Keys.Key(), Keys.Day(), default));
    }

    [Fact]
    public async Task Erasing_everything_again_after_a_crash_writes_no_second_entry()
    {
        await LandAsync();
        await _eraser.EraseAsync(_bench.LogFolder, 0, [], "Request 118", default);
        // As if the process had died between the entry and this file.
        var entry = (await EntriesAsync())[0];
        await File.WriteAllTextAsync(Path.Combine(_bench.LogFolder, entry.Folder, "files", "report.html"), "left");
        var again = await _eraser.EraseAsync(_bench.LogFolder, 0, [], "Request 118", default);
        Assert.Null(again.Entry);
        Assert.Equal([(0L, "report.html")], again.Files);
        Assert.Equal(2, (await EntriesAsync()).Count);
        Assert.Equal("erased", Verify().Word);
    }

    [Fact]
    public async Task Files_go_by_themselves_when_their_time_is_over_and_not_before()
    {
        await LandAsync("2026-11-18", "p1");
        await LandAsync("2026-11-19", "p2");
        // Seven years after the pull, to the second.
        _clock.Advance(Keys.Noon.AddYears(7) - Keys.Noon - TimeSpan.FromSeconds(1));
        Assert.Equal((null, 0), (await _eraser.EraseExpiredAsync(_bench.LogFolder, default)) is var none ? (none.Entry, none.Files.Count) : default);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var erased = await _eraser.EraseExpiredAsync(_bench.LogFolder, default);
        Assert.Equal((2L, 8), (erased.Entry!.Value, erased.Files.Count));
        var entries = await EntriesAsync();
        Assert.Equal("retention", entries[2].Kind);
        Assert.All(entries.Take(2).SelectMany(e => e.Files), f => Assert.Equal(2, f.ErasedBy));
        Assert.True(Verify().Word == "erased", string.Join("\n", Verify().Findings));
        Assert.Null((await _eraser.EraseExpiredAsync(_bench.LogFolder, default)).Entry);
    }

    [Fact]
    public async Task Legal_hold_stops_both_ways()
    {
        await LandAsync();
        await File.WriteAllTextAsync(Path.Combine(_bench.LogFolder, "legal-hold"), "case 7");
        _clock.Advance(TimeSpan.FromDays(4000));
        Assert.Equal("legal-hold", (await Assert.ThrowsAsync<EtlException>(() => _eraser.EraseExpiredAsync(_bench.LogFolder, default))).Code);
        Assert.Equal("legal-hold", (await Assert.ThrowsAsync<EtlException>(() => _eraser.EraseAsync(_bench.LogFolder, 0, [], "x", default))).Code);
        Assert.Single(await EntriesAsync());
        Assert.Equal("ok", Verify().Word);
    }

    [Theory]
    [InlineData(1, "rows.parquet", "x", "Entry 1 of")]
    [InlineData(-1, "rows.parquet", "x", "Entry -1 of")]
    [InlineData(0, "../log/checkpoint", "x", "has no file '../log/checkpoint'")]
    [InlineData(0, "manifest.json", "x", "has no file 'manifest.json'")]
    [InlineData(0, "rows.parquet", " ", "A reason is one line")]
    [InlineData(0, "rows.parquet", "two\nlines", "A reason is one line")]
    public async Task What_cannot_be_erased_is_refused_and_changes_nothing(long entry, string path, string reason, string message)
    {
        await LandAsync();
        var fault = await Assert.ThrowsAsync<EtlException>(() => _eraser.EraseAsync(_bench.LogFolder, entry, [path], reason, default));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.Single(await EntriesAsync());
        Assert.Equal("ok", Verify().Word);
    }

    [Fact]
    public async Task Folder_that_is_no_log_is_refused()
    {
        Assert.Equal("audit-folder", (await Assert.ThrowsAsync<EtlException>(() => _eraser.EraseExpiredAsync(_bench.Folder.Path, default))).Code);
        Directory.CreateDirectory(_bench.Folder["x/log"]);
        Assert.Equal("audit-empty", (await Assert.ThrowsAsync<EtlException>(() => _eraser.EraseExpiredAsync(_bench.Folder["x"], default))).Code);
    }
}
