using System.Text.RegularExpressions;
using Etl.Cli.Composition;
using Etl.Core.Jobs;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Pipeline.Jobs;

namespace Etl.Cli.Tests;

/// <summary>Nothing in the README that a reader cannot run.</summary>
public partial class ReadmeTests
{
    private static readonly string s_root = FindRoot();
    private static readonly string s_readme = File.ReadAllText(Path.Combine(s_root, "README.md"));

    [Fact]
    public void First_job_is_valid()
    {
        var yaml = Regex.Match(s_readme, "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        var catalog = new KalturaCatalog();
        var set = JobFileReader.Parse(yaml, "README.md", catalog, new KalturaSourceRules(catalog));
        Assert.Empty(set.Faults);
        var job = Assert.Single(set.Jobs);
        Assert.Equal(("plays", "38"), (job.Name, job.Sources[0].Report));
        Assert.Equal(2, job.Land.OfType<LandSpec>().Count());
    }

    [Fact]
    public void Commands_that_it_shows_parse()
    {
        var lines = EtlLine().Matches(s_readme).Select(m => m.Groups[1].Value.Split('#')[0].Trim()).Where(l => l.Length > 0).Distinct().ToList();
        Assert.True(lines.Count >= 4, $"only {lines.Count} command lines found");
        Assert.All(lines, line => Assert.Empty(CommandLine.Create(new GlobalOptions()).Parse(line).Errors));
    }

    [Fact]
    public void Command_table_names_every_command_and_no_other()
    {
        var named = TableRow().Matches(s_readme).SelectMany(m => CommandWord().Matches(m.Groups[1].Value).Select(w => w.Groups[1].Value)).Distinct().Order();
        Assert.Equal(CommandLine.Create(new GlobalOptions()).Subcommands.Select(c => c.Name).Order(), named);
    }

    [Fact]
    public void Its_test_command_is_what_ci_runs()
    {
        Assert.Contains("\ntests/run\n", s_readme, StringComparison.Ordinal);
        Assert.Contains("tests/run", File.ReadAllText(Path.Combine(s_root, ".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_that_it_names_exist()
    {
        foreach (var path in new[] { "docs/glossary.md", "docs/decisions", "docs/benchmarks", "jobs", "schemas/job.schema.json", "src/Etl.Cli", "LICENSE" })
            Assert.True(Path.Exists(Path.Combine(s_root, path)), path);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Etl.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex(@"^etl ([a-z]+(?: .*)?)$", RegexOptions.Multiline)]
    private static partial Regex EtlLine();

    [GeneratedRegex(@"^\| (`[a-z].*?) \| .* \|$", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"`([a-z]+)")]
    private static partial Regex CommandWord();
}
