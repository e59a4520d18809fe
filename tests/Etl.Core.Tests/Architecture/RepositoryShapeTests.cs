using System.Diagnostics;
using System.Text.RegularExpressions;
using Etl.Testing;

namespace Etl.Core.Tests.Architecture;

/// <summary>What may stand at the top of the repository (design: section 3).</summary>
public partial class RepositoryShapeTests
{
    private static readonly string[] s_folders = ["src", "tests", "jobs", "schemas", "docs"];
    private static readonly string[] s_files = ["Etl.sln", "README.md", "SECURITY.md", "LICENSE", "docker-compose.yml", "global.json"];

    [SkippableFact]
    public void Every_tracked_file_has_its_place()
    {
        var files = TrackedFiles();
        Skip.If(files is null && Environment.GetEnvironmentVariable("ETL_TESTS_STRICT") != "1", "Git cannot list the tracked files here.");
        Assert.NotNull(files);
        Assert.Contains("Etl.sln", files);
        Assert.Equal([], files.Where(f => !HasPlace(f)));
    }

    [Theory]
    [InlineData("src/Etl.Core/Etl.Core.csproj", true)]
    [InlineData(".editorconfig", true)]
    [InlineData("Directory.Packages.props", true)]
    [InlineData("notes.md", false)]
    [InlineData("scripts/build.sh", false)]
    [InlineData("Etl.sln/x", false)]
    public void Place_is_told_from_the_first_step_of_a_path(string file, bool allowed) => Assert.Equal(allowed, HasPlace(file));

    private static bool HasPlace(string file)
    {
        var slash = file.IndexOf('/', StringComparison.Ordinal);
        var top = slash < 0 ? file : file[..slash];
        return top.StartsWith('.') || (slash < 0 ? s_files.Contains(top) || SharedProperties().IsMatch(top) : s_folders.Contains(top));
    }

    private static string[]? TrackedFiles()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "-z"])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var list = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? list.Split('\0', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no git on this machine
        }
    }

    [GeneratedRegex(@"\ADirectory\.[A-Za-z]+\.props\z")]
    private static partial Regex SharedProperties();
}
