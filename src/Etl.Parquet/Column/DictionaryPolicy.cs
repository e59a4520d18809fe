namespace Etl.Parquet.Column;

/// <summary>When a page is better written plain. Looks at the page alone, so the choice depends on the rows and nothing else.</summary>
internal static class DictionaryPolicy
{
    // Fewer values say little about the rest of the chunk.
    private const int MinJudgedValues = 1000;

    /// <summary>True when the dictionary saves less than a tenth of the page's plain bytes; a saving that small is not worth the reader's look-ups.</summary>
    /// <param name="values">Values of the page.</param>
    /// <param name="newBytes">Plain bytes that the page added to the dictionary.</param>
    /// <param name="indexBytes">Bytes of the page's packed codes.</param>
    /// <param name="plainBytes">Bytes of the page's values in plain encoding.</param>
    /// <param name="isWholeChunk">The page is the only one, so nothing is left to learn.</param>
    public static bool PreferPlain(int values, long newBytes, long indexBytes, long plainBytes, bool isWholeChunk) =>
        (values >= MinJudgedValues || isWholeChunk) && (newBytes + indexBytes) * 10 >= plainBytes * 9;
}
