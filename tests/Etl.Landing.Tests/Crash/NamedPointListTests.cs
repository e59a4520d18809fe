using System.Text.RegularExpressions;
using Etl.Testing;

namespace Etl.Landing.Tests.Crash;

/// <summary>Every point at which the product can be killed by name is a point at which some test kills it: a new one without a test is found here.</summary>
public sealed partial class NamedPointListTests
{
    /// <summary>Points that no test here reaches, and why.</summary>
    private static readonly Dictionary<string, string> s_out = new()
    {
        ["audit.stamped"] = "The last step of an append: nothing follows that could be lost.",
        ["table.staging"] = "SQL Server only, which is not to be had here.",
        ["table.staged"] = "SQL Server only, which is not to be had here.",
    };

    [Fact]
    public void Every_named_point_is_one_that_a_test_kills_at()
    {
        var points = Files("src").SelectMany(f => Points().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(points.Count > 60, $"{points.Count} points only.");
        // A test that kills names the point.
        var tests = Files("tests").Where(f => !f.EndsWith(nameof(NamedPointListTests) + ".cs", StringComparison.Ordinal)).Select(File.ReadAllText)
            .Where(t => t.Contains("Killed", StringComparison.Ordinal) || t.Contains("ETL_CRASH_AT", StringComparison.Ordinal)).ToList();
        bool IsKilledAt(string point) => tests.Any(t => t.Contains($"\"{point}\"", StringComparison.Ordinal) || t.Contains($"\"{point}:", StringComparison.Ordinal));

        Assert.DoesNotContain(points, p => !IsKilledAt(p) && !s_out.ContainsKey(p));
        Assert.DoesNotContain(s_out.Keys, p => !points.Contains(p) || IsKilledAt(p));
    }

    [Fact]
    public void Every_point_is_named_by_a_literal() =>
        Assert.Equal(["src/Etl.Core/Runs/Failpoint.cs"], Files("src").Where(f => Hits().Count(File.ReadAllText(f)) > Points().Count(File.ReadAllText(f))).Select(f => Path.GetRelativePath(Repository.Root, f)));

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !f.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [GeneratedRegex("""Failpoint\.Hit\("([^"]+)"\)""")]
    private static partial Regex Points();

    [GeneratedRegex("""\bHit\(""")]
    private static partial Regex Hits();
}
