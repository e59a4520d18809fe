using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Landing.Staging;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Staging;

public sealed class ParquetStagingAreaTests : IDisposable
{
    private static readonly PullStamp s_stamp = Keys.Stamp("p1", fence: 3, rows: 9, hash: "h");
    private readonly TempFolder _folder = new();
    private readonly ParquetStagingArea _area;

    public ParquetStagingAreaTests() => _area = new ParquetStagingArea(_folder.Path);

    public void Dispose() => _folder.Dispose();

    private IStagingWriter Begin(TableSchema? schema = null, string pull = "p1") =>
        _area.Begin(Keys.Key(), Keys.Day(), pull, Keys.Noon, schema ?? AllTypes.Schema, withAccount: false);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Staged_pull_comes_back_with_its_stamp_schema_and_rows(bool withAccount)
    {
        using var pull = Staged.Pull(_folder.Path, Keys.Key(), s_stamp, AllTypes.Schema, [AllTypes.Batch()], withAccount);
        using var expected = new MemoryStagedPull(Keys.Key(), s_stamp, AllTypes.Schema, [AllTypes.Batch()], withAccount);
        Assert.Equal((s_stamp, Keys.Key()), (pull.Stamp, pull.Key));
        Assert.Equal(expected.Schema.Columns, pull.Schema.Columns);
        Assert.Equal(expected.Schema.Key, pull.Schema.Key);
        Assert.Equal(RowText.Lines(expected.Read()), RowText.Lines(pull.Read()));
        Assert.Equal(RowText.Lines(expected.Read()), RowText.Lines(pull.Read()));
        Assert.Equal(["staged/p1.parquet"], _folder.Files());
    }

    [Fact]
    public async Task Pull_that_another_process_removes_at_the_same_time_is_removed()
    {
        using var together = new Barrier(2);
        var other = new ParquetStagingArea(_folder.Path);
        var restates = Path.Combine(_folder.Path, "staged", "p1.restates");
        for (var round = 0; round < 300; round++)
        {
            Directory.CreateDirectory(restates);
            for (var n = 0; n < 4; n++) await File.WriteAllTextAsync(Path.Combine(restates, $"p{n}.parquet"), "");
            await File.WriteAllTextAsync(Path.Combine(_folder.Path, "staged", "p1.parquet"), "");
            await Task.WhenAll(((ParquetStagingArea[])[_area, other]).Select(area => Task.Run(() =>
            {
                together.SignalAndWait();
                area.Remove("p1");
            })));
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "staged")));
        }
    }

    [Fact]
    public void Many_batches_of_uneven_size_come_back_in_order()
    {
        var sizes = new[] { 1, 64, 0, 8191, 8193, 3, 20_000 };
        using (var writer = Begin(Plays.Schema))
        {
            foreach (var size in sizes) writer.Write(Plays.Batch(size, plays: size));
            writer.Complete(s_stamp with { Rows = sizes.Sum() });
        }
        using var pull = _area.Open("p1")!;
        var plays = new List<long>();
        foreach (var batch in pull.Read()) plays.AddRange(batch.Fixed<long>(4).Values);
        Assert.Equal(sizes.SelectMany(s => Enumerable.Range(0, s).Select(r => (long)s + r)), plays);
    }

    [Fact]
    public void Content_hash_of_staged_rows_is_that_of_the_report()
    {
        var hasher = new ContentHasher();
        hasher.Add(AllTypes.Batch());
        var staged = new ContentHasher();
        using var pull = Staged.Pull(_folder.Path, Keys.Key(), s_stamp, AllTypes.Schema, [AllTypes.Batch()]);
        foreach (var batch in pull.Read()) staged.Add(batch);
        Assert.Equal(hasher.Current(), staged.Current());
    }

    [Fact]
    public void Empty_pull_is_staged()
    {
        using (var writer = Begin()) writer.Complete(s_stamp with { Rows = 0 });
        using var pull = _area.Open("p1")!;
        Assert.Empty(pull.Read());
        Assert.Equal(0, pull.Stamp.Rows);
    }

    [Fact]
    public void Dispose_without_complete_leaves_nothing()
    {
        using (var writer = Begin())
        {
            writer.Write(AllTypes.Batch());
            Assert.Null(_area.Open("p1"));
            Assert.Equal(["p1"], _area.List());
        }
        Assert.Empty(_folder.Files());
        Assert.Empty(_area.List());
        Assert.Null(_area.Open("p1"));
    }

    [Fact]
    public void Begin_again_forgets_what_was_staged_before()
    {
        using (Staged.Pull(_folder.Path, Keys.Key(), s_stamp, AllTypes.Schema, [AllTypes.Batch()]))
        {
        }
        using (var writer = Begin(Plays.Schema)) Assert.Null(_area.Open("p1"));
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void Stamp_that_does_not_fit_the_rows_is_refused_and_leaves_nothing()
    {
        using (var writer = Begin())
        {
            writer.Write(AllTypes.Batch());
            Assert.Throws<ArgumentException>(() => writer.Complete(s_stamp with { Rows = 8 }));
            Assert.Throws<ArgumentException>(() => writer.Complete(s_stamp with { Pull = "p2" }));
        }
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void Batch_of_other_columns_is_refused()
    {
        using var writer = Begin();
        Assert.Throws<ArgumentException>(() => writer.Write(Plays.Batch(1)));
    }

    [Fact]
    public void Writer_after_complete_says_in_which_state_it_is()
    {
        using var writer = Begin();
        writer.Complete(s_stamp with { Rows = 0 });
        Assert.Contains("complete or discarded", Assert.Throws<InvalidOperationException>(() => writer.Write(AllTypes.Batch())).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => writer.Complete(s_stamp));
    }

    [Fact]
    public void Remove_forgets_finished_and_unfinished_pulls()
    {
        _area.Remove("never");
        using (Staged.Pull(_folder.Path, Keys.Key(), s_stamp, AllTypes.Schema, [AllTypes.Batch()]))
        {
        }
        File.WriteAllText(_folder["staged/.p2.tmp"], "half");
        Assert.Equal(["p1", "p2"], _area.List());
        _area.Remove("p1");
        _area.Remove("p2");
        _area.Remove("p2");
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void Damaged_staged_file_says_what_to_do()
    {
        using (Staged.Pull(_folder.Path, Keys.Key(), s_stamp, AllTypes.Schema, [AllTypes.Batch()]))
        {
        }
        var path = _folder["staged/p1.parquet"];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^20]);
        var fault = Assert.Throws<EtlException>(() => _area.Open("p1"));
        Assert.Equal("staged-damaged", fault.Code);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_that_cannot_be_written_is_named_with_what_to_do()
    {
        File.WriteAllText(_folder["staged"], "a file where a folder should be");
        var fault = Assert.Throws<EtlException>(() => Begin());
        Assert.Contains(_folder["staged/p1.parquet"], fault.Message, StringComparison.Ordinal);
        Assert.Contains("run again", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["staged"], _folder.Files());
    }

    [SkippableFact]
    public void Full_disk_is_named_and_leaves_no_temporary_file()
    {
        // A device that is always full stands in for the disk.
        Skip.IfNot(File.Exists("/dev/full"), "There is no /dev/full here.");
        Directory.CreateDirectory(_folder["staged"]);
        File.CreateSymbolicLink(_folder["staged/.p1.tmp"], "/dev/full");
        var fault = Assert.Throws<EtlException>(() =>
        {
            using var writer = Begin(Plays.Schema);
            writer.Write(Plays.Batch(100_000));
            writer.Complete(s_stamp with { Rows = 100_000 });
        });
        Assert.Equal("disk-full", fault.Code);
        Assert.Contains("free some space", fault.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Files());
    }

    [Theory]
    [InlineData("../p1")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData(".p1")]
    public void Pull_id_that_leaves_the_folder_is_refused(string pull)
    {
        Assert.Equal("path-name", Assert.Throws<EtlException>(() => Begin(pull: pull)).Code);
        Assert.Throws<EtlException>(() => _area.Open(pull));
    }

    [Fact]
    public void Difference_waits_beside_its_pull_and_goes_with_it()
    {
        using var pull = Staged.Pull(_folder.Path, Keys.Key(), s_stamp, AllTypes.Schema, [AllTypes.Batch()], withAccount: true);
        using (var writer = _area.BeginRestatement(pull, Keys.Day(), "p0", Plays.Schema))
        {
            writer.Write(Plays.Batch(3));
            Assert.Null(_area.OpenRestatement("p1", "p0"));
            writer.Complete(s_stamp with { Rows = 3 });
        }
        var difference = _area.OpenRestatement("p1", "p0")!;
        Assert.Equal(("p0", 3), (difference.PreviousPull, difference.Rows));
        Assert.Equal(["_window", "_pull", "_pulled_at", "_account", "object_id", "count_plays"], difference.Schema.Columns.Select(c => c.Name));
        Assert.StartsWith("_window=2026-11-19|_pull=p1|", RowText.Lines(difference.Read())[0], StringComparison.Ordinal);
        Assert.Null(_area.OpenRestatement("p1", "other"));
        Assert.Equal(["p1"], _area.List());
        _area.Remove("p1");
        Assert.Empty(_folder.Files());
        Assert.Null(_area.OpenRestatement("p1", "p0"));
    }

    [Fact]
    public void Difference_whose_pull_is_gone_is_swept_and_no_other()
    {
        _area.Sweep();
        foreach (var name in (string[])["p1", "p2"])
        {
            using var pull = Staged.Pull(_folder.Path, Keys.Key(), s_stamp with { Pull = name }, AllTypes.Schema, [AllTypes.Batch()]);
            using var writer = _area.BeginRestatement(pull, Keys.Day(), "p0", Plays.Schema);
            writer.Write(Plays.Batch(3));
            writer.Complete(s_stamp with { Pull = name, Rows = 3 });
        }
        // As a disk may be found after a loss of power: the removal of the file is there, that of the folder before it is not.
        File.Delete(Path.Combine(_folder.Path, "staged", "p1.parquet"));
        _area.Sweep();
        Assert.Equal(["staged/p2.parquet", "staged/p2.restates/p0.parquet"], _folder.Files());
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "staged", "p1.restates")));
    }

    [Fact]
    public void Difference_that_was_not_completed_leaves_nothing_to_open()
    {
        using var pull = Staged.Pull(_folder.Path, Keys.Key(), s_stamp, AllTypes.Schema, [AllTypes.Batch()]);
        using (var writer = _area.BeginRestatement(pull, Keys.Day(), "p0", Plays.Schema)) writer.Write(Plays.Batch(3));
        Assert.Null(_area.OpenRestatement("p1", "p0"));
        Assert.Equal(["staged/p1.parquet"], _folder.Files());
    }
}
