using System.Text;
using Etl.Testing;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>Small files with what YAML allows and a job does not, and the jobs of the repository.</summary>
internal static class JobShapes
{
    public static IEnumerable<byte[]> All() => s_small.Select(Encoding.UTF8.GetBytes);

    /// <summary>The jobs of the repository as they are today, without comments. They are no seeds on the disk: each change of a job would have to be made there too.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> OfTheRepository() =>
        Directory.EnumerateFiles(Repository.PathOf("jobs"), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => ("jobs/" + Path.GetFileName(f), Encoding.UTF8.GetBytes(string.Join('\n', File.ReadLines(f).Where(l => !l.TrimStart().StartsWith('#'))) + "\n")));

    private static readonly string[] s_small =
    [
        "", "\n", "# only a comment\n", "job", "job: a\n", "[]", "- a\n- b\n", "{", "{job: a", "job: a\njob: b\n", "job: &x a\nabout: *x\n", "job: !!str a\n", "--- \njob: a\n---\njob: b\n", "\tjob: a\n", "job:\n\tabout: b\n", "? a\n: b\n", "job: |\n  a\n", "job: 'a\n", "job: \"a\\x\"\n", "%YAML 1.1\n---\njob: a\n",
        "<<: {job: a}\n", "job: a\r\nsource: {report: 38, action: table}\r\nland: [{parquet: {dataset: a}}]\r\n", "\uFEFFjob: a\nsource: {report: 38, action: table}\nland: [{parquet: {dataset: a}}]\n", "job: a\nsource: { report: 38, action: table }\nland: [ { parquet: { dataset: a } } ]\nwindow: { every: day, timezone: America/New_York, lookback: 3660 }\n",
    ];
}
