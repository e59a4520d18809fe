using System.Security.Cryptography;
using System.Text;
using Etl.Core.Errors;
using Etl.Landing.Stores;

namespace Etl.Landing.Tests.Stores;

/// <summary>What every object store must do. An implementation inherits this and says how it is made.</summary>
public abstract class ObjectStoreContract
{
    protected static readonly CancellationToken None = CancellationToken.None;

    private protected static readonly ObjectFacts Facts = new("application/octet-stream", new Dictionary<string, string>());

    private int _pulls;

    /// <summary>Another object over the same place on each call, as another process would make it.</summary>
    private protected abstract IObjectStore Create();

    /// <summary>True when the store has a place for metadata.</summary>
    protected abstract bool KeepsMetadata { get; }

    /// <summary>True when who has a version open keeps it after it is replaced.</summary>
    protected abstract bool ReaderKeepsItsVersion { get; }

    /// <summary>Names of everything that any tool would find, committed or not, except locks.</summary>
    protected abstract Task<IReadOnlyList<string>> EverythingAsync();

    private protected async Task<IStagedObject> StageAsync(string name, byte[] bytes, long fence = 1, ObjectFacts? facts = null, string? pull = null)
    {
        var staged = await Create().StageAsync(name, new StagedBy(fence, pull ?? $"p{Interlocked.Increment(ref _pulls):0000}"), facts ?? Facts, None);
        await Task.Run(() => staged.Content.Write(bytes));
        await staged.SealAsync(None);
        return staged;
    }

    private protected async Task<string> PutAsync(string name, byte[] bytes, ObjectFacts? facts = null)
    {
        var before = await Create().LookAsync(name, None);
        await using var staged = await StageAsync(name, bytes, facts: facts);
        Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(before?.Version, None));
        return (await Create().LookAsync(name, None))!.Version;
    }

    private protected async Task<byte[]?> ReadAsync(string name)
    {
        using var opened = await Create().OpenAsync(name, None);
        if (opened is null) return null;
        using var copy = new MemoryStream();
        await Task.Run(() => opened.Content.CopyTo(copy));
        Assert.Equal(opened.Info.Bytes, copy.Length);
        return copy.ToArray();
    }

    private protected async Task<IReadOnlyList<string>> NamesAsync(string prefix)
    {
        var names = new List<string>();
        await foreach (var entry in Create().ListAsync(prefix, None)) names.Add(entry.Name);
        return names;
    }

    protected static byte[] Noise(int length, int seed = 20_261_119)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Fact]
    public async Task Nothing_is_found_where_nothing_is()
    {
        var store = Create();
        Assert.Null(await store.LookAsync("set/a", None));
        Assert.Null(await store.OpenAsync("set/a", None));
        Assert.Empty(await NamesAsync(""));
        Assert.Empty(await NamesAsync("set/"));
        Assert.False(await store.DeleteAsync("set/a", None));
        await store.SweepAsync("set/a", long.MaxValue, None);
    }

    [Fact]
    public async Task Staged_bytes_are_unseen_until_they_are_committed()
    {
        await using var staged = await StageAsync("set/a", "new"u8.ToArray());
        Assert.Null(await Create().LookAsync("set/a", None));
        Assert.Null(await ReadAsync("set/a"));
        Assert.Empty(await NamesAsync("set/"));
        Assert.False(await Create().DeleteAsync("set/a", None));
        Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(null, None));
        Assert.Equal("new"u8.ToArray(), await ReadAsync("set/a"));
        Assert.Equal(["set/a"], await NamesAsync("set/"));
        Assert.Equal(["set/a"], await EverythingAsync());
    }

    [Fact]
    public async Task Staged_bytes_are_unseen_beside_an_old_version()
    {
        var version = await PutAsync("set/a", "old"u8.ToArray());
        await using var staged = await StageAsync("set/a", "newer"u8.ToArray());
        Assert.Equal((version, 3L), ((await Create().LookAsync("set/a", None))!.Version, (await Create().LookAsync("set/a", None))!.Bytes));
        Assert.Equal("old"u8.ToArray(), await ReadAsync("set/a"));
        Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(version, None));
        Assert.Equal("newer"u8.ToArray(), await ReadAsync("set/a"));
    }

    [Fact]
    public async Task Dispose_without_a_commit_leaves_nothing_to_see()
    {
        await using (await StageAsync("set/a", "never"u8.ToArray()))
        {
        }
        var half = await Create().StageAsync("set/b", new StagedBy(1, "half"), Facts, None);
        await half.Content.WriteAsync("half"u8.ToArray());
        await half.DisposeAsync();
        Assert.Null(await Create().LookAsync("set/a", None));
        Assert.Empty(await NamesAsync(""));
        Assert.Empty(await EverythingAsync());
    }

    [Fact]
    public async Task Commit_on_nothing_conflicts_with_what_is_there()
    {
        await using var first = await StageAsync("set/a", "first"u8.ToArray());
        await using var second = await StageAsync("set/a", "second"u8.ToArray());
        Assert.Equal(CommitOutcome.Committed, await first.CommitAsync(null, None));
        Assert.Equal(CommitOutcome.Conflict, await second.CommitAsync(null, None));
        Assert.Equal("first"u8.ToArray(), await ReadAsync("set/a"));
    }

    [Fact]
    public async Task Commit_on_a_version_conflicts_with_any_other()
    {
        var one = await PutAsync("set/a", "1"u8.ToArray());
        await using var late = await StageAsync("set/a", "late"u8.ToArray());
        var two = await PutAsync("set/a", "2"u8.ToArray());
        Assert.NotEqual(one, two);
        Assert.Equal(CommitOutcome.Conflict, await late.CommitAsync(one, None));
        Assert.Equal("2"u8.ToArray(), await ReadAsync("set/a"));
    }

    [Fact]
    public async Task Commit_on_a_version_conflicts_with_nothing()
    {
        var version = await PutAsync("set/a", "1"u8.ToArray());
        await using var late = await StageAsync("set/a", "late"u8.ToArray());
        Assert.True(await Create().DeleteAsync("set/a", None));
        Assert.Equal(CommitOutcome.Conflict, await late.CommitAsync(version, None));
        Assert.Null(await Create().LookAsync("set/a", None));
    }

    [Fact]
    public async Task Every_commit_makes_another_version()
    {
        var one = await PutAsync("set/a", "same"u8.ToArray());
        Assert.Equal(one, (await Create().LookAsync("set/a", None))!.Version);
        var two = await PutAsync("set/a", "same, but longer"u8.ToArray());
        Assert.NotEqual(one, two);
    }

    [Fact]
    public async Task Of_committers_at_once_exactly_one_succeeds()
    {
        for (var round = 0; round < 10; round++)
        {
            var before = (await Create().LookAsync("set/a", None))?.Version;
            var staged = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => StageAsync("set/a", Encoding.ASCII.GetBytes($"round {round} worker {i}"))));
            var outcomes = await Task.WhenAll(staged.Select(s => Task.Run(() => s.CommitAsync(before, None))));
            var winner = Assert.Single(Enumerable.Range(0, 4), i => outcomes[i] == CommitOutcome.Committed);
            Assert.Equal($"round {round} worker {winner}", Encoding.ASCII.GetString((await ReadAsync("set/a"))!));
            foreach (var one in staged) await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task Loser_can_look_again_and_land_after_all()
    {
        await using var loser = await StageAsync("set/a", "loser"u8.ToArray());
        var version = await PutAsync("set/a", "winner"u8.ToArray());
        Assert.Equal(CommitOutcome.Conflict, await loser.CommitAsync(null, None));
        var outcome = await loser.CommitAsync(version, None);
        if (outcome == CommitOutcome.StagingLost)
        {
            await using var again = await StageAsync("set/a", "loser"u8.ToArray());
            outcome = await again.CommitAsync(version, None);
        }
        Assert.Equal(CommitOutcome.Committed, outcome);
        Assert.Equal("loser"u8.ToArray(), await ReadAsync("set/a"));
    }

    [Fact]
    public async Task List_is_by_prefix_and_in_order_of_names()
    {
        string[] names = ["a/b.txt", "a/b/c", "a/b0", "a-1", "ab", "a/B", "b/a", "a/b/c d"];
        foreach (var name in names) await PutAsync(name, Encoding.UTF8.GetBytes(name));
        Assert.Equal(names.Order(StringComparer.Ordinal), await NamesAsync(""));
        foreach (var prefix in (string[])["a", "a/", "a/b", "a/b/", "a/b/c", "b", "c", "a/b/c d/e"])
            Assert.Equal(names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal), await NamesAsync(prefix));
        await foreach (var entry in Create().ListAsync("", None)) Assert.Equal(entry.Name.Length, entry.Bytes);
    }

    [Theory]
    [InlineData("set/über/naïve/日本語/data")]
    [InlineData("set/with space/and+plus/100%/a=b&c")]
    [InlineData("set/q?uery#frag;x,y'(z)!$@~")]
    [InlineData("set/%2F%41/[x]")]
    [InlineData("single")]
    [InlineData("deep/1/2/3/4/5/6/7/8/9/10/11/12/data.parquet")]
    [InlineData("set/emoji 🐟")]
    public async Task Odd_but_legal_name_is_kept_as_it_is(string name)
    {
        await PutAsync(name, Encoding.UTF8.GetBytes(name));
        Assert.Equal(Encoding.UTF8.GetBytes(name), await ReadAsync(name));
        Assert.Equal([name], await NamesAsync(name));
        Assert.Equal([name], await NamesAsync(""));
        Assert.True(await Create().DeleteAsync(name, None));
        Assert.Null(await Create().LookAsync(name, None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("a/.hidden")]
    [InlineData("a/b.")]
    [InlineData("a\\b")]
    [InlineData("a/nul\0")]
    [InlineData("a/line\nbreak")]
    public async Task Name_that_some_place_could_not_hold_is_refused(string name)
    {
        var store = Create();
        Assert.Equal("path-name", (await Assert.ThrowsAsync<EtlException>(() => store.StageAsync(name, new StagedBy(1, "p"), Facts, None))).Code);
        Assert.Equal("path-name", (await Assert.ThrowsAsync<EtlException>(() => store.OpenAsync(name, None))).Code);
        Assert.Equal("path-name", (await Assert.ThrowsAsync<EtlException>(() => store.DeleteAsync(name, None))).Code);
    }

    [Fact]
    public async Task Empty_object_is_an_object()
    {
        await PutAsync("set/empty", []);
        Assert.Empty((await ReadAsync("set/empty"))!);
        Assert.Equal(["set/empty"], await NamesAsync("set/"));
        Assert.Equal(0, (await Create().LookAsync("set/empty", None))!.Bytes);
    }

    [Fact]
    public async Task Large_object_comes_back_whole_and_by_ranges()
    {
        var bytes = Noise(21_000_011);
        await using (var staged = await Create().StageAsync("set/large", new StagedBy(1, "large"), Facts, None))
        {
            // In pieces of awkward sizes.
            await Task.Run(() =>
            {
                for (int at = 0, step = 1; at < bytes.Length; at += step)
                {
                    step = Math.Min(step * 3 + 1, bytes.Length - at);
                    staged.Content.Write(bytes, at, step);
                }
            });
            await staged.SealAsync(None);
            Assert.Equal(bytes.Length, staged.Bytes);
            Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(null, None));
        }
        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData((await ReadAsync("set/large"))!));

        using var opened = (await Create().OpenAsync("set/large", None))!;
        var random = new Random(7);
        for (var round = 0; round < 50; round++)
        {
            var at = random.Next(bytes.Length);
            var range = new byte[Math.Min(bytes.Length - at, random.Next(1, 100_000))];
            await Task.Run(() =>
            {
                opened.Content.Position = at;
                opened.Content.ReadExactly(range);
            });
            Assert.True(range.AsSpan().SequenceEqual(bytes.AsSpan(at, range.Length)), $"Bytes from {at} on differ.");
        }
        opened.Content.Position = bytes.Length;
        Assert.Equal(0, await Task.Run(() => opened.Content.Read(new byte[10], 0, 10)));
    }

    [Fact]
    public async Task Overwrite_by_a_shorter_object_leaves_nothing_of_the_longer()
    {
        await PutAsync("set/a", Noise(9_000_000));
        await PutAsync("set/a", "short"u8.ToArray());
        Assert.Equal("short"u8.ToArray(), await ReadAsync("set/a"));
    }

    [Fact]
    public async Task Reader_that_meets_a_replacement_never_gets_a_mix()
    {
        var old = Noise(12_000_000, 1);
        var version = await PutAsync("set/a", old);
        using var opened = (await Create().OpenAsync("set/a", None))!;
        Assert.Equal(version, opened.Info.Version);
        var start = new byte[1000];
        await Task.Run(() => opened.Content.ReadExactly(start));
        await PutAsync("set/a", Noise(12_000_000, 2));
        var rest = new MemoryStream();
        var fault = await Record.ExceptionAsync(() => Task.Run(() => opened.Content.CopyTo(rest)));
        Assert.Equal(old[..1000], start);
        if (ReaderKeepsItsVersion)
        {
            Assert.Null(fault);
            Assert.True(rest.ToArray().AsSpan().SequenceEqual(old.AsSpan(1000)));
        }
        else
        {
            var explained = Create().Explain(fault!, "read it", "set/a");
            Assert.Equal(("replaced", true), (explained!.Code, explained.IsTransient));
            Assert.True(rest.ToArray().AsSpan().SequenceEqual(old.AsSpan(1000, (int)rest.Length)));
        }
    }

    [Fact]
    public async Task Metadata_comes_back_where_the_store_has_a_place_for_it()
    {
        var metadata = new Dictionary<string, string> { ["etl_job"] = "nächtlich 100% = \"ja\"; a,b", ["etl_fence"] = "7", ["etl_empty"] = "", ["etl_space"] = " x " };
        await PutAsync("set/a", "x"u8.ToArray(), new ObjectFacts("text/plain", metadata));
        var found = (await Create().LookAsync("set/a", None))!.Metadata;
        Assert.Equal(KeepsMetadata ? metadata.OrderBy(m => m.Key) : [], found.OrderBy(m => m.Key));
        using var opened = await Create().OpenAsync("set/a", None);
        Assert.Equal(found.OrderBy(m => m.Key), opened!.Info.Metadata.OrderBy(m => m.Key));
    }

    [Fact]
    public async Task Sweep_takes_older_stagings_and_spares_newer_ones_and_what_is_shown()
    {
        var version = await PutAsync("set/a", "shown"u8.ToArray());
        await using var dead = await StageAsync("set/a", "dead"u8.ToArray(), fence: 4);
        await using var alive = await StageAsync("set/a", "alive"u8.ToArray(), fence: 6);
        await Create().SweepAsync("set/a", 5, None);
        Assert.Equal("shown"u8.ToArray(), await ReadAsync("set/a"));
        Assert.Equal(CommitOutcome.Committed, await alive.CommitAsync(version, None));
        var now = (await Create().LookAsync("set/a", None))!.Version;
        Assert.Equal(CommitOutcome.StagingLost, await dead.CommitAsync(now, None));
        Assert.Equal("alive"u8.ToArray(), await ReadAsync("set/a"));
        Assert.Equal(["set/a"], await EverythingAsync());
    }

    [Fact]
    public async Task Commit_before_the_seal_is_a_misuse()
    {
        await using var staged = await Create().StageAsync("set/a", new StagedBy(1, "p"), Facts, None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => staged.CommitAsync(null, None));
    }

    [Fact]
    public async Task Cancelled_commit_changes_nothing()
    {
        await using var staged = await StageAsync("set/a", "x"u8.ToArray());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => staged.CommitAsync(null, new CancellationToken(canceled: true)));
        Assert.Null(await Create().LookAsync("set/a", None));
        Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(null, None));
    }
}
