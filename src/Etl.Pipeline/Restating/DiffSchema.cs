using Etl.Core.Columns;

namespace Etl.Pipeline.Restating;

/// <summary>
/// The columns of a row-level difference: <c>previous_pull</c>, <c>change</c>, <c>row_id</c>, the key columns with their own types,
/// <c>column_name</c>, <c>old_value</c>, <c>new_value</c>, <c>delta</c>. A key column that has one of these names, or one of a system
/// column, gets <c>key_</c> in front of it.
/// </summary>
internal sealed class DiffSchema
{
    public const string Added = "added", Removed = "removed", Changed = "changed";

    private static readonly Column[] s_head =
        [new("previous_pull", ColumnType.Text), new("change", ColumnType.Text), new("row_id", ColumnType.Text)];

    private static readonly Column[] s_tail =
    [
        new("column_name", ColumnType.Text), new("old_value", ColumnType.Text), new("new_value", ColumnType.Text),
        new("delta", ColumnType.Double, ColumnRole.Metric, Additivity.Full),
    ];

    /// <param name="published">Columns of the published rows.</param>
    /// <param name="pulled">Columns of the pull that replaces them, with the key.</param>
    public DiffSchema(TableSchema published, TableSchema pulled)
    {
        Compared = CommonColumns.Of(Report(pulled), Report(published));
        Key = [.. Compared.Key.Select(Compared.IndexOf)];
        List<Column> keys = [];
        foreach (var column in Key.Select(k => Compared.Columns[k]))
        {
            var name = column.Name;
            while (s_head.Concat(s_tail).Concat(keys).Any(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) name = "key_" + name;
            keys.Add(column with { Name = name });
        }
        Table = new TableSchema([.. s_head, .. keys, .. s_tail]);
    }

    /// <summary>The columns in which rows are compared: those of both sides without system columns; the key is the pull's.</summary>
    public TableSchema Compared { get; }

    /// <summary>Where the key stands in <see cref="Compared"/>; empty for rows without a key.</summary>
    public int[] Key { get; }

    /// <summary>The columns of the difference, without system columns.</summary>
    public TableSchema Table { get; }

    /// <summary>Where <c>column_name</c> stands in <see cref="Table"/>; old value, new value and delta come after it.</summary>
    public int ColumnName => s_head.Length + Key.Length;

    // A target that is read back may have lost the roles, but not the names.
    private static TableSchema Report(TableSchema schema)
    {
        var columns = schema.Columns.Where(c => c.Role != ColumnRole.System && !s_system.Contains(c.Name)).ToList();
        return new TableSchema(columns, schema.Key.Where(k => columns.Exists(c => c.Name == k)));
    }

    private static readonly HashSet<string> s_system =
        [.. new[] { SystemColumns.Window, SystemColumns.Pull, SystemColumns.PulledAt, SystemColumns.Account }.Select(c => c.Name)];
}
