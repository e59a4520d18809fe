using System.Text.Json;
using System.Text.RegularExpressions;
using Etl.Cli.Composition;
using Etl.Cli.Demo.Patterns;
using Etl.Core.Errors;
using Etl.Kaltura.Reports;
using Etl.Pipeline.Jobs;
using Etl.Testing;
using Etl.Testing.Files;

namespace Etl.Cli.Tests;

public sealed partial class PatternTests : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>15.1 to 15.17 of the reports guide, 10.2 of the events guide.</summary>
    private static IEnumerable<string> Numbers => Enumerable.Range(1, 17).Select(n => $"15.{n}").Append("10.2");

    public void Dispose() => _folder.Dispose();

    /// <summary>One after the other over one sandbox: each has to compare something, and every comparison has to agree.</summary>
    [Fact]
    public async Task Every_pattern_runs_end_to_end_and_agrees_with_what_the_sandbox_holds()
    {
        var (exit, text, error) = await Shell.RunAsync("demo", "--pattern", "all", "--json", "--data", _folder["data"]);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var compared = lines.Where(l => l.GetProperty("type").GetString() == "compared").ToList();
        var unequal = compared.Where(c => !c.GetProperty("equal").GetBoolean()).Select(c => c.GetRawText()).ToList();
        Assert.True(unequal.Count == 0, string.Join('\n', unequal));
        Assert.Equal(Numbers.Order(), compared.Select(c => c.GetProperty("pattern").GetString()).Distinct().Order());
        Assert.True(exit == ExitCode.Done, $"exit {exit}\n{error}");
    }

    [Fact]
    public void Every_pattern_of_the_guides_has_its_file_and_its_section()
    {
        Assert.Equal(Numbers, PatternBook.All.Select(p => p.Number));
        Assert.Equal(
            PatternBook.All.Select(p => p.File).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Repository.PathOf("jobs/patterns")).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        var sections = Heading().Split(File.ReadAllText(Repository.PathOf("docs/patterns.md"))).Skip(1).Chunk(2).ToDictionary(s => s[0], s => s[1]);
        foreach (var pattern in PatternBook.All)
        {
            var section = sections[pattern.Number];
            Assert.Contains($"`etl demo --pattern {pattern.Number}`", section, StringComparison.Ordinal);
            Assert.Contains($"`etl run {pattern.Name} ", section, StringComparison.Ordinal);
            Assert.Contains("**In the guide** ", section, StringComparison.Ordinal);
            // The tables that people are sent to are made by the job.
            var made = PatternDemo.JobOf(pattern).Derive.Select(d => d.Table).ToList();
            var named = Tables().Match(section).Groups[1].Value.Split(", ").Select(t => t.Trim('`')).ToList();
            Assert.Subset(made.ToHashSet(), named.ToHashSet());
        }
    }

    [Fact]
    public void All_of_them_stand_beside_each_other_in_one_folder()
    {
        var set = JobFileReader.Load(Repository.PathOf("jobs/patterns"), EtlHost.Catalog, new KalturaSourceRules(EtlHost.Catalog));
        Assert.Empty(set.Faults.Select(f => f.ToString()));
        Assert.Equal(PatternBook.All.Count, set.Jobs.Count);
    }

    [Fact]
    public async Task Commands_of_the_page_parse_and_an_unknown_pattern_is_told_the_nearest()
    {
        var commands = Command().Matches(await File.ReadAllTextAsync(Repository.PathOf("docs/patterns.md"))).Select(m => m.Groups[1].Value).ToList();
        Assert.True(commands.Count > 36, $"only {commands.Count} commands found");
        Assert.All(commands, line => Assert.Empty(CommandLine.Create(new GlobalOptions()).Parse(line).Errors));

        var (exit, _, error) = await Shell.RunAsync("demo", "--pattern", "event-rio", "--data", _folder["data"]);
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Contains("There is no pattern 'event-rio'. Did you mean 'event-roi'?", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task List_names_them_all()
    {
        var (exit, text, _) = await Shell.RunAsync("demo", "--pattern", "list");
        Assert.Equal(ExitCode.Done, exit);
        Assert.All(PatternBook.All, p => Assert.Matches($@"(?m)^ *{Regex.Escape(p.Number)} +{p.Name} ", text));
    }

    [GeneratedRegex(@"^## (1[05]\.\d+) .*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"Tables? (`\w+`(?:, `\w+`)*)")]
    private static partial Regex Tables();

    [GeneratedRegex(@"(?:^\$ |`)etl ([a-z][^`\n]*)(?=`|$)", RegexOptions.Multiline)]
    private static partial Regex Command();
}
