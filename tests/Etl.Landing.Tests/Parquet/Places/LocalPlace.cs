using Etl.Landing.Stores;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Tests.Parquet.Places;

/// <summary>The folder <c>parquet</c> of a data folder.</summary>
internal sealed class LocalPlace : ParquetPlace
{
    public override string Kind => "parquet";

    public override IObjectStore Store => new LocalObjectStore(Root, TimeProvider.System, FolderLock.DefaultWait);

    private string Root => Path.Combine(Data, "parquet");

    public override async Task<byte[]?> ReadAsync(string name) => File.Exists(PathOf(name)) ? await File.ReadAllBytesAsync(PathOf(name)) : null;

    public override Task WriteAsync(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        return File.WriteAllBytesAsync(PathOf(name), bytes);
    }

    public override Task<IReadOnlyList<string>> NamesAsync() => Task.FromResult<IReadOnlyList<string>>(
        !Directory.Exists(Root) ? [] :
        [
            .. Directory.EnumerateFiles(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
                .Select(f => Path.GetRelativePath(Root, f)).Where(f => Path.GetFileName(f) != ".lock").Order(StringComparer.Ordinal),
        ]);

    private string PathOf(string name) => Path.Combine(Root, name);
}
