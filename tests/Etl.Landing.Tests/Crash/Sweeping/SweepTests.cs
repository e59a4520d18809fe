using Xunit.Abstractions;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>Landings, exports and audit logs, killed or refused at their calls on files. See docs/reliability.md for the figures of a full run.</summary>
public sealed class SweepTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Dataset_killed_or_refused_at_a_call_shows_old_or_new_and_recovers(int night) => SweepAsync(new NightSubject("parquet", night), 12, 1);

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Table_and_ledger_killed_or_refused_at_a_call_show_old_or_new_and_recover(int night) => SweepAsync(new NightSubject("table", night), 40, 2);

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Export_killed_or_refused_at_a_call_shows_whole_files_and_recovers(int night) => SweepAsync(new ExportSubject(night), 15, 1);

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Audit_log_killed_or_refused_at_a_call_verifies_and_recovers(int before)
    {
        using var subject = new AuditSubject(before);
        await SweepAsync(subject, 20, 2);
    }

    private async Task SweepAsync(SweepSubject subject, int eachOf, int keyOf)
    {
        using var sweep = new Sweep(subject, output);
        await sweep.PrepareAsync();
        await sweep.RunAsync(Sweep.Kill, eachOf, keyOf);
        await sweep.RunAsync(Sweep.Error, eachOf, keyOf);
        await sweep.RunAsync(Sweep.Full, eachOf * 2, keyOf * 2);
        Assert.True(sweep.Violations.Count == 0, string.Join('\n', sweep.Violations.Take(10)));
    }
}
