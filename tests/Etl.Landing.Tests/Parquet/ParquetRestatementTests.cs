using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores;
using Etl.Landing.Tests.Parquet.Places;
using Etl.Parquet;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Parquet;

/// <summary>What a landing restated, in the object beside its rows.</summary>
public abstract class ParquetRestatementTests : IAsyncLifetime
{
    private const string Name = "content_restatements/date=2026-11-19/data.parquet";

    private static readonly ParquetLandSpec s_land = new() { Dataset = "content" };
    private readonly List<string> _warnings = [];
    private ParquetPlace? _place;

    private ParquetPlace Place => _place!;

    public async Task InitializeAsync() => _place = await OpenAsync();

    public async Task DisposeAsync()
    {
        if (_place is not null) await _place.DisposeAsync();
    }

    private protected abstract Task<ParquetPlace> OpenAsync();

    private Task<IReadOnlyList<string>> RestatedAsync() => Place.LinesAsync(Name, "previous_pull", "_pull", "object_id", "new_value");

    private ParquetTarget Target(IObjectStore? store = null) => new(store ?? Place.Store, s_land, severalAccounts: false, _warnings.Add);

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

    [SkippableFact]
    public async Task Differences_of_a_window_stand_in_one_file_in_the_order_of_the_landings()
    {
        await LandAsync("a", 1);
        Assert.Null(await Place.ReadAsync(Name));
        await LandAsync("b", 2, "a");
        await LandAsync("c", 3, "b");
        await LandAsync("same", 4, content: "content of c");
        await LandAsync("d", 5, "same");
        Assert.Equal(["a|b|1_0000|b", "b|c|1_0000|c", "same|d|1_0000|d"], await RestatedAsync());
        Assert.Equal("d", await PublishedAsync());
        Assert.Empty(_warnings);
        await Place.IsCleanAsync();
    }

    [SkippableTheory]
    [InlineData(null)]
    [InlineData("b")]
    public async Task Difference_from_another_base_is_refused_and_nothing_changes(string? published)
    {
        if (published is not null)
        {
            await LandAsync("a", 1);
            await LandAsync(published, 2, "a");
        }
        var before = await RestatedAsync();
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync("c", 3, "a"));
        Assert.Equal(("restatement-base", true), (fault.Code, fault.IsTransient));
        Assert.Equal(published, await PublishedAsync());
        Assert.Equal(before, await RestatedAsync());
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Difference_of_a_landing_that_never_published_is_dropped_by_the_next(bool restates)
    {
        await LandAsync("a", 1);
        await LandAsync("b", 2, "a");
        await Assert.ThrowsAsync<IOException>(() => LandAsync("dead", 3, "b", new InterruptedStore(Place.Store, "content/", () => throw new IOException("no answer"))));
        Assert.Equal(["a|b|1_0000|b", "b|dead|1_0000|dead"], await RestatedAsync());
        await LandAsync("c", 4, restates ? "b" : null);
        Assert.Equal(restates ? ["a|b|1_0000|b", "b|c|1_0000|c"] : ["a|b|1_0000|b"], await RestatedAsync());
    }

    [SkippableFact]
    public async Task Landing_that_is_overtaken_before_it_publishes_takes_its_difference_back()
    {
        await LandAsync("a", 1);
        var raced = new InterruptedStore(Place.Store, "content/", () => LandAsync("newer", 3, content: "content of a"));
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("stale", 2, "a", raced)).Outcome);
        Assert.Equal("newer", await PublishedAsync());
        Assert.Empty(await RestatedAsync());
    }

    [SkippableFact]
    public async Task Stale_worker_cannot_overwrite_the_difference_of_a_newer_one()
    {
        await LandAsync("a", 1);
        await Assert.ThrowsAsync<IOException>(() => LandAsync("newer", 3, "a", new InterruptedStore(Place.Store, "content/", () => throw new IOException("still at it"))));
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("stale", 2, "a")).Outcome);
        Assert.Equal(["a|newer|1_0000|newer"], await RestatedAsync());
        Assert.Equal("a", await PublishedAsync());
    }

    [SkippableFact]
    public async Task File_that_somebody_changes_meanwhile_is_read_again()
    {
        await LandAsync("a", 1);
        await LandAsync("b", 2, "a");
        var once = 0;
        var raced = new InterruptedStore(Place.Store, "content_restatements/", async () =>
        {
            if (once++ == 0) await LandAsync("newer", 4, "b");
        });
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("stale", 3, "b", raced)).Outcome);
        Assert.Equal(["a|b|1_0000|b", "b|newer|1_0000|newer"], await RestatedAsync());
    }

    [SkippableFact]
    public async Task File_that_somebody_replaces_while_it_is_read_is_read_again()
    {
        await LandAsync("a", 1);
        await LandAsync("b", 2, "a");
        var once = 0;
        var raced = new InterruptedStore(Place.Store, "content_restatements/", opened: async () =>
        {
            if (once++ == 0) await Assert.ThrowsAsync<IOException>(() => LandAsync("dead", 3, "b", new InterruptedStore(Place.Store, "content/", () => throw new IOException("no answer"))));
        });
        Assert.Equal(LandingOutcome.Landed, (await LandAsync("c", 4, "b", raced)).Outcome);
        Assert.Equal(["a|b|1_0000|b", "b|c|1_0000|c"], await RestatedAsync());
        Assert.Equal("c", await PublishedAsync());
    }

    [SkippableTheory]
    [InlineData(9)]
    [InlineData(200)]
    public async Task Damaged_file_that_somebody_began_anew_meanwhile_keeps_what_they_wrote(int fromEnd)
    {
        await LandAsync("a", 1);
        await LandAsync("b", 2, "a");
        await DamageAsync(fromEnd);
        var once = 0;
        var raced = new InterruptedStore(Place.Store, "content_restatements/", async () =>
        {
            if (once++ == 0) await LandAsync("newer", 4, "b");
        });
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("stale", 3, "b", raced)).Outcome);
        Assert.Equal(["b|newer|1_0000|newer"], await RestatedAsync());
        Assert.Equal("newer", await PublishedAsync());
        Assert.Single(_warnings);
    }

    [SkippableFact]
    public async Task Key_with_another_type_widens_the_column_and_old_differences_stay()
    {
        await LandAsync("a", 1);
        using var first = Pull("b", 2);
        await Target().LandAsync(Order(first, "a") with { Restatement = new Difference(first, "a", Keyed(ColumnType.Int32, "n")) }, first, default);
        using var second = Pull("c", 3);
        await Target().LandAsync(Order(second, "b") with { Restatement = new Difference(second, "b", Keyed(ColumnType.Int64, "n")) }, second, default);
        using var third = Pull("d", 4);
        await Target().LandAsync(Order(third, "c") with { Restatement = new Difference(third, "c", Keyed(ColumnType.Text, "m")) }, third, default);
        Assert.Equal(["a|b|<null>|7", "b|c|<null>|7", "c|d|text|<null>"], await Place.LinesAsync(Name, "previous_pull", "_pull", "m", "n"));

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

    [SkippableTheory]
    [InlineData(9)]
    [InlineData(200)]
    public async Task Damaged_file_is_begun_anew_with_a_warning(int fromEnd)
    {
        await LandAsync("a", 1);
        await LandAsync("b", 2, "a");
        await DamageAsync(fromEnd);
        await LandAsync("c", 3, "b");
        Assert.Equal(["b|c|1_0000|c"], await RestatedAsync());
        Assert.Contains(Place.Store.Locate(Name), Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task File_of_somebody_else_stops_the_landing()
    {
        await LandAsync("a", 1);
        using var file = new MemoryStream();
        using (var writer = new ParquetWriter(file, new ParquetSchema([new ParquetColumn("x", ParquetType.Bool)]))) writer.Complete();
        await Place.WriteAsync(Name, file.ToArray());
        Assert.Equal("foreign-file", (await Assert.ThrowsAsync<EtlException>(() => LandAsync("b", 2, "a"))).Code);
        Assert.Equal("a", await PublishedAsync());
        Assert.Equal(file.ToArray(), await Place.ReadAsync(Name));
    }

    [SkippableFact]
    public async Task Live_minutes_have_no_file_of_differences()
    {
        var window = new WindowCalendar("UTC", WindowUnit.Minute).Parse("2026-11-19T14-05m");
        var key = Keys.Key(window.Label);
        foreach (var (pull, fence) in new[] { ("a", 1), ("b", 2) })
        {
            using var staged = new MemoryStagedPull(key, Keys.Stamp(pull, fence, 3, pull), Plays.Schema, [Plays.Batch(3)]);
            await Target().LandAsync(new LandingOrder(key, window, staged.Stamp), staged, default);
        }
        Assert.DoesNotContain(await Place.NamesAsync(), n => n.StartsWith("content_restatements", StringComparison.Ordinal));
    }

    /// <summary>Cuts the file's end off, or spoils its first page behind a good footer.</summary>
    private async Task DamageAsync(int fromEnd)
    {
        var bytes = (await Place.ReadAsync(Name))!;
        if (fromEnd == 9) bytes = bytes[..^fromEnd];
        else bytes.AsSpan(4, 40).Fill(0xFF);
        await Place.WriteAsync(Name, bytes);
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

/// <summary>On a local disk.</summary>
public sealed class LocalParquetRestatementTests : ParquetRestatementTests
{
    private protected override Task<ParquetPlace> OpenAsync() => Task.FromResult<ParquetPlace>(new LocalPlace());
}

/// <summary>On a real Azurite.</summary>
public sealed class BlobParquetRestatementTests : ParquetRestatementTests
{
    private protected override Task<ParquetPlace> OpenAsync() => BlobPlace.OpenAsync();
}
