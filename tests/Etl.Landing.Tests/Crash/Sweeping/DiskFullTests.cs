using System.Globalization;
using Etl.Testing.Files;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>
/// No file of the process may grow past a limit: writes fail halfway, as on a full disk or past a quota. Every 4 KiB up to what an undisturbed run writes on a night run
/// (<c>ETL_TESTS_NIGHTLY=1</c>), otherwise some of them.
/// </summary>
public sealed class DiskFullTests(ITestOutputHelper output)
{
    private const int Step = 4096, Most = 64;

    [SkippableTheory]
    [InlineData("parquet", 1)]
    [InlineData("parquet", 2)]
    [InlineData("table", 1)]
    [InlineData("table", 2)]
    [InlineData("export", 2)]
    [InlineData("audit", 1)]
    public async Task Work_that_finds_no_room_leaves_old_or_new_and_recovers_with_room(string kind, int night)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Limits of a process are set as Linux does.");
        using var audit = kind == "audit" ? new AuditSubject(night) : null;
        SweepSubject subject = audit is not null ? audit : kind == "export" ? new ExportSubject(night) : new NightSubject(kind, night);
        using var folder = new TempFolder();
        await subject.PrepareAsync(folder["base"]);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        var (refused, landed) = (0, 0);
        for (var blocks = 0; blocks < Most; blocks += Sweep.IsNightly ? 1 : 9)
        {
            var data = folder[blocks.ToString(CultureInfo.InvariantCulture)];
            Folders.Copy(folder["base"], data);
            string? answer;
            // It ends before anything is looked at: what it holds would be held by a worker that lives.
            await using (var child = await SweepChild.StartAsync())
            {
                Assert.StartsWith("done", await child.AskAsync($"limit\t{(blocks * Step).ToString(CultureInfo.InvariantCulture)}"), StringComparison.Ordinal);
                answer = await child.AskAsync(subject.Command(data));
            }
            Assert.NotNull(answer);
            if (subject.IsAcknowledged(answer)) landed++;
            else refused++;
            var (_, violation) = await Aftermath.FindAsync(subject, data, answer);
            Assert.True(violation is null, $"{subject.Name}, files up to {blocks * Step} bytes: {violation}");
            Directory.Delete(data, recursive: true);
        }
        output.WriteLine($"{subject.Name}: {refused} refused, {landed} landed, no violations");
        Assert.NotEqual(0, refused);
    }
}
