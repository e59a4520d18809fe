using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores;
using Etl.Landing.Stores.Local;
using Etl.Parquet;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Parquet;

public sealed class ParquetRestatementTests : IDisposable
{
    private static readonly ParquetLandSpec s_land = new() { Dataset = "content" };
    private readonly TempFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    private string FileOf(string folder = "date=2026-11-19") => _folder[$"content_restatements/{folder}/data.parquet"];

    private IReadOnlyList<string> Restated() => Lines.Of(FileOf(), "previous_pull", "_pull", "object_id", "new_value");

    private LocalObjectStore Store => new(_folder.Path, TimeProvider.System, FolderLock.DefaultWait);

    private ParquetTarget Target(IObjectStore? store = null) => new(store ?? Store, s_land, severalAccounts: false, _warnings.Add);

    private async Task<LandingReceipt> LandAsync(string pull, long fence, string? previous = null, IObjectStore? store = null, string? content = null)
    {
        using var staged = Pull(pull, fence, content);
        return await Target(store).LandAsync(Order(staged, previous), staged, default);
    }

    private static MemoryStagedPull Pull(string pull, long fence, string? content = null) =>
        new(Keys.Key(), Keys.Stamp(pull, fence, 3, content ?? "content of " + pull), Plays.Schema, [Plays.Batch(3, fence * 100)]);

    private static LandingOrder Order(IStagedPull staged, string? previous) =>
        new(staged.Key, Keys.Day(), staged.Stamp) { Restatement = previous is null ? null : new Difference(staged, previous, Differences.Batch(previous, ("1_0000", "count_plays", "1", staged.Stamp.Pull))) };

    private async Task<string?> PublishedAsync() => (await Target().FindAsync(Keys.Key(), Keys.Day(), default))?.Pull;

    [Fact]
    public async Task Differences_of_a_window_stand_in_one_file_in_the_order_of_the_landings()
    {
        await LandAsync("a", 1);
        Assert.False(File.Exists(FileOf()));
        await LandAsync("b", 2, "a");
        await LandAsync("c", 3, "b");
        await LandAsync("same", 4, content: "content of c");
        await LandAsync("d", 5, "same");
        Assert.Equal(["a|b|1_0000|b", "b|c|1_0000|c", "same|d|1_0000|d"], Restated());
        Assert.Equal("d", await PublishedAsync());
        Assert.Empty(_warnings);
        Assert.DoesNotContain(_folder.Files(), f => f.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("b")]
    public async Task Difference_from_another_base_is_refused_and_nothing_changes(string? published)
    {
        if (published is not null)
        {
            await LandAsync("a", 1);
            await LandAsync(published, 2, "a");
        }
        var before = Restated();
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync("c", 3, "a"));
        Assert.Equal(("restatement-base", true), (fault.Code, fault.IsTransient));
        Assert.Equal(published, await PublishedAsync());
        Assert.Equal(before, Restated());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Difference_of_a_landing_that_never_published_is_dropped_by_the_next(bool restates)
    {
        await LandAsync("a", 1);
        await LandAsync("b", 2, "a");
        await Assert.ThrowsAsync<IOException>(() => LandAsync("dead", 3, "b", new InterruptedStore(Store, "content/", () => throw new IOException("no answer"))));
        Assert.Equal(["a|b|1_0000|b", "b|dead|1_0000|dead"], Restated());
        await LandAsync("c", 4, restates ? "b" : null);
        Assert.Equal(restates ? ["a|b|1_0000|b", "b|c|1_0000|c"] : ["a|b|1_0000|b"], Restated());
    }

    [Fact]
    public async Task Landing_that_is_overtaken_before_it_publishes_takes_its_difference_back()
    {
        await LandAsync("a", 1);
        var raced = new InterruptedStore(Store, "content/", () => LandAsync("newer", 3, content: "content of a"));
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("stale", 2, "a", raced)).Outcome);
        Assert.Equal("newer", await PublishedAsync());
        Assert.Empty(Restated());
    }

    [Fact]
    public async Task Stale_worker_cannot_overwrite_the_difference_of_a_newer_one()
    {
        await LandAsync("a", 1);
        await Assert.ThrowsAsync<IOException>(() => LandAsync("newer", 3, "a", new InterruptedStore(Store, "content/", () => throw new IOException("still at it"))));
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("stale", 2, "a")).Outcome);
        Assert.Equal(["a|newer|1_0000|newer"], Restated());
        Assert.Equal("a", await PublishedAsync());
    }

    [Fact]
    public async Task File_that_somebody_changes_meanwhile_is_read_again()
    {
        await LandAsync("a", 1);
        await LandAsync("b", 2, "a");
        var once = 0;
        var raced = new InterruptedStore(Store, "content_restatements/", async () =>
        {
            if (once++ == 0) await LandAsync("newer", 4, "b");
        });
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("stale", 3, "b", raced)).Outcome);
        Assert.Equal(["a|b|1_0000|b", "b|newer|1_0000|newer"], Restated());
    }

    [Fact]
    public async Task Key_with_another_type_widens_the_column_and_old_differences_stay()
    {
        await LandAsync("a", 1);
        using var first = Pull("b", 2);
        await Target().LandAsync(Order(first, "a") with { Restatement = new Difference(first, "a", Keyed(ColumnType.Int32, "n")) }, first, default);
        using var second = Pull("c", 3);
        await Target().LandAsync(Order(second, "b") with { Restatement = new Difference(second, "b", Keyed(ColumnType.Int64, "n")) }, second, default);
        using var third = Pull("d", 4);
        await Target().LandAsync(Order(third, "c") with { Restatement = new Difference(third, "c", Keyed(ColumnType.Text, "m")) }, third, default);
        Assert.Equal(["a|b|<null>|7", "b|c|<null>|7", "c|d|text|<null>"], Lines.Of(FileOf(), "previous_pull", "_pull", "m", "n"));

        RowBatch Keyed(ColumnType type, string name)
        {
            var batch = new RowBatch(new TableSchema([new Column("previous_pull", ColumnType.Text), new Column(name, type)]));
            batch.Text(0).Append(System.Text.Encoding.UTF8.GetBytes(type == ColumnType.Int32 ? "a" : type == ColumnType.Int64 ? "b" : "c"));
            if (batch[1] is FixedBuffer<int> ints) ints.Append(7);
            else if (batch[1] is FixedBuffer<long> longs) longs.Append(7);
            else batch.Text(1).Append("text"u8);
            return batch;
        }
    }

    [Theory]
    [InlineData(9)]
    [InlineData(200)]
    public async Task Damaged_file_is_begun_anew_with_a_warning(int fromEnd)
    {
        await LandAsync("a", 1);
        await LandAsync("b", 2, "a");
        var bytes = await File.ReadAllBytesAsync(FileOf());
        if (fromEnd == 9) bytes = bytes[..^fromEnd];
        else bytes.AsSpan(4, 40).Fill(0xFF);
        await File.WriteAllBytesAsync(FileOf(), bytes);
        await LandAsync("c", 3, "b");
        Assert.Equal(["b|c|1_0000|c"], Restated());
        Assert.Contains(FileOf(), Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_of_somebody_else_stops_the_landing()
    {
        await LandAsync("a", 1);
        Directory.CreateDirectory(Path.GetDirectoryName(FileOf())!);
        using (var file = File.Create(FileOf()))
        using (var writer = new ParquetWriter(file, new ParquetSchema([new ParquetColumn("x", ParquetType.Bool)]))) writer.Complete();
        Assert.Equal("foreign-file", (await Assert.ThrowsAsync<EtlException>(() => LandAsync("b", 2, "a"))).Code);
        Assert.Equal("a", await PublishedAsync());
    }

    [Fact]
    public async Task Live_minutes_have_no_file_of_differences()
    {
        var window = new WindowCalendar("UTC", WindowUnit.Minute).Parse("2026-11-19T14-05m");
        var key = Keys.Key(window.Label);
        foreach (var (pull, fence) in new[] { ("a", 1), ("b", 2) })
        {
            using var staged = new MemoryStagedPull(key, Keys.Stamp(pull, fence, 3, pull), Plays.Schema, [Plays.Batch(3)]);
            await Target().LandAsync(new LandingOrder(key, window, staged.Stamp), staged, default);
        }
        Assert.False(Directory.Exists(_folder["content_restatements"]));
    }

    /// <summary>A difference in memory, with the system columns that staging adds.</summary>
    private sealed class Difference(IStagedPull pull, string previous, RowBatch rows) : IRestatement
    {
        public string PreviousPull => previous;

        public TableSchema Schema { get; } = SystemColumns.Extend(rows.Schema);

        public long Rows => rows.RowCount;

        public IEnumerable<RowBatch> Read()
        {
            using var whole = new MemoryStagedPull(pull.Key, pull.Stamp, rows.Schema, [rows]);
            return whole.Read();
        }
    }
}
