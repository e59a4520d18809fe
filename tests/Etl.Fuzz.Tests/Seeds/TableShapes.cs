using System.Text;
using Etl.Parsing.Tests;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>getTable replies: of each family of reports, by each delimiter, and damaged in the ways that were seen.</summary>
internal static class TableShapes
{
    private static readonly (string Header, string[] Rows)[] s_families =
    [
        ("object_id|entry_name|count_plays|sum_time_viewed|avg_time_viewed|count_loads|load_play_ratio", ["1_abc|Introduction to biology|12|30.5|2.5|20|0.6", "0_xyz|00123|0|0|0|0|0"]),
        ("name|unique_videos|count_plays|sum_time_viewed", ["jane@example.com|3|4|5.25", "Unknown|0|0|0", "|1|1|1"]),
        ("country|count_plays|unique_viewers", ["FRANCE|5|4", "UNITED STATES|1.0E+22|286", "N/A|0|0"]),
        ("device|count_plays|sum_time_viewed", ["Computer|1|2", "Mobile|3|4"]),
        ("date_id|count_plays|count_loads", ["20260301|1|2", "20260302|0|0", "2026030123|7|8"]),
        ("month_id|bandwidth_consumption|average_storage", ["202603|0.00012345678901235|12", "202604|4.2E-7|13"]),
        ("domain_name|count_plays", ["example.com|5", "sub.example.com:8080/path?a=b|6"]),
        ("percentile|count_viewers|unique_known_users", ["0|10|9", "1|9|8", "100|1|1"]),
        ("user_id|registered|attended|answered_polls", ["a b@example.com|1|0|3", "=cmd|0|0|0", "ünï|1|1|1"]),
        ("status|count", ["2|1", "-1|0"]),
    ];

    private static readonly string[] s_delimiters = ["|", ",", "\t", "|~|", "é", "😀", "\"", "\\", "aab", "~~"];

    public static IEnumerable<byte[]> All()
    {
        foreach (var vector in VectorFile.Of("getTable"))
        {
            var delimiter = vector.GetProperty("request").TryGetProperty("responseOptions[delimiter]", out var asked) ? asked.GetString()! : ",";
            yield return Input(delimiter, Encoding.UTF8.GetBytes(VectorFile.Text(vector)));
        }
        for (var family = 0; family < s_families.Length; family++)
        {
            var (names, lines) = s_families[family];
            for (var style = 0; style < 3; style++)
            {
                var delimiter = s_delimiters[(family + style) % s_delimiters.Length];
                var rows = PlainTable.Format(lines.Select(l => l.Split('|')), delimiter);
                yield return Input(delimiter, PlainTable.Body(names.Split('|'), rows, delimiter, style, dataFirst: (family + style) % 4 == 0));
            }
        }
        foreach (var body in s_odd) yield return Input("|", Encoding.UTF8.GetBytes(body));
        foreach (var json in NastyLists.Json.Where((_, i) => i % 3 == 0)) yield return Input("|", Encoding.UTF8.GetBytes($"{{\"header\":\"a\",\"data\":\"1;\",\"x\":{json}}}"));
    }

    private static readonly string[] s_odd =
    [
        "{}", "{\"objectType\":\"KalturaReportTable\"}", "{\"totalCount\":0}", "{\"header\":\"a|b\",\"data\":\"\",\"totalCount\":0}", "{\"header\":\"a|b\",\"data\":null,\"totalCount\":5}", "{\"header\":null,\"data\":null}", "{\"header\":\"a|b\",\"totalCount\":\"12\"}",
        "{\"data\":\"1|2;\"}", "{\"header\":\"a|b\",\"data\":\"1|2\"}", "{\"header\":\"a|b\",\"data\":\"1|2;3|4\"}", "{\"header\":\"a|b\",\"data\":\"1;\"}", "{\"header\":\"a|b\",\"data\":\"1|2|3;\"}", "{\"header\":\"a|a\",\"data\":\"1|2;\"}", "{\"header\":\"|b\",\"data\":\"1|2;\"}",
        "{\"header\":\"\",\"data\":\";\"}", "{\"header\":\"a\",\"data\":\";;;\"}", "{\"header\":\"a\",\"header\":\"b\",\"data\":\"1;\"}", "{\"header\":5,\"data\":\"1;\"}", "{\"header\":\"a\",\"data\":[]}", "\uFEFF{\"header\":\"a\",\"data\":\"1;\"}", "{\"header\":\"a\",\"data\":\"1;\"}\n", "{\"header\":\"a\",\"data\":\"1;\"} x",
        "{\"code\":\"INVALID_KS\",\"message\":\"Invalid KS \\\"***\\\"\",\"objectType\":\"KalturaAPIException\",\"args\":{\"KSID\":\"***\",\"ERR_CODE\":\"-1\"}}", "{\"objectType\":\"KalturaAPIException\",\"code\":\"X\",\"args\":[]}", "<html><body>Bad gateway</body></html>", "", "null", "[]", "\"text\"",
        "{\"header\":\"a|b\",\"data\":\"\\u0031\\u007c2;\\/|\\ud83d\\ude00;\"}", "{\"header\":\"a\",\"data\":\"\\ud83d;\"}", "{\"\\u0068eader\":\"a\",\"data\":\"1;\"}", "{\"x\":{\"header\":\"b\",\"data\":\"2;\"},\"header\":\"a\",\"data\":\"1;\"}", "{\"data\":\"1|2;3|4;\",\"totalCount\":2,\"header\":\"a|b\"}",
    ];

    private static byte[] Input(string delimiter, byte[] body) => [.. Encoding.UTF8.GetBytes(delimiter + "\n"), .. body];
}
