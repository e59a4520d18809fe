using System.Text;
using Etl.Testing;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>The jobs of the repository, without comments, and small files with what YAML allows and a job does not.</summary>
internal static class JobShapes
{
    public static IEnumerable<byte[]> All()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("jobs"), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            yield return Encoding.UTF8.GetBytes(string.Join('\n', File.ReadLines(file).Where(l => !l.TrimStart().StartsWith('#'))) + "\n");
        foreach (var text in s_small) yield return Encoding.UTF8.GetBytes(text);
    }

    private static readonly string[] s_small =
    [
        "", "\n", "# only a comment\n", "job", "job: a\n", "[]", "- a\n- b\n", "{", "{job: a", "job: a\njob: b\n", "job: &x a\nabout: *x\n", "job: !!str a\n", "--- \njob: a\n---\njob: b\n", "\tjob: a\n", "job:\n\tabout: b\n", "? a\n: b\n", "job: |\n  a\n", "job: 'a\n", "job: \"a\\x\"\n", "%YAML 1.1\n---\njob: a\n",
        "<<: {job: a}\n", "job: a\r\nsource: {report: 38, action: table}\r\nland: [{parquet: {dataset: a}}]\r\n", "\uFEFFjob: a\nsource: {report: 38, action: table}\nland: [{parquet: {dataset: a}}]\n", "job: a\nsource: { report: 38, action: table }\nland: [ { parquet: { dataset: a } } ]\nwindow: { every: day, timezone: America/New_York, lookback: 3660 }\n",
    ];
}
