using Etl.Core.Text;
using Etl.Core.Windows;

namespace Etl.Pipeline.Jobs;

/// <summary>Checks the time zones of job files.</summary>
internal static class TimeZones
{
    /// <summary>What is wrong with a zone, as a sentence; null when nothing is.</summary>
    public static string? FindFault(string id)
    {
        // These exist in a zone database as files but mean another zone on each machine, or count leap seconds.
        if (id is "localtime" or "local" or "posixrules" or "Factory" || id.StartsWith("posix/", StringComparison.Ordinal) || id.StartsWith("right/", StringComparison.Ordinal))
            return $"Time zone '{id}' depends on the machine. Write an IANA id such as 'America/New_York' or 'UTC'.";
        if (WindowCalendar.FindZone(id) is not null) return null;
        return $"Time zone '{id}' is not known here. Write an IANA id such as 'America/New_York'.{Nearest.Hint(id, Known())}";
    }

    private static IEnumerable<string> Known() => TimeZoneInfo.GetSystemTimeZones().Select(z => z.Id).Append("UTC");
}
