using Etl.Fuzz.Tests.Harness;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Every target by its name. A new one for each use: they keep readers.</summary>
internal static class AllTargets
{
    private static readonly Func<FuzzTarget>[] s_all =
    [
        () => new TableTarget(), () => new CsvReportTarget(), () => new CustomCsvTarget(), () => new CsvFileTarget(), () => new AnswerTarget(), () => new XmlTarget(), () => new StatusTarget(),
        () => new UrlTarget(), () => new CommitTarget(), () => new AuditFormTarget(), () => new JobTarget(), () => new ParquetTarget(),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. s_all.Select(make => make().Name)];

    public static FuzzTarget Get(string name) => s_all.Select(make => make()).Single(t => t.Name == name);
}
