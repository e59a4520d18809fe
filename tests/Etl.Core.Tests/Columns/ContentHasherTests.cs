using System.Text;
using Etl.Core.Columns;

namespace Etl.Core.Tests.Columns;

public class ContentHasherTests
{
    private static readonly Column s_id = new("id", ColumnType.Text);
    private static readonly Column s_name = new("name", ColumnType.Text);
    private static readonly Column s_plays = new("plays", ColumnType.Int64, ColumnRole.Metric);

    [Fact]
    public void Rows_in_another_order_and_in_other_batches_have_the_same_hash()
    {
        object?[][] rows = [["a", "x", 1L], ["b", null, 2L], ["c", "z", null]];
        var hash = Hash([s_id, s_name, s_plays], rows);

        Assert.Equal(hash, Hash([s_id, s_name, s_plays], [.. rows.Reverse()]));

        var hasher = new ContentHasher();
        foreach (var row in rows) hasher.Add(Batch([s_id, s_name, s_plays], row));
        Assert.Equal((hash, 3L), (hasher.Current(), hasher.Rows));
    }

    [Fact]
    public void Columns_in_another_order_have_the_same_hash() =>
        Assert.Equal(Hash([s_id, s_plays], ["a", 1L], ["b", 2L]), Hash([s_plays, s_id], [1L, "a"], [2L, "b"]));

    [Fact]
    public void Column_that_is_null_everywhere_changes_nothing() =>
        Assert.Equal(Hash([s_id], ["a"], ["b"]), Hash([s_id, s_name], ["a", null], ["b", null]));

    [Fact]
    public void Rows_that_swap_a_cell_have_another_hash() =>
        Assert.NotEqual(Hash([s_id, s_plays], ["a", 1L], ["b", 2L]), Hash([s_id, s_plays], ["a", 2L], ["b", 1L]));

    [Fact]
    public void Cells_that_swap_columns_have_another_hash() =>
        Assert.NotEqual(Hash([s_id, s_name], ["a", "b"]), Hash([s_id, s_name], ["b", "a"]));

    [Fact]
    public void Row_that_stands_twice_counts_twice()
    {
        var once = Hash([s_id], ["a"]);
        var twice = Hash([s_id], ["a"], ["a"]);
        Assert.NotEqual(once, twice);
        Assert.NotEqual(twice, Hash([s_id], ["a"], ["a"], ["a"]));
        Assert.NotEqual(Hash([s_id]), once);
    }

    [Fact]
    public void Null_and_empty_text_and_zero_differ()
    {
        string[] hashes = [Hash([s_id, s_plays], new object?[] { null, null }), Hash([s_id, s_plays], ["", null]), Hash([s_id, s_plays], new object?[] { null, 0L })];
        Assert.Equal(3, hashes.Distinct().Count());
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("a", "a\0")]
    [InlineData("", "\0")]
    [InlineData("12345678", "1234567")]
    [InlineData("12345678", "123456789")]
    [InlineData("12345678abcdefgh", "abcdefgh12345678")]
    public void Texts_that_are_near_have_other_hashes(string one, string other) =>
        Assert.NotEqual(Hash([s_id], [one]), Hash([s_id], [other]));

    [Fact]
    public void System_columns_do_not_count() =>
        Assert.Equal(
            Hash([s_id], ["a"]),
            Hash([SystemColumns.Window, SystemColumns.Pull, SystemColumns.PulledAt, s_id], ["2026-11-19", "p-1", 5L, "a"]));

    [Fact]
    public void Side_map_counts_like_a_column_of_the_report_and_not_at_all_when_it_is_null()
    {
        Assert.Equal(Hash([s_id], ["a"]), Hash([s_id, SystemColumns.Extra], ["a", null]));
        Assert.NotEqual(Hash([s_id], ["a"]), Hash([s_id, SystemColumns.Extra], ["a", """{"x":"1"}"""]));
        Assert.NotEqual(Hash([s_id, SystemColumns.Extra], ["a", """{"x":"2"}"""]), Hash([s_id, SystemColumns.Extra], ["a", """{"x":"1"}"""]));
    }

    [Fact]
    public void Random_rows_do_not_collide()
    {
        var random = new Random(7);
        var batch = new RowBatch(new TableSchema([s_id, s_plays]));
        for (var i = 0; i < 50_000; i++)
        {
            batch.Text(0).Append(Encoding.UTF8.GetBytes($"0_{i:x}"));
            batch.Fixed<long>(1).Append(random.Next(3));
        }
        var hashes = new UInt128[batch.RowCount];
        RowHash.Compute(batch, [0, 1], hashes);
        Assert.Equal(50_000, hashes.Distinct().Count());
        Assert.Equal(50_000, hashes.Select(h => (ulong)h).Distinct().Count());
        Assert.Equal(50_000, hashes.Select(h => (ulong)(h >> 64)).Distinct().Count());
    }

    /// <summary>Hashes are stored in ledgers and published objects: a change of these values re-publishes every window as a restatement.</summary>
    [Fact]
    public void Hashes_are_the_same_on_every_machine_and_in_every_version()
    {
        Assert.Equal("9d908ecfb6b256def8b49a7c504e6c889c4b0e41fe6ce3e01863dd7b61a20aa0", Hash([s_id]));
        Assert.Equal("e45f85561b009de7a5b6ec060bfb29e186a3ddab84693935bf8263a00da6b15d", Hash(
            [s_id, s_plays, new Column("share", ColumnType.Double), new Column("day", ColumnType.Date), new Column("live", ColumnType.Bool), new Column("at", ColumnType.Timestamp)],
            ["1_abc", 12L, 0.5, 20_000, true, 1_700_000_000_000_000L],
            ["0_éclair-12345", -1L, double.NaN, -1, false, null],
            new object?[6]));
    }

    private static string Hash(Column[] columns, params object?[][] rows)
    {
        var hasher = new ContentHasher();
        hasher.Add(Batch(columns, rows));
        return hasher.Current();
    }

    private static RowBatch Batch(Column[] columns, params object?[][] rows)
    {
        var batch = new RowBatch(new TableSchema(columns));
        foreach (var row in rows)
            for (var i = 0; i < row.Length; i++) Append(batch[i], row[i]);
        return batch;
    }

    private static void Append(ColumnBuffer buffer, object? value)
    {
        switch (value)
        {
            case null: buffer.AppendNull(); break;
            case string text: ((TextBuffer)buffer).Append(Encoding.UTF8.GetBytes(text)); break;
            case long number: ((FixedBuffer<long>)buffer).Append(number); break;
            case int number: ((FixedBuffer<int>)buffer).Append(number); break;
            case double number: ((FixedBuffer<double>)buffer).Append(number); break;
            case bool flag: ((FixedBuffer<bool>)buffer).Append(flag); break;
            default: throw new ArgumentException($"No buffer takes '{value}'.", nameof(value));
        }
    }
}
