using System.Globalization;
using System.Text;
using Etl.Core.Columns;

namespace Etl.Testing.Rows;

/// <summary>Rows as lines of text, the same whatever store they came from, so that two stores can be compared.</summary>
public static class RowText
{
    public const string Null = "<null>";

    /// <summary>The rows of batches as sorted lines.</summary>
    public static IReadOnlyList<string> Lines(IEnumerable<RowBatch> batches)
    {
        var lines = new List<string>();
        foreach (var batch in batches)
            for (var row = 0; row < batch.RowCount; row++) lines.Add(Line(batch, row));
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    public static string Line(RowBatch batch, int row) =>
        string.Join('|', batch.Schema.Columns.Select((c, i) => c.Name + "=" + Cell(batch, i, row)));

    private static string Cell(RowBatch batch, int column, int row)
    {
        if (batch[column].IsNull(row)) return Null;
        return batch.Schema.Columns[column].Type switch
        {
            ColumnType.Bool => Of(batch.Fixed<bool>(column).Values[row]),
            ColumnType.Int32 => Of(batch.Fixed<int>(column).Values[row]),
            ColumnType.Int64 => Of(batch.Fixed<long>(column).Values[row]),
            ColumnType.Double => Of(batch.Fixed<double>(column).Values[row]),
            ColumnType.Date => DateTime.UnixEpoch.AddDays(batch.Fixed<int>(column).Values[row]).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ColumnType.Timestamp => Instant(batch.Fixed<long>(column).Values[row]),
            _ => Encoding.UTF8.GetString(batch.Text(column)[row]),
        };
    }

    public static string Of(bool value) => value ? "true" : "false";

    public static string Of(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Instant(long microseconds) =>
        DateTime.UnixEpoch.AddTicks(microseconds * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
