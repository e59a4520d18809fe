using Etl.Core.Columns;

namespace Etl.Kaltura.Reports;

/// <summary>
/// Hashes of row keys, to see a key on two pages or in two parts. Rows with an empty key cell, or one that says
/// <c>Unknown</c> or <c>Error</c>, could not be resolved by the service and are exempt (design: promise 5).
/// </summary>
internal sealed class RowKeys
{
    private readonly RowHashSet _earlier = new();
    private readonly RowHashSet _page = new();
    private int _number;
    private UInt128[] _hashes = [];

    /// <summary>Keys seen twice within one page: left to the job's own key check.</summary>
    public int RepeatedInPage { get; private set; }

    /// <summary>Adds the rows of a batch; false when a key stood on an earlier page.</summary>
    public bool Add(RowBatch batch, int[] key, int page)
    {
        if (key.Length == 0) return true;
        if (_hashes.Length < batch.RowCount) _hashes = new UInt128[batch.RowCount];
        RowHash.Compute(batch, key, _hashes);
        if (page != _number)
        {
            _earlier.TryAddAll(_page);
            _page.Clear();
            _number = page;
        }
        _earlier.Fetch(_hashes.AsSpan(0, batch.RowCount));
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (IsUnresolved(batch, key, row)) continue;
            if (_earlier.Contains(_hashes[row])) return false;
            if (!_page.Add(_hashes[row])) RepeatedInPage++;
        }
        return true;
    }

    /// <summary>Takes over the keys of a finished part; false when one was there before.</summary>
    public bool Take(RowKeys part)
    {
        RepeatedInPage += part.RepeatedInPage;
        return _earlier.TryAddAll(part._earlier) && _earlier.TryAddAll(part._page);
    }

    /// <summary>True when the service could not say what the row is about.</summary>
    public static bool IsUnresolved(RowBatch batch, int[] key, int row)
    {
        foreach (var column in key)
        {
            if (batch[column].IsNull(row)) return true;
            if (batch[column] is TextBuffer text && IsUnresolved(text[row])) return true;
        }
        return false;
    }

    /// <summary>True for the empty text and the words <c>Unknown</c> and <c>Error</c>.</summary>
    public static bool IsUnresolved(ReadOnlySpan<byte> cell) => cell.IsEmpty || cell.SequenceEqual("Unknown"u8) || cell.SequenceEqual("Error"u8);
}
