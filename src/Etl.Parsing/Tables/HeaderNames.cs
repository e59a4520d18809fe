namespace Etl.Parsing;

/// <summary>Checks the names of a header.</summary>
internal static class HeaderNames
{
    internal static void Check(IReadOnlyList<string> names, int limit, long? offset = null)
    {
        if (names.Count > limit)
            throw new ReportFormatException(ReportFormatException.TooLarge, $"The header has {names.Count} names; the limit is {limit}.", offset);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i].Length == 0)
                throw new ReportFormatException(ReportFormatException.BadHeader, $"Name {i + 1} of the header is empty.", offset);
            if (!seen.Add(names[i]))
                throw new ReportFormatException(ReportFormatException.BadHeader, $"The header holds '{Shorten(names[i])}' twice.", offset);
        }
    }

    internal static string Shorten(string name) => name.Length <= 100 ? name : name[..100] + "…";
}
