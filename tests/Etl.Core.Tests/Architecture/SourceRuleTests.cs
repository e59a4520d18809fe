using System.Text.RegularExpressions;

namespace Etl.Core.Tests.Architecture;

/// <summary>Rules of the house that a compiler does not know (docs: style).</summary>
public partial class SourceRuleTests
{
    private const int MaxLines = 500;

    private static readonly string[] s_withoutNamespace = ["Program.cs", "GlobalUsings.cs", "AssemblyInfo.cs"];

    [Fact]
    public void No_source_file_is_longer_than_five_hundred_lines() =>
        Assert.Empty(SourceFiles.Below("src").Concat(SourceFiles.Below("tests"))
            .Select(f => (File: f, SourceFiles.Lines(f).Length))
            .Where(f => f.Length > MaxLines)
            .Select(f => $"{f.File} has {f.Length} lines."));

    [Fact]
    public void Namespace_is_that_of_the_folder_or_of_the_room_and_stands_once_at_the_top() =>
        Assert.Empty(SourceFiles.Below("src").Concat(SourceFiles.Below("tests")).Select(FindNamespaceFault).OfType<string>());

    [Fact]
    public void Clock_is_read_through_a_TimeProvider() => Assert.Empty(Find(Clock()));

    [Fact]
    public void No_thread_sleeps() => Assert.Empty(Find(Sleep(), "src/Etl.Core/Runs/Failpoint.cs"));

    /// <summary>.NET's own way throws what nobody expects.</summary>
    [Fact]
    public void Addresses_are_read_in_one_place() => Assert.Empty(Find(AddressReading(), "src/Etl.Core/Outbound/WebAddress.cs"));

    /// <summary>.NET's own way to the disk is silent when the disk refuses.</summary>
    [Fact]
    public void Disks_are_synced_by_the_one_call_that_tells_faults() => Assert.Empty(Find(Sync(), "src/Etl.Core/Disks/DiskSync.cs"));

    [Theory]
    [InlineData("file.Flush(flushToDisk: true);", true)]
    [InlineData("file.Flush(true);", true)]
    [InlineData("RandomAccess.FlushToDisk(handle);", true)]
    [InlineData("file.Flush();", false)]
    [InlineData("DiskSync.Flush(file);", false)]
    public void Sync_rule_sees_all_ways(string line, bool found) => Assert.Equal(found, Sync().IsMatch(SourceFiles.CodeOf(line)));

    [Fact]
    public void Only_the_command_line_writes_to_the_console() => Assert.Empty(Find(ConsoleUse(), "src/Etl.Cli/"));

    [Theory]
    [InlineData("var now = DateTime.UtcNow;", true)]
    [InlineData("var now = DateTimeOffset.Now.AddDays(1);", true)]
    [InlineData("var now = time.GetUtcNow();", false)]
    [InlineData("// never DateTime.Now", false)]
    [InlineData("Log(\"DateTime.Now\"); // DateTime.Now", false)]
    [InlineData("MyDateTime.Nowhere()", false)]
    public void Clock_rule_sees_code_and_not_words(string line, bool found) => Assert.Equal(found, Clock().IsMatch(SourceFiles.CodeOf(line)));

    private static IEnumerable<string> Find(Regex rule, string except = "-") =>
        from file in SourceFiles.Below("src")
        where !file.StartsWith(except, StringComparison.Ordinal)
        from line in SourceFiles.Lines(file).Select((text, index) => (Text: text, Number: index + 1))
        where rule.IsMatch(SourceFiles.CodeOf(line.Text))
        select $"{file}:{line.Number}: {line.Text.Trim()}";

    // The room's own namespace is right in any of its folders: it is the surface that others use.
    private static string? FindNamespaceFault(string file)
    {
        var parts = file.Split('/');
        var expected = string.Join('.', parts[1..^1]);
        var found = SourceFiles.Lines(file).Where(l => Namespace().IsMatch(l)).Select(l => l.Trim()).ToList();
        if (found.Count == 0) return s_withoutNamespace.Contains(parts[^1]) ? null : $"{file} has no namespace; expected '{expected}'.";
        return found is [var only] && (only == $"namespace {expected};" || only == $"namespace {parts[1]};") ? null : $"{file} has '{found[0]}'; expected 'namespace {expected};'.";
    }

    [GeneratedRegex(@"\bUri\.TryCreate\(")]
    private static partial Regex AddressReading();

    [GeneratedRegex(@"\bFlushToDisk\(|\bFlush\((flushToDisk: )?true\)")]
    private static partial Regex Sync();

    [GeneratedRegex(@"\b(DateTime\.(Now|UtcNow|Today)|DateTimeOffset\.(Now|UtcNow))\b")]
    private static partial Regex Clock();

    [GeneratedRegex(@"\bThread\.Sleep\b")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\bConsole\.")]
    private static partial Regex ConsoleUse();

    [GeneratedRegex(@"^\s*namespace\s+[\w.]+\s*[;{]?\s*$")]
    private static partial Regex Namespace();
}
