using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Tests.Wire;

public class SerializerTests
{
    [Fact]
    public void Json_escapes_slashes_and_non_ascii() =>
        Assert.Equal("\"Caf\\u00e9 \\/ 2025 \\ud83d\\ude00 \\\"x\\\" \\\\ \\n\\r\\t\\u2028\"", JsonSerializer.Serialize("Caf\u00E9 / 2025 \U0001F600 \"x\" \\ \n\r\t\u2028"));

    [Fact]
    public void Json_leaves_null_properties_out_and_ends_with_the_type() =>
        Assert.Equal("{\"header\":\"a\",\"totalCount\":2,\"objectType\":\"KalturaReportTable\"}",
            JsonSerializer.Serialize(new ApiObject("KalturaReportTable", ("header", "a"), ("data", null), ("totalCount", 2L))));

    [Theory]
    [InlineData(1204.25, "1204.25")]
    [InlineData(36, "36")]
    [InlineData(1e15, "1.0E+15")]
    public void Number_of_a_base_total_is_no_text(double value, string expected)
    {
        var total = new ApiObject("KalturaReportBaseTotal", ("id", "total_msecs"), ("data", value));
        Assert.Equal($"{{\"id\":\"total_msecs\",\"data\":{expected},\"objectType\":\"KalturaReportBaseTotal\"}}", JsonSerializer.Serialize(total));
        Assert.Contains($"<data>{expected}</data>", XmlSerializer.Serialize(total, 0.01), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_args_are_an_object_or_an_empty_array()
    {
        Assert.Equal("{\"code\":\"DRUID_QUERY_TIMED_OUT\",\"message\":\"Query timed out\",\"objectType\":\"KalturaAPIException\",\"args\":[]}",
            JsonSerializer.Serialize(ApiException.TimedOut().ToReply()));
        Assert.EndsWith("\"args\":{\"SERVICE\":\"report->getTable\"}}", JsonSerializer.Serialize(ApiException.Forbidden("report", "getTable").ToReply()), StringComparison.Ordinal);
    }

    [Fact]
    public void Xml_wraps_errors_and_their_args()
    {
        var xml = XmlSerializer.Serialize(ApiException.Missing("pager").ToReply(), 0.01);

        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?><xml><result><error><code>MISSING_MANDATORY_PARAMETER</code>", xml, StringComparison.Ordinal);
        Assert.Contains("<args><item><objectType>KalturaApiExceptionArg</objectType><name>PARAM_NAME</name><value>pager</value></item></args></error></result><executionTime>0.0100</executionTime></xml>", xml, StringComparison.Ordinal);
    }
}
