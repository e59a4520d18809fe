using Etl.Core.Errors;
using Etl.Core.Windows;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Verify;

/// <summary>Windows without a snapshot, found from the windows of the snapshots alone: time that no snapshot covers between the first and the last of a job's source and account.</summary>
internal static class Coverage
{
    /// <summary>More labels than that say no more than the two ends do.</summary>
    private const int MostLabels = 1000;

    public static IReadOnlyList<MissingWindows> Missing(IEnumerable<ManifestWindow> windows)
    {
        var missing = new List<MissingWindows>();
        foreach (var one in windows.GroupBy(w => (w.Key.Job, w.Key.Source, w.Key.Account)).OrderBy(g => g.Key))
        {
            ManifestWindow? last = null;
            foreach (var window in one.OrderBy(w => w.From).ThenBy(w => w.To))
            {
                if (last is not null && window.From > last.To) missing.Add(new MissingWindows(one.Key.Job, one.Key.Source, one.Key.Account, last.To, window.From, Labels(last, window.From)));
                if (last is null || window.To > last.To) last = window;
            }
        }
        return missing;
    }

    private static List<string> Labels(ManifestWindow before, DateTimeOffset end)
    {
        var labels = new List<string>();
        try
        {
            if (!Enum.TryParse<WindowUnit>(before.Every, ignoreCase: true, out var unit)) return labels;
            var calendar = new WindowCalendar(before.TimeZone, unit);
            for (var window = calendar.Containing(before.To); window.From < end && labels.Count < MostLabels; window = calendar.Containing(window.To)) labels.Add(window.Label);
        }
        catch (EtlException)
        {
            // A zone that this machine does not know: the two instants say it as well.
        }
        return labels;
    }
}
