using System.Globalization;
using System.Text;
using Etl.Testing;

namespace Etl.Benchmarks;

/// <summary>The page <c>docs/benchmarks/&lt;cpu&gt;-peers.md</c>: one section per comparison, replaced when it runs again. All of it is written by this program.</summary>
internal sealed class PeersPage(int size, int pairs)
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    private static string Path => System.IO.Path.Combine(Repository.Root, "docs", "benchmarks", $"{Cpu()}-peers.md");

    /// <summary>Runnable processes of the last minute.</summary>
    internal static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    internal static string Skipped(Comparison comparison, string reason) => Head(comparison) + $"Skipped: {reason}\n";

    internal string Compared(Comparison comparison, List<(Outcome Ours, Outcome? Theirs)> outcomes, string proof, string load)
    {
        var text = new StringBuilder(Head(comparison));
        text.Append(s_culture, $"{DateTime.UtcNow:yyyy-MM-dd}, {pairs} pairs, size {size} MiB, load {load} before and {Load()} after. {proof}\n\n");
        text.Append("| figure | etl | peer | ratio, median (least to most) | must | stretch | verdict |\n|---|---|---|---|---|---|---|\n");
        foreach (var figure in Enum.GetValues<Figure>())
        {
            var ours = outcomes.Select(o => o.Ours[figure]).Order().ToList();
            if (ours[^1] == 0) continue;
            var theirs = outcomes.Where(o => o.Theirs is not null).Select(o => o.Theirs![figure]).Order().ToList();
            var ratios = outcomes.Where(o => o.Theirs is not null && o.Theirs[figure] > 0).Select(o => o.Ours[figure] / o.Theirs![figure]).Order().ToList();
            var goal = comparison.Goals.FirstOrDefault(g => g.Figure == figure);
            var measured = goal is { IsRatio: false } ? Median(ours) : ratios.Count > 0 ? Median(ratios) : 0;
            text.Append(s_culture, $"| {Name(figure)} | {Median(ours):0.00} | {(theirs.Count > 0 ? Median(theirs).ToString("0.00", s_culture) : "")} | ");
            text.Append(ratios.Count > 0 ? string.Create(s_culture, $"{Median(ratios):0.000} ({ratios[0]:0.000} to {ratios[^1]:0.000})") : "").Append(" | ");
            text.Append(goal is null ? "|  |  |" : $"{Bound(goal, goal.Must)} | {Bound(goal, goal.Stretch)} | {(measured <= goal.Stretch ? "stretch" : measured <= goal.Must ? "must" : "MISSED")} |").Append('\n');
        }
        return text.ToString();
    }

    internal static void Save(Comparison comparison, string section)
    {
        var parts = (File.Exists(Path) ? File.ReadAllText(Path) : "").Split("\n## ").Skip(1).Select(s => "## " + s.TrimEnd('\n') + "\n").ToList();
        var at = parts.FindIndex(s => s.StartsWith(Head(comparison).Split('\n')[0] + "\n", StringComparison.Ordinal));
        if (at < 0) parts.Add(section);
        else parts[at] = section;
        File.WriteAllText(Path, $"# {Machine.Describe()}\n\nWritten by `tests/Etl.Benchmarks/peers/run`; see [README.md](README.md). Seconds, MiB of peak memory, MB of file.\n\n" + string.Join('\n', parts));
    }

    private static string Head(Comparison comparison) => $"## {comparison.Name}\n\n{comparison.What} Against {comparison.Peer}\n\n";

    private static double Median(List<double> sorted) => sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;

    private static string Bound(Goal goal, double bound) => (goal.IsRatio ? "" : "etl ") + bound.ToString("0.##", s_culture);

    private static string Name(Figure figure) => figure switch
    {
        Figure.Cpu => "cpu-seconds",
        Figure.Wall => "wall seconds",
        Figure.Peak => "peak MiB",
        _ => "MB written",
    };

    // "AMD EPYC" gives amd-epyc.
    private static string Cpu() => string.Concat(Machine.Describe().Split(',')[0].ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
}
