using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Landing.Audit.Log;
using Etl.Landing.Exports.Files;
using Etl.Landing.Parquet;
using Etl.Landing.Stores;
using Etl.Landing.Stores.Local;
using Etl.Testing.Files;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Abuse;

/// <summary>Names that become parts of paths, and links that lie in the way.</summary>
public sealed class PathAbuseTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What it is, and the name.</summary>
    public static TheoryData<string, string> Names() => new()
    {
        { "parent", ".." },
        { "absolute", "/etc/passwd" },
        { "climbing", "a/../../b" },
        { "backslash", "a\\b" },
        { "NUL", "a\0b" },
        { "line break", "a\nb" },
        { "device", "CON" },
        { "device with an extension", "nul.txt" },
        { "numbered device", "com1" },
        { "trailing dot", "a." },
        { "trailing space", "a " },
        { "empty", "" },
        { "composed accent", "\u00e9" },
        { "decomposed accent", "e\u0301" },
        { "full-width slash", "\uff0f..\uff0f" },
        { "percent", "%2e%2e%2f" },
        { "256 characters", new string('a', 256) },
        { "drive", "c:" },
        { "temporary file", ".9-p-0badf00d.tmp" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void No_name_leaves_its_folder_or_means_something_else_elsewhere(string what, string name)
    {
        ParquetTarget Target(string dataset) =>
            new(new LocalObjectStore(_folder["parquet"], TimeProvider.System, FolderLock.DefaultWait), new ParquetLandSpec { Dataset = dataset }, severalAccounts: true, _ => { });
        var slots = new Dictionary<string, Action>
        {
            ["dataset"] = () => Target(name),
            ["account"] = () => Target("plays").Locate(Keys.Key(account: name), Keys.Day()),
            ["window label"] = () => Target("plays").Locate(Keys.Key() with { Label = name }, Keys.Day()),
            ["job of an export"] = () => _ = new ExportFolder(_folder.Path, name, "leads"),
            ["export"] = () => _ = new ExportFolder(_folder.Path, "nightly", name),
            ["pull"] = () => LocalTemp.NewPath(_folder.Path, new StagedBy(1, name)),
        };
        foreach (var (slot, act) in slots)
        {
            var fault = Record.Exception(act);
            Assert.True(fault is EtlException { Code: "path-name" }, $"{what} as {slot}: {fault?.ToString() ?? "was taken"}");
        }
        Assert.False(AuditPaths.IsGood(name), what);
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void Twins_by_case_are_one_name_to_an_audit_log() => Assert.Equal(AuditPaths.Fold("A/b"), AuditPaths.Fold("a/B"));

    [Fact]
    public async Task Nothing_is_written_or_removed_through_a_linked_folder_and_none_is_listed()
    {
        Directory.CreateDirectory(_folder["outside"]);
        await File.WriteAllTextAsync(_folder["outside/data.parquet"], "theirs");
        await File.WriteAllTextAsync(_folder["outside/.1-p-0badf00d.tmp"], "theirs");
        Directory.CreateDirectory(_folder["store/plays"]);
        Directory.CreateSymbolicLink(_folder["store/plays/date=2026-11-19"], _folder["outside"]);
        Directory.CreateSymbolicLink(_folder["store/plays/loop"], _folder["store/plays"]);
        var store = Store();
        const string Name = "plays/date=2026-11-19/data.parquet";
        foreach (var act in (Func<Task>[])
        [
            () => store.StageAsync(Name, new StagedBy(2, "p2"), new ObjectFacts("text/plain", new Dictionary<string, string>()), default),
            () => store.DeleteAsync(Name, default),
            () => store.SweepAsync(Name, 9, default),
        ])
        {
            var fault = await Assert.ThrowsAsync<EtlException>(act);
            Assert.Equal("linked-folder", fault.Code);
            Assert.Contains(_folder["store/plays/date=2026-11-19"], fault.Message, StringComparison.Ordinal);
        }
        Assert.Empty(await ListAsync(store));
        Assert.Equal([".1-p-0badf00d.tmp", "data.parquet"], Directory.EnumerateFiles(_folder["outside"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Equal("theirs", await File.ReadAllTextAsync(_folder["outside/data.parquet"]));
    }

    [Fact]
    public async Task Linked_file_is_replaced_and_what_it_leads_to_is_left_alone()
    {
        await File.WriteAllTextAsync(_folder["theirs"], "theirs");
        Directory.CreateDirectory(_folder["store/plays"]);
        File.CreateSymbolicLink(_folder["store/plays/data.parquet"], _folder["theirs"]);
        var store = Store();
        var before = await store.LookAsync("plays/data.parquet", default);
        await using var staged = await store.StageAsync("plays/data.parquet", new StagedBy(1, "p1"), new ObjectFacts("text/plain", new Dictionary<string, string>()), default);
        await staged.Content.WriteAsync("ours"u8.ToArray());
        await staged.SealAsync(default);
        Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(before?.Version, default));
        Assert.Equal(("ours", "theirs"), (await File.ReadAllTextAsync(_folder["store/plays/data.parquet"]), await File.ReadAllTextAsync(_folder["theirs"])));
        Assert.Null(new FileInfo(_folder["store/plays/data.parquet"]).LinkTarget);
    }

    [Fact]
    public async Task Store_itself_may_be_a_link()
    {
        Directory.CreateDirectory(_folder["disk"]);
        Directory.CreateSymbolicLink(_folder["store"], _folder["disk"]);
        var store = Store();
        await using var staged = await store.StageAsync("plays/data.parquet", new StagedBy(1, "p1"), new ObjectFacts("text/plain", new Dictionary<string, string>()), default);
        await staged.SealAsync(default);
        Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(null, default));
        Assert.Equal(["plays/data.parquet"], await ListAsync(store));
    }

    private LocalObjectStore Store() => new(_folder["store"], TimeProvider.System, FolderLock.DefaultWait);

    private static async Task<List<string>> ListAsync(IObjectStore store)
    {
        var names = new List<string>();
        await foreach (var entry in store.ListAsync("", default)) names.Add(entry.Name);
        return names;
    }
}
