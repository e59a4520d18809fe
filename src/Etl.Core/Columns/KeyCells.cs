namespace Etl.Core.Columns;

/// <summary>The key cells of a row.</summary>
public static class KeyCells
{
    /// <summary>True when a key cell is empty, <c>Unknown</c> or <c>Error</c>: the service could not resolve it, so such keys may repeat.</summary>
    public static bool IsUnresolved(RowBatch batch, ReadOnlySpan<int> key, int row)
    {
        foreach (var column in key)
        {
            if (batch[column].IsNull(row)) return true;
            if (batch[column] is TextBuffer text)
            {
                var cell = text[row];
                if (cell.IsEmpty || cell.SequenceEqual("Unknown"u8) || cell.SequenceEqual("Error"u8)) return true;
            }
        }
        return false;
    }
}
