using Etl.Landing.Stores;
using Etl.Landing.Stores.Local;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Stores;

public sealed class LocalObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override bool KeepsMetadata => false;

    protected override bool ReaderKeepsItsVersion => true;

    public void Dispose() => _folder.Dispose();

    private protected override IObjectStore Create() => new LocalObjectStore(_folder["store"], TimeProvider.System, FolderLock.DefaultWait);

    protected override Task<IReadOnlyList<string>> EverythingAsync() => Task.FromResult<IReadOnlyList<string>>(
        Directory.Exists(_folder["store"]) ? [.. _folder.Files().Select(f => f["store/".Length..]).Where(f => Path.GetFileName(f) != ".lock")] : []);

    [Fact]
    public async Task File_that_was_touched_is_another_version()
    {
        var version = await PutAsync("set/a", "same"u8.ToArray());
        File.SetLastWriteTimeUtc(_folder["store/set/a"], DateTime.UnixEpoch);
        Assert.NotEqual(version, (await Create().LookAsync("set/a", None))!.Version);
    }

    [Fact]
    public async Task Bytes_of_the_same_length_at_the_same_time_are_another_version()
    {
        var version = await PutAsync("set/a", "1234"u8.ToArray());
        var time = File.GetLastWriteTimeUtc(_folder["store/set/a"]);
        await File.WriteAllTextAsync(_folder["store/set/a"], "1235");
        File.SetLastWriteTimeUtc(_folder["store/set/a"], time);
        Assert.NotEqual(version, (await Create().LookAsync("set/a", None))!.Version);
    }

    /// <summary>Windows of one month write one object of lineage, and each sweeps when it is through: what the others have staged is gone at any moment of their commits.</summary>
    [Fact]
    public async Task Sweep_at_any_moment_of_a_commit_is_a_lost_staging_and_no_fault()
    {
        var outcomes = new List<CommitOutcome>();
        for (var round = 0; round < 3_000; round++)
        {
            var version = (await Create().LookAsync("set/a", None))?.Version;
            await using var staged = await StageAsync("set/a", BitConverter.GetBytes(round), fence: 1);
            using var start = new Barrier(2);
            var sweep = Task.Run(async () =>
            {
                start.SignalAndWait();
                for (var wait = round % 300; wait > 0; wait--) Thread.SpinWait(1);
                await Create().SweepAsync("set/a", 1, None);
            });
            start.SignalAndWait();
            outcomes.Add(await staged.CommitAsync(version, None));
            await sweep;
            Assert.Equal(outcomes[^1] == CommitOutcome.Committed, await ReadAsync("set/a") is { } shown && BitConverter.ToInt32(shown) == round);
            Assert.DoesNotContain(await EverythingAsync(), f => f != "set/a");
        }
        Assert.All(outcomes, o => Assert.True(o is CommitOutcome.Committed or CommitOutcome.StagingLost));
        Assert.Equal(2, outcomes.Distinct().Count());
    }

    [Fact]
    public async Task Folder_under_the_name_of_an_object_is_a_clear_fault()
    {
        await PutAsync("set/a/b", "x"u8.ToArray());
        await using var staged = await StageAsync("set/a", "y"u8.ToArray());
        var fault = await Record.ExceptionAsync(() => staged.CommitAsync(null, None));
        Assert.Equal("disk", Create().Explain(fault!, "write", "set/a")!.Code);
    }
}
