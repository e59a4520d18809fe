using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Landing.Sql;

namespace Etl.Landing.Tests.Sql;

/// <summary>Rows on their way into an indexed table: all of them, each once, in the order of the index as far as one chunk goes.</summary>
public sealed class KeyOrderTests
{
    private const int ChunkRows = 131_072;

    private static readonly TableSchema s_schema = new(
    [
        new Column("_window", ColumnType.Text), new Column("number", ColumnType.Int64), new Column("object_id", ColumnType.Text), new Column("day", ColumnType.Date),
        new Column("at", ColumnType.Timestamp), new Column("plays", ColumnType.Int32), new Column("share", ColumnType.Double), new Column("live", ColumnType.Bool),
    ]);

    public static TheoryData<string[]> Keys => new(
        ["_window", "object_id"], ["OBJECT_ID"], ["day", "object_id"], ["live", "share", "number"], ["at"], ["plays", "day"], ["share"], ["_window"], ["number"]);

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_row_comes_once_in_the_order_of_the_key_and_is_known_by_its_number(string[] key)
    {
        var rows = Rows(7_001, seed: 11);
        var sorted = Read(KeyOrder.Of(Of(rows, pieces: 900) with { Order = key }));
        Assert.Equal(rows.Order(StringComparer.Ordinal), sorted.Select(r => r.Text).Order(StringComparer.Ordinal));
        Assert.All(sorted, r => Assert.Equal(rows[(int)r.Number - 1], r.Text));
        // Runs of up to 64 rows that one column does not tell apart may lie in any order.
        var first = key.First(k => k != "_window" || key.Length == 1);
        for (var row = 1; row < sorted.Count; row++)
            Assert.True(Compare(first, sorted[row - 1].Text, sorted[row].Text) <= 0, $"{first}: '{sorted[row - 1].Text}' comes before '{sorted[row].Text}'.");
    }

    [Fact]
    public void Rows_that_one_column_does_not_tell_apart_follow_the_next()
    {
        var rows = Rows(20_000, seed: 3);
        var sorted = Read(KeyOrder.Of(Of(rows, pieces: 4_096) with { Order = ["live", "object_id"] }));
        var breaks = Enumerable.Range(1, sorted.Count - 1).Count(i => Compare("object_id", sorted[i - 1].Text, sorted[i].Text) > 0);
        // Null, false and true.
        Assert.Equal(2, breaks);
    }

    [Fact]
    public void Many_rows_are_ordered_some_at_a_time_and_keep_their_numbers()
    {
        const int Count = 2 * ChunkRows + 7;
        var rows = Rows(Count, seed: 5);
        var sorted = Read(KeyOrder.Of(Of(rows, pieces: 4_096) with { Order = ["object_id"] }));
        Assert.Equal(Count, sorted.Count);
        for (var from = 0; from < Count; from += ChunkRows)
        {
            var chunk = sorted.Skip(from).Take(ChunkRows).ToList();
            Assert.Equal(rows.Skip(from).Take(ChunkRows).Order(StringComparer.Ordinal), chunk.Select(r => r.Text).Order(StringComparer.Ordinal));
            Assert.All(chunk, r => Assert.Equal(rows[(int)r.Number - 1], r.Text));
        }
    }

    [Fact]
    public void Large_texts_make_smaller_chunks()
    {
        var schema = new TableSchema([new Column("id", ColumnType.Text), new Column("text", ColumnType.Text)]);
        var batch = new RowBatch(schema);
        var long1 = new byte[1 << 20];
        long1.AsSpan().Fill((byte)'x');
        var made = 0;
        IEnumerable<RowBatch> Make()
        {
            for (; made < 60; made++)
            {
                batch.Clear();
                batch.Text(0).Append(Encoding.ASCII.GetBytes((99 - made).ToString(CultureInfo.InvariantCulture)));
                batch.Text(1).Append(long1);
                yield return batch;
            }
        }
        var rows = KeyOrder.Of(new SqlRows(new SqlTable(null, "t"), schema, ["id", "text"], 60, Make) with { Order = ["id"] });
        using var read = rows.Read().GetEnumerator();
        Assert.True(read.MoveNext());
        Assert.InRange(made, 1, 33);
        Assert.Equal("68", Encoding.ASCII.GetString(read.Current.Text(0)[0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Few_rows_are_as_welcome(int count)
    {
        var rows = Rows(count, seed: 1);
        Assert.Equal(rows, Read(KeyOrder.Of(Of(rows, pieces: 10) with { Order = ["object_id"] })).Select(r => r.Text));
    }

    [Fact]
    public void Rows_pass_as_they_are_where_the_table_has_no_such_key()
    {
        var rows = Of(Rows(10, seed: 1), pieces: 10);
        Assert.Same(rows, KeyOrder.Of(rows));
        var others = rows with { Order = ["another"] };
        Assert.Same(others, KeyOrder.Of(others));
    }

    [Fact]
    public void Rows_are_read_again_from_the_start()
    {
        var rows = Rows(100, seed: 9);
        var ordered = KeyOrder.Of(Of(rows, pieces: 30) with { Order = ["object_id"] });
        using (var half = ordered.Read().GetEnumerator()) Assert.True(half.MoveNext());
        Assert.Equal(Read(ordered), Read(ordered));
    }

    private static List<string> Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(n => string.Join('|', "2026-11-19", n.ToString(CultureInfo.InvariantCulture),
            random.Next(20) == 0 ? "" : $"1_{random.Next(1 << 24):x6}", Maybe(random.Next(-30, 30)), Maybe(random.NextInt64(-1L << 50, 1L << 50)), Maybe(random.Next(-5, 5)),
            Maybe(random.Next(-1_000, 1_000) / 8.0), Maybe(random.Next(2))))];

        string Maybe<T>(T value) where T : IFormattable => random.Next(15) == 0 ? "" : value.ToString(null, CultureInfo.InvariantCulture);
    }

    private static SqlRows Of(List<string> rows, int pieces) => new(new SqlTable(null, "plays"), s_schema, [.. s_schema.Columns.Select(c => c.Name)], rows.Count, () => rows.Chunk(pieces).Select(Batch));

    private static RowBatch Batch(string[] rows)
    {
        var batch = new RowBatch(s_schema);
        foreach (var row in rows)
        {
            var cells = row.Split('|');
            for (var column = 0; column < cells.Length; column++)
            {
                var cell = cells[column];
                if (cell.Length == 0) batch[column].AppendNull();
                else if (batch[column] is TextBuffer text) text.Append(Encoding.ASCII.GetBytes(cell));
                else if (batch[column] is FixedBuffer<long> longs) longs.Append(long.Parse(cell, CultureInfo.InvariantCulture));
                else if (batch[column] is FixedBuffer<int> ints) ints.Append(int.Parse(cell, CultureInfo.InvariantCulture));
                else if (batch[column] is FixedBuffer<double> doubles) doubles.Append(double.Parse(cell, CultureInfo.InvariantCulture));
                else ((FixedBuffer<bool>)batch[column]).Append(cell == "1");
            }
        }
        return batch;
    }

    private static List<(long Number, string Text)> Read(SqlRows rows)
    {
        var read = new List<(long, string)>();
        foreach (var batch in rows.Read())
            for (var row = 0; row < batch.RowCount; row++)
                read.Add((rows.RowOf(read.Count + 1), string.Join('|', Enumerable.Range(0, s_schema.Columns.Count).Select(c => Text(batch[c], row)))));
        return read;
    }

    private static string Text(ColumnBuffer cells, int row) => cells.IsNull(row) ? "" : cells switch
    {
        TextBuffer text => Encoding.ASCII.GetString(text[row]),
        FixedBuffer<long> longs => longs.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<int> ints => ints.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<double> doubles => doubles.Values[row].ToString(CultureInfo.InvariantCulture),
        _ => ((FixedBuffer<bool>)cells).Values[row] ? "1" : "0",
    };

    /// <summary>As an index that has nulls last.</summary>
    private static int Compare(string column, string a, string b)
    {
        var at = s_schema.Columns.ToList().FindIndex(c => c.Name.Equals(column, StringComparison.OrdinalIgnoreCase));
        var (left, right) = (a.Split('|')[at], b.Split('|')[at]);
        if (left.Length == 0 || right.Length == 0) return (left.Length == 0 ? 1 : 0) - (right.Length == 0 ? 1 : 0);
        return s_schema.Columns[at].Type == ColumnType.Text
            ? string.CompareOrdinal(left, right)
            : double.Parse(left, CultureInfo.InvariantCulture).CompareTo(double.Parse(right, CultureInfo.InvariantCulture));
    }
}
