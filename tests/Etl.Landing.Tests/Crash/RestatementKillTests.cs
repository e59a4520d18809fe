using Etl.Core.Targets;
using Etl.Landing.Tests.Parquet.Places;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Crash;

/// <summary>
/// Kills a landing with a difference and lineage at every named point: differences, rows and lineage each change in a commit of its own. A plain
/// run again leaves exactly the differences of landings that published, the pulls that were published, and nothing temporary.
/// Commits in order: the difference, the rows, etl_pulls, etl_windows.
/// </summary>
public abstract class RestatementKillTests : IAsyncLifetime
{
    private ParquetPlace? _place;

    private ParquetPlace Place => _place!;

    public async Task InitializeAsync() => _place = await OpenAsync();

    public async Task DisposeAsync()
    {
        if (_place is not null) await _place.DisposeAsync();
    }

    private protected abstract Task<ParquetPlace> OpenAsync();

    /// <summary>Each point, with the same pull landed again and with a new one.</summary>
    protected static TheoryData<string, bool> Cases(IEnumerable<string> points)
    {
        var data = new TheoryData<string, bool>();
        foreach (var point in points)
            foreach (var samePull in (bool[])[false, true]) data.Add(point, samePull);
        return data;
    }

    /// <summary>Kills at a point and lands again.</summary>
    /// <param name="point">Where.</param>
    /// <param name="samePull">Whether the killed pull lands again, or a new one.</param>
    /// <param name="points">All points, in order.</param>
    /// <param name="restated">The first point at which the difference is shown.</param>
    /// <param name="shown">The first point at which the rows are.</param>
    private protected async Task KillAsync(string point, bool samePull, string[] points, string restated, string shown)
    {
        var worker = Place.Worker;
        await worker.RestateAsync("p1", 1, 900);
        await worker.RestateAsync("p2", 2, 900);

        var child = await Child.RunAsync(point, Place.Settings, "restate", Place.Data, Place.Kind, "p3", "3", "1500");
        Assert.True(child.Exit == Child.Killed, $"Exit {child.Exit}: {child.Output}");
        var published = (await worker.FindAsync())!.Pull;
        Assert.Equal(points.IndexOf(point) >= points.IndexOf(shown) ? "p3" : "p2", published);
        // A difference that is shown before its rows is the last one, and its base is still published.
        Assert.Equal(points.IndexOf(point) >= points.IndexOf(restated) ? ["p1|p2", "p2|p3"] : ["p1|p2"], await RestatedAsync());

        var last = samePull ? "p3" : "p4";
        foreach (var left in worker.Area.List().Where(p => p != last)) worker.Area.Remove(left);
        await worker.Target.SweepAsync(Keys.Key(), Keys.Day(), default);
        await worker.RestateAsync(last, samePull ? 3 : 4, 1500);

        string[] landed = samePull ? ["p1", "p2", "p3"] : published == "p3" ? ["p1", "p2", "p3", "p4"] : ["p1", "p2", "p4"];
        Assert.Equal(landed.Zip(landed.Skip(1), (a, b) => $"{a}|{b}"), await RestatedAsync());
        Assert.Equal([last], await Place.LinesAsync("etl_windows/dataset=plays/month=2026-11/data.parquet", "pull"));
        // A pull that a newer one replaced before its lineage was written has no row; the one that is shown always has.
        var pulls = await Place.LinesAsync("etl_pulls/dataset=plays/month=2026-11/data.parquet", "pull");
        Assert.Subset(landed.ToHashSet(), pulls.ToHashSet());
        Assert.Superset(landed.Where(p => p != "p3" || samePull).ToHashSet(), pulls.ToHashSet());
        await Place.IsCleanAsync();
        Assert.Equal(LandingOutcome.AlreadyLanded, (await worker.RestateAsync(last, samePull ? 3 : 4, 1500)).Outcome);
    }

    private Task<IReadOnlyList<string>> RestatedAsync() => Place.LinesAsync("plays_restatements/date=2026-11-19/data.parquet", "previous_pull", "_pull");
}

/// <summary>On a local disk.</summary>
public sealed class LocalRestatementKillTests : RestatementKillTests
{
    private static readonly string[] s_points =
    [
        "parquet.temp-synced", "parquet.compared", "parquet.locked:1", "parquet.renamed:1", "parquet.folder-synced:1", "parquet.restated", "parquet.locked:2",
        "parquet.renamed:2", "parquet.folder-synced:2", "parquet.locked:3", "parquet.renamed:3", "parquet.locked:4", "parquet.renamed:4", "parquet.folder-synced:4",
    ];

    public static TheoryData<string, bool> Points() => Cases(s_points);

    private protected override Task<ParquetPlace> OpenAsync() => Task.FromResult<ParquetPlace>(new LocalPlace());

    [Theory]
    [MemberData(nameof(Points))]
    public Task Landing_killed_at_a_point_leaves_differences_that_the_next_landing_puts_right(string point, bool samePull) =>
        KillAsync(point, samePull, s_points, restated: "parquet.renamed:1", shown: "parquet.renamed:2");
}

/// <summary>On a real Azurite: blocks of the rows are staged first, those of the others right before their commits.</summary>
public sealed class BlobRestatementKillTests : RestatementKillTests
{
    private static readonly string[] s_points =
    [
        "blob.block-staged:1", "parquet.temp-synced", "parquet.compared", "blob.block-sent:2", "blob.block-staged:2", "blob.committing:1", "blob.committed:1", "parquet.restated",
        "blob.committing:2", "blob.committed:2", "blob.block-staged:3", "blob.committing:3", "blob.committed:3", "blob.block-staged:4", "blob.committing:4", "blob.committed:4",
    ];

    public static TheoryData<string, bool> Points() => Cases(s_points);

    private protected override Task<ParquetPlace> OpenAsync() => BlobPlace.OpenAsync();

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public Task Landing_killed_at_a_point_leaves_differences_that_the_next_landing_puts_right(string point, bool samePull) =>
        KillAsync(point, samePull, s_points, restated: "blob.committed:1", shown: "blob.committed:2");
}
