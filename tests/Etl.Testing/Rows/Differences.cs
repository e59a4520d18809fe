using System.Text;
using Etl.Core.Columns;

namespace Etl.Testing.Rows;

/// <summary>Differences of a table whose key is <c>object_id</c>, written down by hand.</summary>
public static class Differences
{
    public static readonly TableSchema Schema = new(
    [
        new Column("previous_pull", ColumnType.Text), new Column("change", ColumnType.Text), new Column("row_id", ColumnType.Text), new Column("object_id", ColumnType.Text),
        new Column("column_name", ColumnType.Text), new Column("old_value", ColumnType.Text), new Column("new_value", ColumnType.Text),
        new Column("delta", ColumnType.Double, ColumnRole.Metric),
    ]);

    /// <summary>Changed cells: id, column, old and new value.</summary>
    public static RowBatch Batch(string previousPull, params (string Id, string Column, string Old, string New)[] cells)
    {
        var batch = new RowBatch(Schema);
        foreach (var (id, column, old, now) in cells)
        {
            foreach (var (i, text) in new[] { previousPull, "changed", $"{id:x32}", id, column, old, now }.Index()) batch.Text(i).Append(Encoding.UTF8.GetBytes(text));
            batch.Fixed<double>(7).AppendNull();
        }
        return batch;
    }
}
