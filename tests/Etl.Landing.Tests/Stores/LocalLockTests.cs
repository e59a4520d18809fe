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

    [SkippableFact]
    public async Task Lock_is_held_on_a_disk_that_takes_no_bytes_and_its_holder_does_not_wait_for_itself()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Needs /dev/full.");
        File.CreateSymbolicLink(_folder[".lock"], "/dev/full");
        using (FolderLock.TryTake(_folder.Path) ?? throw new InvalidOperationException("It was not taken, though nobody has it."))
            Assert.Null(FolderLock.TryTake(_folder.Path));
        (await FolderLock.TakeAsync(_folder.Path, TimeSpan.Zero, TimeProvider.System, default)).Dispose();
    }

    [Fact]
    public async Task Lock_that_cannot_be_made_is_told_at_once_and_is_not_waited_for()
    {
        var gone = _folder["gone"];
        Assert.Equal("disk", (await Assert.ThrowsAsync<EtlException>(() => FolderLock.TakeAsync(gone, TimeSpan.FromMinutes(1), TimeProvider.System, default))).Code);
        File.CreateSymbolicLink(_folder[".lock"], _folder["gone/nowhere"]);
        Assert.Equal("disk", (await Assert.ThrowsAsync<EtlException>(() => FolderLock.TakeAsync(_folder.Path, TimeSpan.FromMinutes(1), TimeProvider.System, default))).Code);
    }
}
