using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Etl.Testing;
using YamlDotNet.Serialization;

namespace Etl.Core.Tests.Architecture;

/// <summary>
/// The planted faults fit the code as it is: <c>tests/mutants/run planted</c> plants them by night. A change that moves what a fault is planted in, or renames the test that
/// catches it, is told here at once.
/// </summary>
public partial class PlantedFaultTests
{
    /// <summary>Faults that the specification lists.</summary>
    private const int Listed = 28;

    private static readonly ConcurrentDictionary<string, string> s_sources = new(StringComparer.Ordinal);
    private static readonly string s_folder = Repository.PathOf("tests", "mutants", "planted");

    private static List<string> Planted => [.. Directory.GetFiles(s_folder, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Names() => [.. Planted];

    [Theory]
    [MemberData(nameof(Names))]
    public void Fault_can_be_planted_in_one_place_and_the_tests_that_catch_it_are_there(string name)
    {
        var fault = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(File.ReadAllText(Path.Combine(s_folder, name + ".yaml")));
        Assert.Equal(["caught-by", "file", "find", "put", "why"], fault.Keys.Order(StringComparer.Ordinal));
        Assert.EndsWith(".", ((string)fault["why"]).TrimEnd(), StringComparison.Ordinal);
        var (find, put) = ((string)fault["find"], (string)fault["put"]);
        var source = File.ReadAllText(Repository.PathOf((string)fault["file"]));
        Assert.True(source.Split(find).Length == 2, $"The text that is to be replaced occurs {source.Split(find).Length - 1} times in '{fault["file"]}'; it must be there once.");
        Assert.NotEqual(find, put);
        var tests = ((List<object>)fault["caught-by"]).Cast<string>().ToList();
        Assert.NotEmpty(tests);
        Assert.All(tests, test => Assert.True(IsThere(test), $"There is no test '{test}'."));
    }

    [Fact]
    public void Table_in_the_docs_has_every_fault_of_the_specification_and_every_planted_one()
    {
        var section = PlantedSection().Match(File.ReadAllText(Repository.PathOf("docs", "reliability.md"))).Value;
        var rows = Row().Matches(section);
        Assert.Equal(Enumerable.Range(1, Listed), rows.Select(r => int.Parse(r.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct().Order());
        var names = Planted;
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"`{name}`", section, StringComparison.Ordinal));
        // A name in the column of planted faults is a file, so that the table does not outlive one.
        Assert.All(rows, row => Assert.All(Quoted().Matches(row.Groups[3].Value), q => Assert.Contains(q.Groups[1].Value, names)));
    }

    // `Project/Namespace.Class.Method`, cut anywhere at a dot; a method may be cut short.
    private static bool IsThere(string test)
    {
        if (test.Split('/') is not [var project, var part] || !Directory.Exists(Repository.PathOf("tests", project))) return false;
        var source = s_sources.GetOrAdd(project, SourceOf);
        var names = part.Split('.');
        return names.Any(n => Regex.IsMatch(source, $@"\bclass {n}\b")) && names.All(n => Regex.IsMatch(source, $@"\bclass {n}\b|\bnamespace [\w.]*\b{n}\b|\b{n}\w*\("));
    }

    // Suites that several projects run are in a project of their own.
    private static string SourceOf(string project) =>
        string.Concat(((string[])[project, "Etl.Testing"]).SelectMany(p => SourceFiles.Below("tests/" + p)).Select(f => File.ReadAllText(Repository.PathOf(f))));

    [GeneratedRegex(@"(?ms)^## Planted faults$.*?(?=^## |\z)")]
    private static partial Regex PlantedSection();

    [GeneratedRegex(@"(?m)^\| (\d+) \|([^|]*)\|([^|]*)\|")]
    private static partial Regex Row();

    [GeneratedRegex("`([a-z0-9-]+)`")]
    private static partial Regex Quoted();
}
