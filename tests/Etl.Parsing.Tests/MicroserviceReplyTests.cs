using System.Text;

namespace Etl.Parsing.Tests;

/// <summary>Small answers of the reports microservice.</summary>
public class MicroserviceReplyTests
{
    private static MicroserviceReply Read(string body) => MicroserviceReplyReader.Read(Encoding.UTF8.GetBytes(body));

    [Theory]
    [InlineData("""{"sessionId":"a1"}""", "a1", null, null)]
    [InlineData("""{"sessionId":12}""", "12", null, null)]
    [InlineData("""{"status":"pending","error":null}""", null, "pending", null)]
    [InlineData("""{"status":"pending","error":""}""", null, "pending", null)]
    [InlineData("""{"status":"pending","error":{}}""", null, "pending", null)]
    [InlineData("""{"status":"pending","error":false}""", null, "pending", null)]
    [InlineData("""{"status":"failed","error":"out of memory"}""", null, "failed", "out of memory")]
    [InlineData("""{"status":"failed","error":"","errorMessage":"out of memory"}""", null, "failed", "out of memory")]
    [InlineData("""{"status":"failed","error":{"code":5}}""", null, "failed", """{"code":5}""")]
    [InlineData("{}", null, null, null)]
    public void What_an_answer_tells_is_read(string body, string? id, string? status, string? error) =>
        Assert.Equal(new MicroserviceReply(id, status, error), Read(body));

    [Theory]
    [InlineData("\"a1\"", ReportFormatException.NotJson)]
    [InlineData("[]", ReportFormatException.NotJson)]
    [InlineData("<html/>", ReportFormatException.Html)]
    [InlineData("", ReportFormatException.EmptyBody)]
    [InlineData("{\"status\":\"pen", ReportFormatException.Truncated)]
    [InlineData("\"202", ReportFormatException.Truncated)]
    [InlineData("\"\\ud83d\\ude0", ReportFormatException.Truncated)]
    [InlineData("\"\\ud83d\"", ReportFormatException.BadUtf8)]
    [InlineData("-5", ReportFormatException.NotJson)]
    public void Answer_that_is_no_whole_object_is_refused(string body, string code) =>
        Assert.Equal(code, Assert.Throws<ReportFormatException>(() => Read(body)).Code);
}
