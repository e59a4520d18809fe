using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Landing.Exports.Files;
using Etl.Landing.Stores.Local;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Exports;

/// <summary>A file that is shown is never written into, whatever a dead process left beside it.</summary>
public sealed class ExportShowTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Temporary_name_that_is_a_second_name_of_a_shown_file_is_not_written_into()
    {
        Skip.If(OperatingSystem.IsWindows(), "Files get their names by a rename there.");
        // As a kill leaves it between the two names of a file: both are the same file.
        File.WriteAllText(_folder["leads.csv"], "shown");
        File.WriteAllText(_folder["leads.csv.ok"], "fetched by somebody");
        Assert.Equal(0, LibC.Link(_folder["leads.csv.ok"], _folder[ExportFolder.TemporaryName("leads.csv.ok")]));
        var fault = Assert.Throws<EtlException>(() => ExportFolder.Show(Note(), _folder.Path));
        Assert.Equal("export-name-taken", fault.Code);
        Assert.Equal("fetched by somebody", File.ReadAllText(_folder["leads.csv.ok"]));
    }

    [Fact]
    public void Shown_file_has_its_final_name_only_and_showing_again_changes_nothing()
    {
        File.WriteAllText(_folder[".ready.part"], "rows");
        ExportFolder.Show(Note(), _folder.Path);
        Assert.Equal(["leads.csv", "leads.csv.ok"], _folder.Files());
        ExportFolder.Show(Note(), _folder.Path);
        Assert.Equal(["leads.csv", "leads.csv.ok"], _folder.Files());
        Assert.Equal("rows", File.ReadAllText(_folder["leads.csv"]));
    }

    private static ExportNote Note() => new()
    {
        Job = "crm", Export = "leads", Profile = "csv", Sequence = 1, MadeAt = DateTimeOffset.UnixEpoch, Parts = [new ExportPart(".ready.part", "leads.csv", 4, 1, new string('0', 64))],
        Counts = new LeadCounts(1, 1, 0, 0, 0, 0, 0, 0), Written = new ExportCounts(1, 0, 0, 0, 0), Inputs = "", Leads = "",
    };
}
