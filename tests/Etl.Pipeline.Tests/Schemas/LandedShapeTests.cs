using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Pipeline.Schemas;
using Etl.Testing.Rows;

namespace Etl.Pipeline.Tests.Schemas;

public class LandedShapeTests
{
    private static readonly Column s_id = new("id", ColumnType.Text), s_plays = new("plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full);

    [Fact]
    public void Rows_that_need_no_change_are_handed_on_as_they_are()
    {
        var schema = new TableSchema([s_id, s_plays], ["id"]);
        foreach (var types in new[] { "id Text, plays Int64", "plays Text, id Double", "new Double" })
        {
            var shape = new LandedShape(schema, SchemaPolicy.Evolve, SchemaHistoryTests.Columns(types));
            var batch = new RowBatch(schema);
            Assert.Same(batch, shape.Fit(batch));
            Assert.Same(schema, shape.Schema);
        }
    }

    [Fact]
    public void Whole_numbers_become_doubles_where_doubles_landed_before()
    {
        var schema = new TableSchema([s_id, s_plays], ["id"]);
        var shape = new LandedShape(schema, SchemaPolicy.Evolve, SchemaHistoryTests.Columns("plays Double"));
        Assert.Equal((ColumnType.Double, Additivity.Full, "id"), (shape.Schema.Columns[1].Type, shape.Schema.Columns[1].Additivity, Assert.Single(shape.Schema.Key)));
        Assert.Equal(["id=a|plays=5", "id=b|plays=<null>", $"id=c|plays={1L << 53}"], Lines(shape, Batch(schema, ("a", 5), ("b", null), ("c", 1L << 53))));
        Assert.Empty(shape.Inexact);
        // A batch is reused, and the next one may be smaller.
        Assert.Equal(["id=z|plays=-7"], Lines(shape, Batch(schema, ("z", -7))));
    }

    [Theory]
    [InlineData((1L << 53) + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue + 1)]
    public void Whole_numbers_that_a_double_cannot_hold_are_counted(long value)
    {
        var schema = new TableSchema([s_id, s_plays], ["id"]);
        var shape = new LandedShape(schema, SchemaPolicy.Evolve, SchemaHistoryTests.Columns("plays Double"));
        shape.Fit(Batch(schema, ("a", value), ("b", 1), ("c", long.MinValue)));
        Assert.Equal(new KeyValuePair<string, long>("plays", 1), Assert.Single(shape.Inexact));
    }

    [Fact]
    public void Columns_that_were_not_sent_are_nulls_and_the_side_map_is_always_there_by_ignore()
    {
        var schema = new TableSchema([s_id], ["id"]) { Drift = new SchemaDrift { Absent = [s_plays] } };
        var shape = new LandedShape(schema, SchemaPolicy.Ignore, SchemaHistoryTests.Columns("plays Double"));
        Assert.Equal([("id", ColumnType.Text), ("_extra", ColumnType.Text), ("plays", ColumnType.Double)], shape.Schema.Columns.Select(c => (c.Name, c.Type)));
        foreach (var rows in new[] { 3, 1, 2, 0 })
        {
            var batch = new RowBatch(schema);
            for (var row = 0; row < rows; row++) batch.Text(0).Append("x"u8);
            var landed = shape.Fit(batch);
            Assert.Equal([rows, rows, rows], Enumerable.Range(0, 3).Select(c => landed[c].Count));
            Assert.Equal((rows, rows), (landed[1].NullCount, landed[2].NullCount));
        }
    }

    [Fact]
    public void Nulls_of_a_column_that_was_not_sent_do_not_change_the_content()
    {
        var plain = new TableSchema([s_id], ["id"]);
        var lacking = new TableSchema([s_id], ["id"]) { Drift = new SchemaDrift { Absent = [s_plays] } };
        Assert.Equal(Hash(new LandedShape(plain, SchemaPolicy.Evolve, []), plain), Hash(new LandedShape(lacking, SchemaPolicy.Ignore, []), lacking));
    }

    private static string Hash(LandedShape shape, TableSchema schema)
    {
        var batch = new RowBatch(schema);
        batch.Text(0).Append("x"u8);
        var hasher = new ContentHasher();
        hasher.Add(shape.Fit(batch));
        return hasher.Current();
    }

    private static IReadOnlyList<string> Lines(LandedShape shape, RowBatch batch) => RowText.Lines([shape.Fit(batch)]);

    private static RowBatch Batch(TableSchema schema, params (string Id, long? Plays)[] rows)
    {
        var batch = new RowBatch(schema);
        foreach (var (id, plays) in rows)
        {
            batch.Text(0).Append(System.Text.Encoding.UTF8.GetBytes(id));
            if (plays is { } value) batch.Fixed<long>(1).Append(value);
            else batch[1].AppendNull();
        }
        return batch;
    }
}
