using Etl.Core.Checks;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Pipeline.Restating;

/// <summary>How late the windows of a source settle, from what their pulls brought. Pure: asks nobody.</summary>
/// <param name="Windows">Windows that were pulled more than once: only they tell something.</param>
/// <param name="AtOnce">Share of them whose content never changed after the first pull, 0 to 1.</param>
/// <param name="Steps">For each age at which a window changed for the last time, the share that was settled by then; rising, the last is 1. Empty when nothing changed.</param>
/// <param name="Latest">The window that changed latest after its end; null when none did.</param>
public sealed record Settling(int Windows, double AtOnce, IReadOnlyList<SettledBy> Steps, string? Latest)
{
    /// <summary>Ages are told in hours for windows of an hour and in days for all others.</summary>
    public static TimeSpan UnitOf(WindowUnit every) => every == WindowUnit.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);

    /// <summary>Looks at windows with their pulls, oldest pull first.</summary>
    /// <param name="windows">Windows of one source with a landed pull.</param>
    /// <param name="unit">Ages are rounded to this, to one at least: a change is seen by the pull after it, which comes with the next run.</param>
    public static Settling Of(IEnumerable<(WindowRecord Window, IReadOnlyList<PullRecord> Pulls)> windows, TimeSpan unit)
    {
        var ages = new List<(int Age, TimeSpan Exact, string Label)>();
        foreach (var (window, all) in windows)
        {
            var pulls = all.Where(IsContent).ToList();
            if (pulls.Count < 2) continue;
            var last = Enumerable.Range(1, pulls.Count - 1).LastOrDefault(i => pulls[i].ContentHash != pulls[i - 1].ContentHash);
            var exact = pulls[last].StartedAt - window.To;
            ages.Add((last == 0 ? 0 : Math.Max(1, (int)Math.Round(exact / unit)), last == 0 ? TimeSpan.MinValue : exact, window.Key.Label));
        }
        if (ages.Count == 0) return new Settling(0, 0, [], null);
        var steps = ages.Select(a => a.Age).Where(a => a > 0).Distinct().Order()
            .Select(age => new SettledBy(age, (double)ages.Count(a => a.Age <= age) / ages.Count)).ToList();
        return new Settling(ages.Count, (double)ages.Count(a => a.Age == 0) / ages.Count, steps, steps.Count == 0 ? null : ages.MaxBy(a => a.Exact).Label);
    }

    // What a check held for other reasons may be wrong, and says nothing of how the service settles.
    private static bool IsContent(PullRecord pull) => pull.Checks.All(c => c.Verdict != Verdict.Hold || c.Name == FrozenCheck.Name);
}

/// <summary>A share of windows and when they were settled.</summary>
/// <param name="After">Units after the window's end, see <see cref="Settling.UnitOf"/>; at least 1.</param>
/// <param name="Share">Share of windows that did not change later, 0 to 1.</param>
public sealed record SettledBy(int After, double Share);
