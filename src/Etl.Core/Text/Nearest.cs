namespace Etl.Core.Text;

/// <summary>Finds the known names nearest to a mistyped one, for error messages.</summary>
public static class Nearest
{
    /// <summary>Longer texts are no typos of a name, and comparing them costs their length squared.</summary>
    private const int MaxLength = 200;

    /// <summary>Up to <paramref name="count"/> candidates that a person may have meant, best first; empty when none is near.</summary>
    public static IReadOnlyList<string> Of(string typed, IEnumerable<string> candidates, int count = 1)
    {
        // A short word has few letters that could be right: one typo in three letters, two in eight, then one in three.
        var limit = typed.Length switch { 0 => 0, <= 3 => 1, <= 8 => 2, _ => typed.Length / 3 };
        return [.. candidates
            .Distinct(StringComparer.Ordinal)
            .Select(c => (Name: c, Distance: Score(typed, c, limit)))
            .Where(c => c.Distance <= limit)
            // Letters swapped are likelier than one too many: 'form' is 'from' rather than 'for'.
            .OrderBy(c => c.Distance).ThenBy(c => Math.Abs(c.Name.Length - typed.Length)).ThenBy(c => c.Name, StringComparer.Ordinal)
            .Take(count)
            .Select(c => c.Name)];
    }

    /// <summary>The words " Did you mean 'x'?" or nothing.</summary>
    public static string Hint(string typed, IEnumerable<string> candidates)
    {
        var near = Of(typed, candidates);
        return near.Count == 0 ? "" : $" Did you mean '{near[0]}'?";
    }

    private static int Score(string typed, string candidate, int limit)
    {
        if (typed.Length > MaxLength) return int.MaxValue;
        string a = typed.ToUpperInvariant(), b = candidate.ToUpperInvariant();
        if (a == b) return 0;
        if (a.Length >= 4 && b.Contains(a, StringComparison.Ordinal)) return 1;
        return Math.Abs(a.Length - b.Length) > limit ? int.MaxValue : Distance(a, b);
    }

    // Optimal string alignment: insert, delete, replace, swap neighbours; each costs one.
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        return d[a.Length, b.Length];
    }
}
