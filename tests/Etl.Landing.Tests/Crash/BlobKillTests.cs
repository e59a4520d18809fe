using System.Globalization;
using System.Text;
using Etl.Core.Targets;
using Etl.Testing.Crash;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Crash;

/// <summary>
/// Kills a worker that lands in a blob store at every named point, in its first landing and in a later one. Afterwards the store
/// shows exactly the old pull or exactly the new one; a plain run again reaches the new one; one more run changes nothing.
/// </summary>
public sealed class BlobKillTests : IAsyncLifetime, IDisposable
{
    private const string Old = "old", New = "new", Newer = "newer";

    /// <summary>Rows whose file has more than one block.</summary>
    private const int ManyRows = 1_200_000;

    private static readonly string[] s_points =
    [
        "staged.half", "staged.synced", "staged.renamed", "parquet.temp-open", "parquet.temp-half", "blob.block-sent", "blob.block-staged", "parquet.temp-synced",
        "parquet.compared", "blob.committing", "blob.committed",
    ];

    private readonly TempFolder _folder = new();
    private AzuriteContainer? _container;

    public static TheoryData<string, bool, bool> Points()
    {
        var data = new TheoryData<string, bool, bool>();
        foreach (var point in s_points)
            foreach (var landedBefore in (bool[])[false, true])
                foreach (var samePull in (bool[])[false, true])
                    data.Add(point, landedBefore, samePull);
        return data;
    }

    private Dictionary<string, string> Settings => new() { ["ETL_STORE_LAKE"] = $"azure-blob:{_container!.ConnectionString}Container={_container.Name}/lake" };

    private Worker Worker => new(_folder.Path, "blob", Settings.GetValueOrDefault);

    public async Task InitializeAsync() => _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();

    public async Task DisposeAsync()
    {
        if (_container is not null) await _container.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public Task Landing_killed_at_a_point_leaves_old_or_new_and_recovers(string point, bool landedBefore, bool samePull) =>
        KillAsync(point, landedBefore, samePull, rows: 1500);

    [SkippableFact]
    public Task Landing_killed_between_blocks_leaves_old_and_recovers() => KillAsync("blob.block-staged:2", landedBefore: true, samePull: true, ManyRows);

    private async Task KillAsync(string point, bool landedBefore, bool samePull, int rows)
    {
        var worker = Worker;
        if (landedBefore) await worker.LandAsync(Old, 1, 900);

        var child = await Child.RunAsync(point, Settings, "land", _folder.Path, "blob", New, "2", rows.ToString(CultureInfo.InvariantCulture));
        Assert.True(child.Exit == Child.Killed, $"Exit {child.Exit}: {child.Output}");
        var committed = point == "blob.committed";
        await ShowsAsync(worker, committed ? (New, 2, rows) : landedBefore ? (Old, 1, 900) : null);

        // A plain run again, of the pull that still waits or of a new one under the next fence.
        var (pull, fence, again) = samePull ? (New, 2L, rows) : (Newer, 3L, 1200);
        foreach (var left in worker.Area.List().Where(p => p != pull)) worker.Area.Remove(left);
        await worker.Target.SweepAsync(Keys.Key(), Keys.Day(), default);
        var receipt = await worker.LandAsync(pull, fence, again);
        Assert.Equal(samePull && committed ? LandingOutcome.AlreadyLanded : LandingOutcome.Landed, receipt.Outcome);
        await ShowsAsync(worker, (pull, fence, again));

        // And once more.
        Assert.Equal(LandingOutcome.AlreadyLanded, (await worker.LandAsync(pull, fence, again)).Outcome);
        await ShowsAsync(worker, (pull, fence, again));
    }

    [SkippableFact]
    public async Task Two_processes_never_publish_an_older_object_over_a_newer()
    {
        var worker = Worker;
        var (seen, last) = (new List<long>(), 0L);
        // Other tests may keep a reader from its turn so long that it sees few landings: then they race on.
        for (; seen.Count <= 10; last += 120)
        {
            Assert.True(last < 3_600, $"Only {seen.Count} landings of {last} were seen.");
            var race = Task.WhenAll(Enumerable.Range(1, 2).Select(i =>
                Child.RunAsync(null, Settings, "race", _folder["worker" + i], "blob", (last + i).ToString(CultureInfo.InvariantCulture), "60")));
            while (!race.IsCompleted)
                if (await worker.FindAsync() is { } published && (seen.Count == 0 || seen[^1] != published.Fence)) seen.Add(published.Fence);
            Assert.All(await race, c => Assert.True(c.Exit == 0, c.Output));
        }
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(last, (await worker.FindAsync())!.Fence);
    }

    [SkippableFact]
    public async Task Upload_of_a_large_file_takes_bounded_memory()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Peak memory is read from /proc.");
        var child = await Child.RunAsync(null, Settings, "noise", _folder.Path, "blob", "300");
        Assert.True(child.Exit == 0, child.Output);
        var figures = child.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(f => long.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        Assert.True(figures[1] > 200 << 20, $"The file has {figures[1] >> 20} MiB only.");
        Assert.True(figures[0] < 64 << 20, $"Peak memory rose by {figures[0] >> 20} MiB for a file of {figures[1] >> 20} MiB.");
    }

    private static async Task ShowsAsync(Worker worker, (string Pull, long Fence, int Rows)? expected)
    {
        var published = await worker.FindAsync();
        Assert.Equal((expected?.Pull, expected?.Fence), (published?.Pull, published?.Fence));
        using var opened = await worker.Target.OpenPublishedAsync(Keys.Key(), Keys.Day(), default);
        Assert.Equal(expected is null, opened is null);
        if (expected is not { } e) return;
        var found = new List<(string, long)>();
        foreach (var batch in opened!.Read())
            for (var row = 0; row < batch.RowCount; row++) found.Add((Encoding.UTF8.GetString(batch.Text(1)[row]), batch.Fixed<long>(4).Values[row]));
        found.Sort();
        Assert.Equal(Enumerable.Range(0, e.Rows).Select(r => (e.Pull, e.Fence * 10_000 + (r < e.Rows / 2 ? r : 5_000 + r - e.Rows / 2))).Order(), found);
    }
}
