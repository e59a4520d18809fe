using System.Text.RegularExpressions;
using Etl.Cli.Composition;
using Etl.Testing;

namespace Etl.Cli.Tests;

/// <summary>Every command that docs/operations.md names, in blocks and in sentences, is one of this command line.</summary>
public sealed partial class OperationsPageTests
{
    [Fact]
    public void Commands_that_it_names_parse()
    {
        var page = File.ReadAllText(Repository.PathOf("docs/operations.md"));
        var lines = Named().Matches(page).Select(m => m.Groups[1].Value.Split(" #")[0].Trim()).Distinct().ToList();
        Assert.True(lines.Count >= 25, $"only {lines.Count} command lines found");
        Assert.All(lines, line => Assert.Empty(CommandLine.Create(new GlobalOptions()).Parse(line).Errors));
    }

    [GeneratedRegex(@"(?:^|^\$ |`)etl (-[^`\n]*|[a-z][^`\n]*)(?=`|$)", RegexOptions.Multiline)]
    private static partial Regex Named();
}
