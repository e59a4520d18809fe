using Etl.Core.Targets;
using Etl.Landing.Tests.Parquet;
using Etl.Testing.Crash;
using Etl.Testing.Files;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Crash;

/// <summary>
/// Kills a landing with a difference and lineage at every named point: differences, rows and lineage each change in a commit of its own. A plain
/// run again leaves exactly the differences of landings that published, the pulls that were published, and nothing temporary.
/// </summary>
public sealed class RestatementKillTests : IDisposable
{
    // Commits in order: the difference, the rows, etl_pulls, etl_windows.
    private static readonly string[] s_points =
    [
        "parquet.temp-synced", "parquet.compared", "parquet.locked:1", "parquet.renamed:1", "parquet.folder-synced:1", "parquet.restated", "parquet.locked:2",
        "parquet.renamed:2", "parquet.folder-synced:2", "parquet.locked:3", "parquet.renamed:3", "parquet.locked:4", "parquet.renamed:4", "parquet.folder-synced:4",
    ];

    private readonly TempFolder _folder = new();

    public static TheoryData<string, bool> Points()
    {
        var data = new TheoryData<string, bool>();
        foreach (var point in s_points)
            foreach (var samePull in (bool[])[false, true]) data.Add(point, samePull);
        return data;
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Landing_killed_at_a_point_leaves_differences_that_the_next_landing_puts_right(string point, bool samePull)
    {
        var worker = new Worker(_folder.Path, "parquet");
        await worker.RestateAsync("p1", 1, 900);
        await worker.RestateAsync("p2", 2, 900);

        var child = await Child.RunAsync(point, "restate", _folder.Path, "parquet", "p3", "3", "1500");
        Assert.True(child.Exit == Child.Killed, $"Exit {child.Exit}: {child.Output}");
        var published = (await worker.FindAsync())!.Pull;
        Assert.Equal(s_points.IndexOf(point) > s_points.IndexOf("parquet.locked:2") ? "p3" : "p2", published);
        // A difference that is shown before its rows is the last one, and its base is still published.
        Assert.Equal(s_points.IndexOf(point) >= s_points.IndexOf("parquet.renamed:1") ? ["p1|p2", "p2|p3"] : ["p1|p2"], Restated());

        var last = samePull ? "p3" : "p4";
        foreach (var left in worker.Area.List().Where(p => p != last)) worker.Area.Remove(left);
        await worker.Target.SweepAsync(Keys.Key(), Keys.Day(), default);
        await worker.RestateAsync(last, samePull ? 3 : 4, 1500);

        string[] landed = samePull ? ["p1", "p2", "p3"] : published == "p3" ? ["p1", "p2", "p3", "p4"] : ["p1", "p2", "p4"];
        Assert.Equal(landed.Zip(landed.Skip(1), (a, b) => $"{a}|{b}"), Restated());
        Assert.Equal([last], Lines.Of(_folder["parquet/etl_windows/dataset=plays/month=2026-11/data.parquet"], "pull"));
        // A pull that a newer one replaced before its lineage was written has no row; the one that is shown always has.
        var pulls = Lines.Of(_folder["parquet/etl_pulls/dataset=plays/month=2026-11/data.parquet"], "pull");
        Assert.Subset(landed.ToHashSet(), pulls.ToHashSet());
        Assert.Superset(landed.Where(p => p != "p3" || samePull).ToHashSet(), pulls.ToHashSet());
        Assert.DoesNotContain(_folder.Files(), f => f.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Equal(LandingOutcome.AlreadyLanded, (await worker.RestateAsync(last, samePull ? 3 : 4, 1500)).Outcome);
    }

    private IReadOnlyList<string> Restated() => Lines.Of(_folder["parquet/plays_restatements/date=2026-11-19/data.parquet"], "previous_pull", "_pull");
}
