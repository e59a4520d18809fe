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

    [Fact]
    public async Task Folder_under_the_name_of_an_object_is_a_clear_fault()
    {
        await PutAsync("set/a/b", "x"u8.ToArray());
        await using var staged = await StageAsync("set/a", "y"u8.ToArray());
        var fault = await Record.ExceptionAsync(() => staged.CommitAsync(null, None));
        Assert.Equal("disk", Create().Explain(fault!, "write", "set/a")!.Code);
    }
}
