namespace Etl.Scheduling;

/// <summary>
/// The cron of job files (five fields, or six with leading seconds; Sunday is 0 and 7) in the words of an engine. The reader of job
/// files has left only forms that engines agree on; what still differs is the number of a weekday and the number of fields.
/// </summary>
internal static class CronText
{
    private static readonly string[] s_days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

    /// <summary>Six fields with weekdays by name, where <c>*/2</c> and <c>5-7</c> are written out: engines count weekdays from 0 or from 1.</summary>
    public static string SixFields(string cron)
    {
        var fields = cron.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length == 5) fields = ["0", .. fields];
        if (fields[5] != "*") fields[5] = string.Join(',', fields[5].Split(',').SelectMany(Days).Distinct());
        return string.Join(' ', fields);
    }

    private static IEnumerable<string> Days(string item)
    {
        var slash = item.Split('/');
        var range = slash[0] == "*" ? ["0", "6"] : slash[0].Split('-');
        var (from, to) = (Day(range[0]), Day(range[^1]));
        var step = slash.Length > 1 ? int.Parse(slash[1], System.Globalization.CultureInfo.InvariantCulture) : 1;
        for (var day = from; day <= to; day += step) yield return s_days[day];
    }

    private static int Day(string text) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : Array.FindIndex(s_days, d => d.Equals(text, StringComparison.OrdinalIgnoreCase));
}
