using System.Text;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>JSON answers that are no tables.</summary>
internal static class AnswerShapes
{
    private static readonly string[] s_more =
    [
        "{\"header\":\"a,b\",\"data\":\"1,2.5\",\"objectType\":\"KalturaReportTotal\"}", "{\"header\":\"a,b\",\"data\":\",\"}", "{\"header\":\"a,b\",\"data\":\"1\"}", "{\"header\":\"a\",\"data\":null}", "{\"data\":\"1\"}", "{\"header\":\"a,b\",\"data\":\"0,1.0E+22\"}",
        "[{\"id\":\"count_plays\",\"data\":\"20260301,5;20260302,0;\",\"objectType\":\"KalturaReportGraph\"}]", "[{\"id\":\"a\",\"data\":\"\"}]", "[{\"id\":\"a\",\"data\":\"1,2\"}]", "[{\"id\":\"a\",\"data\":null}]", "[{\"data\":\"1,2;\"}]", "[{\"id\":\"a\",\"data\":\"20260301,x:1,y:2;Some name, with comma,5;\"}]",
        "[{\"id\":\"bandwidth\",\"data\":5,\"objectType\":\"KalturaReportBaseTotal\"},{\"id\":\"b\",\"data\":\"6\"},{\"id\":\"c\"}]", "[{\"id\":\"a\",\"data\":{}}]", "{\"totalCount\":1,\"objects\":[{\"id\":\"1_abc\",\"name\":\"n\",\"objectType\":\"KalturaMediaEntry\"}]}", "{\"totalCount\":0}",
        "{\"totalCount\":5}", "{\"totalCount\":-1,\"objects\":[]}", "{\"objects\":{}}", "{\"totalCount\":1e400,\"objects\":[]}", "\"https:\\/\\/www.kaltura.com\\/ks\\/x\\/report.csv\"", "\"\"", "null", "\"\\ud83d\"", "[{\"header\":\"a\",\"data\":\"1\"},{\"header\":\"b\",\"data\":\"2\"}]",
        "[{\"header\":\"a\",\"data\":\"1\"},{\"objectType\":\"KalturaAPIException\",\"code\":\"X\",\"message\":\"m\",\"args\":{\"a\":\"b\",\"n\":5}}]", "[{}]", "[[],[]]", "{\"objectType\":\"KalturaAPIException\",\"code\":\"SERVICE_FORBIDDEN\",\"message\":\"The access is forbidden\",\"args\":[]}",
        "{\"objectType\":\"KalturaAPIException\",\"code\":5,\"message\":null,\"args\":{\"a\":{\"b\":[1]}}}",
    ];

    public static IEnumerable<byte[]> All() =>
        VectorFile.Of("getTotal", "getGraphs", "multirequest").Concat(VectorFile.Of("csv").Where(v => v.TryGetProperty("response_text", out _))).Select(VectorFile.Text).Concat(s_more).Concat(NastyLists.Json).Select(Encoding.UTF8.GetBytes);

    public static IEnumerable<byte[]> States() => s_states.Concat(NastyLists.Json.Where((_, i) => i % 4 == 1)).Select(Encoding.UTF8.GetBytes);

    private static readonly string[] s_states =
    [
        "{\"sessionId\":\"a1b2\"}", "{\"sessionId\":12}", "{\"status\":\"pending\"}", "{\"status\":\"in_progress\"}", "{\"status\":\"completed\"}", "{\"status\":\"failed\",\"error\":\"out of memory\"}", "{\"status\":\"PENDING\",\"error\":null}", "{\"status\":\"failed\",\"errorMessage\":\"m\"}",
        "{\"status\":{}}", "{\"status\":[]}", "{\"status\":\"\"}", "{\"status\":true}", "{\"status\":false}", "{\"status\":\"\\ud800\"}", "{\"status\":\"pending\",\"status\":\"failed\"}", "{\"error\":{\"code\":5,\"text\":[1,2]}}", "{\"sessionId\":null}", "{\"sessionId\":\"a\",\"more\":{\"deep\":[[[]]]}}",
    ];
}
