namespace Etl.Core.Text;

/// <summary>
/// Looks whether a text is one query and nothing else. It reads only as much of SQL as tells where words, quoted parts and comments end; that the
/// query changes nothing is for the database to say, which is asked to make a view of it. What functions in it do is not looked at.
/// </summary>
public static class SelectText
{
    /// <summary>Why a text is no single query that begins with SELECT or WITH, in a whole sentence; null when it is one.</summary>
    public static string? FindFault(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var begun = false;
        var ended = false;
        for (var at = 0; at < sql.Length;)
        {
            var c = sql[at];
            if (char.IsWhiteSpace(c))
            {
                at++;
                continue;
            }
            if (Comment(sql, at) is { } behind)
            {
                if (behind < 0) return "A comment in it does not end, or has another one in it.";
                at = behind;
                continue;
            }
            if (ended) return "Something follows its ';'. A step is one query.";
            if (!begun)
            {
                var word = Word(sql, at);
                if (!word.Equals("SELECT", StringComparison.OrdinalIgnoreCase) && !word.Equals("WITH", StringComparison.OrdinalIgnoreCase))
                    return "It has to begin with SELECT or WITH: a step reads tables, and etl writes what comes out.";
                begun = true;
                at += word.Length;
                continue;
            }
            switch (c)
            {
                case ';':
                    ended = true;
                    at++;
                    break;
                case '\'' or '"' or '`' or '[':
                    at = Quoted(sql, at);
                    if (at < 0) return "A quoted part of it does not end.";
                    break;
                case '$' when IsDollarQuote(sql, at):
                    return "Write its texts in single quotes, not between dollar signs.";
                case '\0':
                    return "It has a NUL character.";
                default:
                    var name = Word(sql, at);
                    at += Math.Max(1, name.Length);
                    if (name is "e" or "E" && at < sql.Length && sql[at] == '\'') return "Write its texts without the escapes of E'…'.";
                    break;
            }
        }
        return begun ? null : "It is empty.";
    }

    /// <summary>Where a comment that begins here ends; null where none begins, -1 where it does not end well.</summary>
    private static int? Comment(string sql, int at)
    {
        if (string.CompareOrdinal(sql, at, "--", 0, 2) == 0)
        {
            var end = sql.IndexOf('\n', at);
            return end < 0 ? sql.Length : end + 1;
        }
        if (string.CompareOrdinal(sql, at, "/*", 0, 2) != 0) return null;
        var close = sql.IndexOf("*/", at + 2, StringComparison.Ordinal);
        // Databases differ in whether comments nest.
        return close < 0 || sql.IndexOf("/*", at + 2, close - at - 2, StringComparison.Ordinal) >= 0 ? -1 : close + 2;
    }

    private static int Quoted(string sql, int at)
    {
        var close = sql[at] == '[' ? ']' : sql[at];
        // A doubled quote is two parts beside each other, which ends at the same place.
        var end = sql.IndexOf(close, at + 1);
        return end < 0 ? -1 : end + 1;
    }

    private static bool IsDollarQuote(string sql, int at)
    {
        var tag = Word(sql, at + 1);
        var end = at + 1 + tag.Length;
        return end < sql.Length && sql[end] == '$';
    }

    private static string Word(string sql, int at)
    {
        var end = at;
        while (end < sql.Length && (char.IsLetterOrDigit(sql[end]) || sql[end] == '_')) end++;
        return sql[at..end];
    }
}
