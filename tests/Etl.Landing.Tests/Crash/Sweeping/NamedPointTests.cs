using Etl.Testing.Files;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>
/// Runs of the pipeline killed at points of a window's way that no call on files tells apart. The points within a landing are those of <see cref="KillTests"/> and its
/// neighbours; on a night run (<c>ETL_TESTS_NIGHTLY=1</c>) whole runs are killed at them too.
/// </summary>
public sealed class NamedPointTests(ITestOutputHelper output)
{
    private static readonly string[] s_window =
        ["window.leased", "pull.begun", "pull.recorded", "landing.prepared", "landing.published", "landing.recorded", "ledger.before-settle", "ledger.settled"];

    private static readonly string[] s_parquet =
    [
        "staged.half", "staged.synced", "staged.renamed", "parquet.temp-open", "parquet.temp-half", "parquet.temp-synced", "parquet.locked", "parquet.compared", "parquet.restated",
        "parquet.renamed", "parquet.folder-synced",
    ];

    private static readonly string[] s_table =
    [
        "table.prepared", "table.begin", "table.locked", "table.compared", "table.deleted", "table.half-inserted", "table.inserted", "table.counted", "table.recorded", "table.traced",
        "table.committed",
    ];

    public static TheoryData<string, string> Points()
    {
        var data = new TheoryData<string, string>();
        foreach (var point in s_window.Concat(Sweep.IsNightly ? s_parquet : [])) data.Add("parquet", point);
        foreach (var point in s_window.Concat(Sweep.IsNightly ? s_table : ["table.prepared"])) data.Add("table", point);
        return data;
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Run_killed_at_a_point_shows_old_or_new_and_recovers(string kind, string point)
    {
        foreach (var night in (int[])[1, 2])
        {
            using var folder = new TempFolder();
            var subject = new NightSubject(kind, night);
            await subject.PrepareAsync(folder["data"]);
            await using var child = await SweepChild.StartAsync(point);
            Assert.Null(await child.AskAsync(subject.Command(folder["data"])));
            Assert.Equal(Child.Killed, await child.EndAsync());
            var (seen, violation) = await Aftermath.FindAsync(subject, folder["data"], answer: null);
            Assert.Null(violation);
            output.WriteLine($"{subject.Name}, killed at {point}: {seen}");
        }
    }
}
