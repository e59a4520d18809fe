using Etl.Testing.Files;

namespace Etl.Landing.Tests.Crash;

/// <summary>A kill loses nothing that was written, a loss of power does: what was synced, and when, is read off the system calls.</summary>
public sealed class DurabilityTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Every_rename_has_a_synced_file_before_it_and_a_synced_folder_after_it()
    {
        var calls = await SystemCalls.TraceAsync("land", _folder.Path, "parquet", "p1", "1", "500");
        var renames = calls.Where(c => c.Name == "rename").ToList();
        Assert.Equal(2, renames.Count);
        foreach (var rename in renames)
        {
            var folder = Path.GetDirectoryName(rename.Path)!;
            AssertSynced(calls, rename);
            // Folders that were made on the way have a durable name as well.
            for (var made = folder; made != _folder.Path; made = Path.GetDirectoryName(made)!)
                Assert.Contains(calls.TakeWhile(c => c != rename), c => c.Name == "fsync" && c.Path == Path.GetDirectoryName(made));
        }
    }

    [SkippableFact]
    public async Task Every_name_of_an_export_has_a_synced_file_before_it_and_a_synced_folder_after_it()
    {
        var receiver = _folder["receiver"];
        var calls = await SystemCalls.TraceAsync("export", _folder.Path, "1", "1", receiver);
        var names = calls.Where(c => c.Name is "rename" or "link" && !Path.GetFileName(c.To).StartsWith("ledger", StringComparison.Ordinal)).ToList();
        Assert.Contains(names, c => Path.GetDirectoryName(c.To) == receiver && c.To.EndsWith(".csv", StringComparison.Ordinal));
        Assert.Contains(names, c => Path.GetDirectoryName(c.To) == receiver && c.To.EndsWith(".csv.ok", StringComparison.Ordinal));
        Assert.All(names, name => AssertSynced(calls, name));
        // The file that says that an export is whole never has its name before the export has.
        foreach (var ok in names.Where(c => c.To.EndsWith(".ok", StringComparison.Ordinal)))
        {
            bool IsOfFolder(SystemCall c) => c.Name == "fsync" && c.Path == Path.GetDirectoryName(ok.To);
            var export = Assert.Single(calls.TakeWhile(c => c != ok), c => c.To == ok.To[..^3]);
            Assert.Contains(calls.SkipWhile(c => c != export).TakeWhile(c => c != ok), IsOfFolder);
            // Once before the temporary names go, and once after.
            Assert.True(calls.SkipWhile(c => c != ok).Count(IsOfFolder) >= 2, "The folder is not synced between the last name and the end of the temporary ones.");
        }
    }

    private static void AssertSynced(IReadOnlyList<SystemCall> calls, SystemCall name)
    {
        Assert.Contains(calls.TakeWhile(c => c != name), c => c.Name == "fsync" && c.Path == name.Path);
        Assert.Contains(calls.SkipWhile(c => c != name), c => c.Name == "fsync" && c.Path == Path.GetDirectoryName(name.To));
    }
}
