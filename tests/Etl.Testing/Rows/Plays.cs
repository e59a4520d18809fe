using Etl.Core.Columns;

namespace Etl.Testing.Rows;

/// <summary>A small table of plays per entry.</summary>
public static class Plays
{
    public static readonly TableSchema Schema = new(
    [
        new Column("object_id", ColumnType.Text),
        new Column("count_plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full),
    ], ["object_id"]);

    /// <summary>The table a year later: one more column, unknown to the catalogue.</summary>
    public static readonly TableSchema WiderSchema = new([.. Schema.Columns, new Column("new_column", ColumnType.Text, Known: false)], ["object_id"]);

    /// <summary>Rows <c>1_0000</c> and on, whose plays are <paramref name="plays"/> plus their number.</summary>
    public static RowBatch Batch(int rows, long plays = 0)
    {
        var batch = new RowBatch(Schema);
        for (var row = 0; row < rows; row++)
        {
            AllTypes.Text(batch, 0, $"1_{row:0000}");
            AllTypes.Fixed<long>(batch, 1, plays + row);
        }
        return batch;
    }

    public static RowBatch WiderBatch(int rows, string text)
    {
        var batch = new RowBatch(WiderSchema);
        for (var row = 0; row < rows; row++)
        {
            AllTypes.Text(batch, 0, $"1_{row:0000}");
            AllTypes.Fixed<long>(batch, 1, row);
            AllTypes.Text(batch, 2, text);
        }
        return batch;
    }
}
