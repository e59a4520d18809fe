using System.Globalization;
using System.Text.RegularExpressions;
using Etl.Testing;

namespace Etl.Kaltura.Tests.Network;

/// <summary>Each of the 56 faults has a test that bears its number, in some test project, and a row in the document.</summary>
public partial class NetworkRowsTests
{
    private const int Faults = 56;

    [Fact]
    public void Every_fault_has_a_test_and_every_test_a_fault()
    {
        var found = Directory.EnumerateFiles(Repository.PathOf("tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(f => Test().Matches(File.ReadAllText(f)))
            .SelectMany(m => Number().Matches(m.Groups["rows"].Value))
            .Select(m => int.Parse(m.ValueSpan[1..], CultureInfo.InvariantCulture))
            .Distinct().Order();

        Assert.Equal(Enumerable.Range(1, Faults), found);
    }

    [Fact]
    public void Every_fault_is_a_row_of_the_document()
    {
        var rows = File.ReadLines(Repository.PathOf("docs", "reliability.md")).Select(l => Row().Match(l)).Where(m => m.Success)
            .Select(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

        Assert.Equal(Enumerable.Range(1, Faults), rows);
    }

    [GeneratedRegex(@"(?:Fact|Theory|InlineData\(.*\)|MemberData\(.*\))\]\s+public (?:async Task|void) (?<rows>(?:N\d\d_)+)\w+\(")]
    private static partial Regex Test();

    [GeneratedRegex(@"N\d\d")]
    private static partial Regex Number();

    [GeneratedRegex(@"^\| N(\d+) \|")]
    private static partial Regex Row();
}
