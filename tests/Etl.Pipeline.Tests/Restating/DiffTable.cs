using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Restating;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Pipeline.Tests.Restating;

/// <summary>A small table that a test writes down, as the published or the pulled side of a difference.</summary>
internal sealed class DiffTable(TableSchema schema, IEnumerable<object?[]> rows)
{
    private const int BatchRows = 7;

    public TableSchema Schema => schema;

    public List<object?[]> Rows { get; } = [.. rows];

    public List<RowBatch> Batches()
    {
        var batches = new List<RowBatch>();
        foreach (var chunk in Rows.Chunk(BatchRows))
        {
            var batch = new RowBatch(schema);
            foreach (var row in chunk)
                for (var column = 0; column < row.Length; column++) Append(batch, column, row[column]);
            batches.Add(batch);
        }
        return batches;
    }

    public IStagedPull AsPulled() => new MemoryStagedPull(Keys.Key(), Keys.Stamp("new", 2, Rows.Count), schema, Batches());

    public IPublishedRows AsPublished() => new Published(new MemoryStagedPull(Keys.Key(), Keys.Stamp("old", 1, Rows.Count), schema, Batches()));

    /// <summary>The cells of a row by column name, without nulls, in the form that a difference has them.</summary>
    public static Dictionary<string, string> Cells(TableSchema schema, object?[] row) => schema.Columns
        .Zip(row)
        .Where(c => c.Second is not null)
        .ToDictionary(c => c.First.Name, c => Text(c.First.Type, c.Second!));

    public static string Text(ColumnType type, object value) => (type, value) switch
    {
        (ColumnType.Bool, bool b) => b ? "true" : "false",
        (ColumnType.Double, double d) => d.ToString("R", CultureInfo.InvariantCulture),
        (ColumnType.Date, int days) => DateTime.UnixEpoch.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        (ColumnType.Timestamp, long at) => DateTime.UnixEpoch.AddTicks(at * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>The difference to another table, as lines of cells, and its count.</summary>
    public (List<DiffLine> Lines, Etl.Core.Runs.RestatedRows Count, TableSchema Table) To(DiffTable now, long heldBytes = RowDiff.HeldBytes)
    {
        var difference = new DiffSchema(SystemColumns.Extend(schema), SystemColumns.Extend(now.Schema));
        using var lines = new Lines(difference.Table);
        var writer = new DiffWriter(difference, "old", lines);
        using var published = AsPublished();
        using var pulled = now.AsPulled();
        var count = RowDiff.Write(published, pulled, difference, writer, heldBytes, default);
        Assert.Equal(lines.Read.Count, writer.Rows);
        return (lines.Read, count, difference.Table);
    }

    private static void Append(RowBatch batch, int column, object? value)
    {
        switch (value)
        {
            case null: batch[column].AppendNull(); break;
            case bool b: batch.Fixed<bool>(column).Append(b); break;
            case int i: batch.Fixed<int>(column).Append(i); break;
            case long l: batch.Fixed<long>(column).Append(l); break;
            case double d: batch.Fixed<double>(column).Append(d); break;
            case string s: batch.Text(column).Append(Encoding.UTF8.GetBytes(s)); break;
            default: throw new ArgumentException($"No cell of type {value.GetType()}.", nameof(value));
        }
    }

    private sealed class Published(MemoryStagedPull rows) : IPublishedRows
    {
        public string Pull => "old";

        public TableSchema Schema => rows.Schema;

        public IEnumerable<RowBatch> Read() => rows.Read();

        public void Dispose()
        {
        }
    }

    private sealed class Lines(TableSchema table) : IStagingWriter
    {
        public List<DiffLine> Read { get; } = [];

        public void Write(RowBatch batch)
        {
            Assert.True(batch.Schema.SameShape(table));
            for (var row = 0; row < batch.RowCount; row++)
                Read.Add(new DiffLine([.. table.Columns.Select((c, i) => batch[i].IsNull(row) ? null : Text(c.Type, Value(batch, i, c.Type, row)))], table));
        }

        public void Complete(PullStamp stamp) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        private static object Value(RowBatch batch, int column, ColumnType type, int row) => type switch
        {
            ColumnType.Bool => batch.Fixed<bool>(column).Values[row],
            ColumnType.Int32 or ColumnType.Date => batch.Fixed<int>(column).Values[row],
            ColumnType.Int64 or ColumnType.Timestamp => batch.Fixed<long>(column).Values[row],
            ColumnType.Double => batch.Fixed<double>(column).Values[row],
            _ => Encoding.UTF8.GetString(batch.Text(column)[row]),
        };
    }
}

/// <summary>One row of a difference.</summary>
internal sealed class DiffLine(string?[] cells, TableSchema table)
{
    public string? this[string column] => cells[table.IndexOf(column)];

    public string Change => this["change"]!;

    public string RowId => this["row_id"]!;

    public string? Column => this["column_name"];

    public override string ToString() => string.Join('|', cells.Select(c => c ?? "<null>"));
}
