using System.Xml.Linq;
using Etl.Testing;

namespace Etl.Core.Tests.Architecture;

/// <summary>Who may see whom, read from the project files (design: section 3). A new room or arrow is entered here first.</summary>
public class ProjectArrowTests
{
    private const string Everything = "*";

    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Etl.Core"] = [],
        ["Etl.Parquet"] = [],
        ["Etl.Parsing"] = ["Etl.Core"],
        ["Etl.Kaltura"] = ["Etl.Core", "Etl.Parsing"],
        ["Etl.Landing"] = ["Etl.Core", "Etl.Parquet"],
        ["Etl.Pipeline"] = ["Etl.Core"],
        ["Etl.Scheduling"] = ["Etl.Core", "Etl.Pipeline"],
        ["Etl.Server"] = ["Etl.Core", "Etl.Pipeline"],
        ["Etl.Sandbox"] = ["Etl.Core"],
        ["Etl.Cli"] = [Everything],
    };

    [Fact]
    public void Every_project_is_a_known_room_and_sees_only_what_it_may()
    {
        var projects = Projects();
        Assert.Contains(projects, p => p.Name == "Etl.Core");
        Assert.Empty(projects.SelectMany(FaultsOf));
    }

    [Fact]
    public void Core_and_parquet_reference_no_packages() =>
        Assert.Empty(Projects().Where(p => p.Name is "Etl.Core" or "Etl.Parquet").SelectMany(p =>
            p.Xml.Descendants().Where(e => e.Name.LocalName is "PackageReference" or "FrameworkReference" or "Reference").Select(e => $"{p.Name}: {e}")));

    [Fact]
    public void Shared_properties_of_src_add_no_reference()
    {
        string[] files = ["Directory.Build.props", "Directory.Build.targets", "src/Directory.Build.props", "src/Directory.Build.targets"];
        Assert.Empty(files.Select(f => Repository.PathOf(f)).Where(File.Exists).SelectMany(f =>
            XDocument.Load(f).Descendants().Where(e => e.Name.LocalName is "ProjectReference" or "PackageReference" or "Reference").Select(e => $"{f}: {e}")));
    }

    [Theory]
    [InlineData("Etl.Pipeline", "Etl.Landing", "Etl.Pipeline may not see Etl.Landing; it may see: Etl.Core.")]
    [InlineData("Etl.Core", "Etl.Parsing", "Etl.Core may not see Etl.Parsing; it may see: nothing.")]
    [InlineData("Etl.Helpers", "Etl.Core", "Etl.Helpers is not a room of the design.")]
    public void Arrow_that_is_not_allowed_is_named(string project, string sees, string fault) =>
        Assert.Equal([fault], FaultsOf(new Project(project, XDocument.Parse($"<Project><ItemGroup><ProjectReference Include='..\\{sees}\\{sees}.csproj' /></ItemGroup></Project>"))));

    private static IEnumerable<string> FaultsOf(Project project)
    {
        if (!s_allowed.TryGetValue(project.Name, out var allowed)) return [$"{project.Name} is not a room of the design."];
        if (allowed is [Everything]) return [];
        return project.Xml.Descendants().Where(e => e.Name.LocalName == "ProjectReference")
            .Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value.Replace('\\', '/')))
            .Where(seen => !allowed.Contains(seen))
            .Select(seen => $"{project.Name} may not see {seen}; it may see: {(allowed.Length == 0 ? "nothing" : string.Join(", ", allowed))}.");
    }

    private static List<Project> Projects() =>
        [.. Directory.EnumerateFiles(Repository.PathOf("src"), "*.csproj", SearchOption.AllDirectories)
            .Select(f => new Project(Path.GetFileNameWithoutExtension(f), XDocument.Load(f)))];

    private sealed record Project(string Name, XDocument Xml);
}
