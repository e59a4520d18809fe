using System.Globalization;
using System.Text;
using Etl.Core.Columns;

namespace Etl.Pipeline.Pulling;

/// <summary>The key of a row in a batch.</summary>
internal static class RowKey
{
    /// <summary>The cells of some columns for a message.</summary>
    public static string Show(RowBatch batch, IEnumerable<int> columns, int row) => string.Join(", ", columns.Select(c => Show(batch[c], row)));

    private static string Show(ColumnBuffer cells, int row) => cells switch
    {
        TextBuffer text => $"'{Encoding.UTF8.GetString(text[row])}'",
        FixedBuffer<long> longs => longs.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<int> ints => ints.Values[row].ToString(CultureInfo.InvariantCulture),
        _ => "?",
    };
}
