using System.Diagnostics;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Audit;

/// <summary>
/// Verifying takes a time that grows with the snapshots and not with their square: 150 always, 1,000 in under 60 seconds on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).
/// </summary>
public sealed class VerifySpeedTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Snapshots_are_verified_in_time()
    {
        var (snapshots, limit) = Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? (1000, 60) : (150, 30);
        using var bench = new AuditBench();
        using (var log = bench.Log())
            for (var i = 0; i < snapshots; i++) await bench.AppendAsync(1, $"p{i}", log: log, bytes: 100_000);
        var told = 0;
        var start = Stopwatch.GetTimestamp();
        var verdict = Etl.Landing.Audit.Verify.AuditVerifier.Verify(new(bench.Folder) { Key = bench.Fingerprint }, _ => told++);
        var wall = Stopwatch.GetElapsedTime(start);
        output.WriteLine($"{snapshots} snapshots with {verdict.FilesRead} files, {verdict.BytesRead / 1_000_000} MB: {wall.TotalSeconds:0.00} s");
        Assert.Equal(("ok", (long)snapshots), (verdict.Word, verdict.Snapshots));
        Assert.Equal(snapshots * 4, told);
        Assert.InRange(wall.TotalSeconds, 0, limit);
    }
}
