using Etl.Core.Exports;
using Etl.Core.Jobs;

namespace Etl.Testing.Exports;

/// <summary>Jobs with one export, for tests that need no sources.</summary>
public static class ExportJobs
{
    public static ExportSpec Export(string profile = "csv") => new() { Name = "leads", Profile = profile, Sources = [], Columns = [] };

    public static JobDefinition Job(params ExportSpec[] exports) => new() { Name = "crm", Sources = [], Window = new WindowSpec(), Land = [], Exports = exports };
}
