using System.Globalization;
using System.Text.RegularExpressions;
using Etl.Testing;

namespace Etl.Cli.Tests;

/// <summary>The tests that <c>docs/threat-model.md</c> and the abuse cases of <c>docs/reliability.md</c> name are there, and the cases are ninety.</summary>
public sealed class EvidencePageTests
{
    private static readonly string s_sources = string.Concat(
        Directory.EnumerateFiles(Repository.PathOf("tests"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.EndsWith(nameof(EvidencePageTests) + ".cs", StringComparison.Ordinal)).Select(File.ReadAllText));

    private static readonly string s_abuse = Regex.Match(File.ReadAllText(Repository.PathOf("docs", "reliability.md")), @"^## Abuse\n(.*?)(?=^## |\z)", RegexOptions.Singleline | RegexOptions.Multiline).Groups[1].Value;

    [Theory]
    [InlineData("threat-model.md", 30)]
    [InlineData("reliability.md", 15)]
    public void Classes_and_methods_of_tests_that_a_page_names_exist(string page, int least)
    {
        var text = page == "reliability.md" ? s_abuse : File.ReadAllText(Repository.PathOf("docs", page));
        var classes = Regex.Matches(text, @"`([A-Z]\w+(?:Tests|Contract))\b").Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.True(classes.Count >= least, $"{page} names {classes.Count} classes.");
        Assert.All(classes, c => Assert.Matches($@"\bclass {c}\b", s_sources));
        Assert.All(Regex.Matches(text, @"[`.]([A-Z][a-z]+_\w+)`").Select(m => m.Groups[1].Value).Distinct(), m => Assert.Matches($@"\b{m}\(", s_sources));
    }

    [Fact]
    public void Abuse_cases_are_ninety_and_every_row_that_stands_for_one_exists()
    {
        var sections = Regex.Split(s_abuse, "^### ", RegexOptions.Multiline).Skip(1).ToList();
        Assert.Equal([24, 12, 14, 10, 12, 12, 6], sections.Select(s => Regex.Matches(s, @"^\| (\d+)(?:-(\d+))? \|", RegexOptions.Multiline).Sum(Cases)));
        Assert.Equal([24, 12, 14, 10, 12, 12, 6], sections.Select(s => int.Parse(Regex.Match(s, @"\((\d+)\)").Groups[1].Value, CultureInfo.InvariantCulture)));
        foreach (var section in sections.Where(s => s.Contains("| row |", StringComparison.Ordinal)))
            foreach (Match row in Regex.Matches(section, @"^\| [\d-]+ \|[^|]*\| (.*) \|$", RegexOptions.Multiline))
                // What stands in code is a method or a class, checked above; names of rows may hold commas.
                foreach (var name in Regex.Replace(row.Groups[1].Value, @"[;,]?\s*`[\w.]+`( for [a-z, ]+)?", "").Split([", ", "; "], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                    Assert.True(Regex.IsMatch(s_sources, $"[\"(\\s]{Regex.Escape(name)}(\"|,)"), $"No test has a row '{name}'.");
        foreach (Match row in Regex.Matches(sections[0], @"^\| \d+ \|[^|]*\| O (.*) \|$", RegexOptions.Multiline))
            foreach (Match url in Regex.Matches(row.Groups[1].Value, @"`([^`]*[:/][^`]*)`"))
                Assert.Contains($"[InlineData(\"{Escaped(url.Groups[1].Value)}\")]", s_sources, StringComparison.Ordinal);

        static int Cases(Match numbers)
        {
            var first = int.Parse(numbers.Groups[1].Value, CultureInfo.InvariantCulture);
            return numbers.Groups[2].Success ? int.Parse(numbers.Groups[2].Value, CultureInfo.InvariantCulture) - first + 1 : 1;
        }

        static string Escaped(string text) => string.Concat(text.Select(c => c < 0x7F ? c.ToString() : $"\\u{(int)c:x4}"));
    }
}
