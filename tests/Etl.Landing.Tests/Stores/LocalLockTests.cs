using Etl.Core.Errors;
using Etl.Landing.Stores;
using Etl.Landing.Stores.Local;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Stores;

/// <summary>Comparing versions and renaming are one step only under the folder's lock. A race would show that now and then; a lock that somebody has shows it always.</summary>
public sealed class LocalLockTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_is_committed_or_deleted_while_somebody_has_the_folder()
    {
        var store = new LocalObjectStore(_folder.Path, TimeProvider.System, TimeSpan.Zero);
        await using var old = await store.StageAsync("set/a", new StagedBy(1, "old"), new ObjectFacts("text/plain", new Dictionary<string, string>()), default);
        await old.SealAsync(default);
        Assert.Equal(CommitOutcome.Committed, await old.CommitAsync(null, default));
        var version = (await store.LookAsync("set/a", default))!.Version;
        await using var staged = await store.StageAsync("set/a", new StagedBy(2, "new"), new ObjectFacts("text/plain", new Dictionary<string, string>()), default);
        await staged.Content.WriteAsync("new"u8.ToArray());
        await staged.SealAsync(default);

        using (FolderLock.TryTake(_folder["set"]))
        {
            Assert.Equal("locked", (await Assert.ThrowsAsync<EtlException>(() => staged.CommitAsync(version, default))).Code);
            Assert.Equal("locked", (await Assert.ThrowsAsync<EtlException>(() => store.DeleteAsync("set/a", default))).Code);
            Assert.Equal(version, (await store.LookAsync("set/a", default))!.Version);
        }
        Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(version, default));
        Assert.NotEqual(version, (await store.LookAsync("set/a", default))!.Version);
    }
}
