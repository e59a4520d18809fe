using System.Globalization;

namespace Etl.Pipeline.Jobs;

/// <summary>
/// Checks the cron form that a job may use: the part on which scheduling engines agree.
/// <code>
/// cron  = [second] minute hour day-of-month month day-of-week      separated by blanks
/// field = item *( "," item )
/// item  = "*" [ "/" step ] | value [ "-" value [ "/" step ] ]
/// value = number | JAN..DEC (month) | SUN..SAT (day of week, 0 and 7 are Sunday)
/// </code>
/// <c>? L W # @daily</c> and <c>5/10</c> are left out, and one of the two day fields has to be <c>*</c>: with both
/// restricted some engines fire when either matches, others when both do.
/// </summary>
internal static class CronFields
{
    private static readonly string[] s_months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] s_days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    private static readonly int[] s_monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    private static readonly Field[] s_fields =
    [
        new("second", 0, 59), new("minute", 0, 59), new("hour", 0, 23), new("day of month", 1, 31),
        new("month", 1, 12, s_months, 1), new("day of week", 0, 7, s_days),
    ];

    /// <summary>What is wrong with an expression, as a sentence; null when nothing is.</summary>
    public static string? FindFault(string cron) => FindFault(cron, out _);

    /// <summary>The values of the six fields of a sound expression, seconds first; a day of the week may be 7 for Sunday.</summary>
    public static IReadOnlyList<IReadOnlySet<int>> Values(string cron) =>
        FindFault(cron, out var values) is { } fault ? throw new ArgumentException(fault, nameof(cron)) : values;

    private static string? FindFault(string cron, out HashSet<int>[] values)
    {
        values = new HashSet<int>[s_fields.Length];
        var texts = cron.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (texts.Length is not (5 or 6))
            return $"'{cron}' has {texts.Length} cron {(texts.Length == 1 ? "field" : "fields")}. Expected five (minute, hour, day of month, month, day of week), or six with seconds in front.";

        var first = s_fields.Length - texts.Length;
        values[0] = [0];
        for (var i = 0; i < texts.Length; i++)
        {
            values[first + i] = [];
            if (s_fields[first + i].FindFault(texts[i], values[first + i]) is { } fault) return fault;
        }
        if (texts[^3] != "*" && texts[^1] != "*")
            return $"'{cron}' restricts both the day of month ('{texts[^3]}') and the day of week ('{texts[^1]}'), which engines read differently. Write '*' in one of the two.";

        var longest = values[4].Max(month => s_monthLengths[month - 1]);
        return values[3].Min() > longest
            ? $"'{cron}' never fires: the months it names end before day {values[3].Min()}."
            : null;
    }

    private sealed record Field(string Name, int Least, int Most, string[]? Words = null, int WordBase = 0)
    {
        public string? FindFault(string text, HashSet<int> values)
        {
            foreach (var item in text.Split(','))
                if (FindItemFault(item, values) is { } fault) return fault;
            return null;
        }

        private string? FindItemFault(string item, HashSet<int> values)
        {
            var slash = item.IndexOf('/', StringComparison.Ordinal);
            var range = slash < 0 ? item : item[..slash];
            int from, to, step = 1;
            if (range == "*")
            {
                (from, to) = (Least, Most);
            }
            else
            {
                var dash = range.IndexOf('-', StringComparison.Ordinal);
                if (Value(dash < 0 ? range : range[..dash]) is not { } low) return Unknown(item);
                if (Value(dash < 0 ? range : range[(dash + 1)..]) is not { } high) return Unknown(item);
                if (slash >= 0 && dash < 0)
                    return $"'{item}' in the {Name} field of cron: engines disagree on where such a step ends. Write '{low}-{Most}{item[slash..]}'.";
                if (low > high)
                    return $"'{item}' in the {Name} field of cron runs backwards. Write two ranges or a list.";
                (from, to) = (low, high);
            }
            if (slash >= 0 && (!Number(item[(slash + 1)..], out step) || step < 1 || step > Most))
                return $"'{item}' in the {Name} field of cron has a bad step. Expected a number from 1 to {Most} after '/'.";
            for (var v = from; v <= to; v += step) values.Add(v);
            return null;
        }

        private int? Value(string text)
        {
            if (Number(text, out var number)) return number >= Least && number <= Most ? number : null;
            var index = Words is null ? -1 : Array.FindIndex(Words, w => string.Equals(w, text, StringComparison.OrdinalIgnoreCase));
            return index < 0 ? null : index + WordBase;
        }

        private string Unknown(string item)
        {
            var words = Words is null ? "" : $" or {Words[0]} to {Words[^1]}";
            return $"'{item}' is not a value of the {Name} field of cron. Expected {Least} to {Most}{words}, a range '{Least}-{Most}', a list with commas, '*' or '*/step'.";
        }

        private static bool Number(string text, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && text.Length <= 4;
    }
}
