namespace Etl.Parquet.Column;

/// <summary>When a column chunk leaves its dictionary. Looks at one page and its number, so the choice depends on the rows and nothing else.</summary>
internal static class DictionaryPolicy
{
    // Fewer values say little about the rest of the chunk.
    private const int MinJudgedValues = 1000;

    // A dictionary begins empty, so its first pages look bad for any column: of 200,000 addresses drawn evenly, 95 % are new on the first
    // page of 20,000 and 70 % on the fourth, yet over a million rows the dictionary holds a fifth of the plain bytes.
    private const int PagesBeforeBytesCount = 3;

    /// <summary>True when the page, and all that follow in the chunk, are better written plain.</summary>
    /// <param name="pagesBefore">Pages of the chunk that are closed.</param>
    /// <param name="isLast">The chunk ends with this page.</param>
    /// <param name="values">Values of the page.</param>
    /// <param name="newEntries">Of those, how many the dictionary did not know.</param>
    /// <param name="newBytes">Plain bytes that these added to the dictionary.</param>
    /// <param name="indexBytes">Bytes of the page's packed codes.</param>
    /// <param name="plainBytes">Bytes of the page's values in plain encoding.</param>
    public static bool PreferPlain(int pagesBefore, bool isLast, int values, int newEntries, long newBytes, long indexBytes, long plainBytes)
    {
        // 1. A saving below a tenth is not worth the reader's look-ups.
        var savesNothing = (newBytes + indexBytes) * 10 >= plainBytes * 9;
        if (pagesBefore == 0 && isLast)
            return savesNothing;
        if (values < MinJudgedValues)
            return false;

        // 2. Fewer than one repeat in 25 values: as good as unique, on any page.
        if (newEntries * 25L > values * 24L)
            return true;

        // 3. Repeats there are, but too few by now.
        return savesNothing && pagesBefore >= PagesBeforeBytesCount;
    }
}
