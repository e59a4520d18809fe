using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>Answers of the service, as wire facts 1.4, 1.5 and 3.2 give them.</summary>
internal static class Bodies
{
    public const string Absent = """{"objectType":"KalturaReportTable"}""";

    /// <summary>A table under the header <c>object_id|count_plays</c>, unless another is given.</summary>
    public static string Table(IEnumerable<string> rows, long? totalCount = null, string header = "object_id|count_plays")
    {
        var data = string.Concat(rows.Select(r => r + ";"));
        var count = totalCount is { } n ? $",\"totalCount\":{n.ToString(CultureInfo.InvariantCulture)}" : "";
        return $"{{\"header\":{Json(header)},\"data\":{Json(data)}{count},\"objectType\":\"KalturaReportTable\"}}";
    }

    /// <summary>Rows of entries <paramref name="first"/> to first + count - 1, each played once.</summary>
    public static IEnumerable<string> Entries(int first, int count) =>
        Enumerable.Range(first, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"1_{i:00000000}|1"));

    public static string Total(string header, string data) =>
        $"{{\"header\":{Json(header)},\"data\":{Json(data)},\"objectType\":\"KalturaReportTotal\"}}";

    /// <summary>A getGraphs answer: name and data of each graph.</summary>
    public static string Graphs(params (string Id, string Data)[] graphs) =>
        $"[{string.Join(',', graphs.Select(g => $"{{\"id\":{Json(g.Id)},\"data\":{Json(g.Data)},\"objectType\":\"KalturaReportGraph\"}}"))}]";

    public static string Plays(long plays) => Total("count_plays", plays.ToString(CultureInfo.InvariantCulture));

    public static string Error(string code, string message = "no", string args = "[]") =>
        $"{{\"code\":{Json(code)},\"message\":{Json(message)},\"objectType\":\"KalturaAPIException\",\"args\":{args}}}";

    public static string InvalidKs(string reason) =>
        Error("INVALID_KS", $"Invalid KS \"{reason}\", Error \"-1,INVALID_STR\"", $"{{\"KSID\":{Json(reason)},\"ERR_CODE\":\"-1\",\"ERR_DESC\":\"INVALID_STR\"}}");

    public static Answer Gzip(string body) => Gzip(Encoding.UTF8.GetBytes(body));

    public static Answer Gzip(byte[] body)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(body);
        return new Answer(packed.ToArray()).With("Content-Encoding", "gzip");
    }

    private static string Json(string text) => JsonSerializer.Serialize(text);
}
