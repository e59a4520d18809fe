using System.Text;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Testing;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>What the product writes itself and reads again: commit records, manifests, checkpoints.</summary>
internal static class RecordShapes
{
    public static IEnumerable<byte[]> Commits()
    {
        var at = new DateTimeOffset(2026, 11, 19, 0, 0, 0, TimeSpan.Zero);
        TableSchema[] schemas =
        [
            new([new Column("_window", ColumnType.Text, ColumnRole.System), new Column("object_id", ColumnType.Text), new Column("count_plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full)], ["_window", "object_id"]),
            new([new Column("é\"\n", ColumnType.Text, Unit: "min", Known: false)]),
            new([.. Enum.GetValues<ColumnType>().Select(t => new Column($"{t}", t))]),
        ];
        foreach (var (schema, number) in schemas.Select((s, i) => (s, i)))
        {
            var stamp = new PullStamp($"p{number}", number + 1, number * 1000L, new string('a', 64), at.AddHours(30).AddTicks(7), new string('b', 64));
            var record = new CommitRecord(new WindowKey("nightly-content", "main", "101", "2026-11-19"), at, at.AddDays(1), stamp, schema).ToMetadata();
            var lines = record.Select(f => $"{f.Key}={f.Value}").ToList();
            var open = lines.Select(l => l.StartsWith("etl.checksum=", StringComparison.Ordinal) ? "etl.checksum=*" : l).ToList();
            yield return Bytes(open);
            yield return Bytes(lines);
            yield return Bytes([.. lines, "ARROW:schema=x"]);
            foreach (var wrong in s_wrong.Where((_, i) => i % 3 == number)) yield return Bytes([.. open, wrong]);
        }
    }

    private static readonly string[] s_wrong =
    [
        "etl.fence=-1", "etl.fence=9223372036854775808", "etl.rows=+5", "etl.rows= 5", "etl.rows=1e3", "etl.from=2026-11-19", "etl.to=0001-01-01T00:00:00.0000000Z", "etl.pulled_at=2026-11-19T00:00:00.0000000+01:00", "etl.schema={}", "etl.schema=null", "etl.schema={\"columns\":[null],\"key\":[]}",
        "etl.schema={\"columns\":[],\"key\":null}", "etl.schema={\"columns\":[{\"name\":null}],\"key\":[]}", "etl.schema={\"columns\":[{\"name\":\"a\",\"type\":\"99\",\"role\":\"0\",\"additivity\":\"None\",\"known\":true}],\"key\":[]}", "etl.schema={\"columns\":[],\"key\":[null]}",
    ];

    public static IEnumerable<byte[]> Audits()
    {
        foreach (var entry in Directory.EnumerateFiles(Repository.PathOf("tests", "audit", "sample", "log", "entries")).Order(StringComparer.Ordinal)) yield return File.ReadAllBytes(entry);
        yield return File.ReadAllBytes(Repository.PathOf("tests", "audit", "sample", "log", "checkpoint"));
        const string Root = "Tb6QG/JxJjqDVntFI1+S8F8OYSgZ6hg1nx2qtar/hhw=";
        string[] texts =
        [
            $"etl-audit/a/0123456789abcdef\n1\n{Root}\n", $"etl-audit/a.b_c+d/0123456789abcdef\n9007199254740991\n{Root}\n", $"etl-audit/a/0123456789abcdef\n01\n{Root}\n", $"etl-audit/a/0123456789abcdef\n0\n{Root}\n", $"etl-audit/a/0123456789abcdef\n1\n{Root}", $"etl-audit/a/0123456789abcdef\n1\n{Root}\n\n",
            $"etl-audit/a/0123456789abcdef\n1\n{Root[..^1]}\n", $"etl-audit/a/0123456789abcdef\n1\n {Root}\n", "", "\n\n\n", "{}", "{\"a\":1,\"b\":[true,false,\"x\",{}],\"c\":-5}", "{\"b\":1,\"a\":2}", "{\"a\":1,\"a\":2}", "{ \"a\":1}", "{\"a\":1.0}", "{\"a\":null}", "{\"a\":\"\\u0061\"}", "{\"a\":\"\\u001f\\b\"}",
            "{\"a\":9007199254740992}", "{\"a\":-0}", "\uFEFF{}", "{}\n",
        ];
        foreach (var text in texts) yield return Encoding.UTF8.GetBytes(text);
    }

    private static byte[] Bytes(IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines));
}
