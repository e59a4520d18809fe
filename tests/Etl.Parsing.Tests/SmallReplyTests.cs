using System.Text;

namespace Etl.Parsing.Tests;

/// <summary>Totals, graphs, errors and multirequests.</summary>
public class SmallReplyTests
{
    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData("{\"objectType\":\"KalturaReportTotal\"}", true)]
    [InlineData("{\"header\":\"a|b\",\"data\":\"|\"}", true)]
    [InlineData("{\"header\":\"a|b\",\"data\":\"0|0.0\"}", true)]
    [InlineData("{\"header\":\"a|b\",\"data\":\"|-0\"}", true)]
    [InlineData("{\"header\":\"a|b\",\"data\":\"0|1\"}", false)]
    [InlineData("{\"header\":\"a|b\",\"data\":\"0|Unknown\"}", false)]
    [InlineData("{\"header\":\"a|b\",\"data\":null}", false)]
    [InlineData("{\"header\":\"a|b\"}", false)]
    [InlineData("{\"code\":\"X\",\"message\":\"m\",\"objectType\":\"KalturaAPIException\",\"args\":[]}", false)]
    public void Total_knows_when_there_is_nothing(string body, bool expected) => Assert.Equal(expected, ReportTotalReader.Read(Bytes(body), "|").IsEmptyOrZero);

    [Fact]
    public void Total_gives_the_cells_that_are_numbers()
    {
        var numbers = ReportTotalReader.Read(Bytes("{\"header\":\"a|b|c|d\",\"data\":\"12|4.0E-5||Unknown\"}"), "|").Numbers;
        Assert.Equal(new Dictionary<string, double> { ["a"] = 12, ["b"] = 4e-5 }, numbers);
    }

    [Theory]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1\"}", "bad-row")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2|3\"}", "bad-row")]
    [InlineData("{\"header\":\"a|a\",\"data\":\"1|2\"}", "bad-header")]
    [InlineData("{\"data\":\"1|2\"}", "bad-header")]
    [InlineData("{\"header\":5,\"data\":\"1|2\"}", "not-json")]
    [InlineData("[]", "not-json")]
    [InlineData("null", "not-json")]
    [InlineData("", "empty-body")]
    [InlineData(" <html>", "html")]
    [InlineData("{\"header\":\"a", "truncated")]
    [InlineData("{\"header\":\"a\"} x", "not-json")]
    [InlineData("{\"header\":\"\\ud800\",\"data\":\"1\"}", "bad-utf8")]
    [InlineData("{\"x\":\"\\ud800\"}", "bad-utf8")]
    public void Damaged_total_is_refused_with_its_code(string body, string code) =>
        Assert.Equal(code, Assert.Throws<ReportFormatException>(() => ReportTotalReader.Read(Bytes(body), "|")).Code);

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused_in_small_replies_too() =>
        Assert.Equal("bad-utf8", Assert.Throws<ReportFormatException>(() => ReportTotalReader.Read([(byte)'{', 0xFF, (byte)'}'], "|")).Code);

    [Fact]
    public async Task Small_reply_cut_or_damaged_anywhere_raises_nothing_else()
    {
        var random = new Random(9);
        foreach (var vector in Vector.All.Where(v => v.Action is "getTotal" or "getGraphs" or "multirequest"))
        {
            var body = vector.Body;
            for (var i = 0; i < 300; i++)
            {
                byte[] bad = [.. body];
                var place = random.Next(body.Length);
                if (i % 3 == 0) bad = body[..place];
                else bad[place] = i % 3 == 1 ? (byte)random.Next(256) : (byte)"\"\\;|{}[]:,u0"[random.Next(12)];
                try
                {
                    _ = vector.Action switch
                    {
                        "getTotal" => (object)ReportTotalReader.Read(bad, vector.Delimiter),
                        "getGraphs" => ReportGraphReader.Read(bad, vector.Delimiter),
                        _ => (await Multirequests.CutAsync(bad)).Count == 4 ? 4 : throw new ReportFormatException(ReportFormatException.Truncated, ""),
                    };
                    Assert.NotEqual(0, i % 3);
                }
                catch (ReportFormatException)
                {
                }
                _ = ServiceErrorReader.TryRead(bad);
            }
        }
    }

    [Theory]
    [InlineData("20250701|45;20250703|38;", "|", "20250701=45,20250703=38")]
    [InlineData("20250701,Computer:12,Mobile:3;20250702,Computer:9;", ",", "20250701=Computer:12,Mobile:3,20250702=Computer:9")]
    [InlineData("a|b|12;", "|", "a|b=12")]
    [InlineData("a,b,-0;", ",", "a,b=-0")]
    [InlineData("|5;", "|", "=5")]
    [InlineData("x|;", "|", "x=")]
    [InlineData("2026-03-01T00:00:00.000Z,a:1,b:2;", ",", "2026-03-01T00:00:00.000Z=a:1,b:2")]
    [InlineData("1751376000,120,8;", ",", "1751376000=120,8")]
    [InlineData("", "|", "")]
    public void Graph_points_split_at_the_delimiter_that_parts_x_from_y(string data, string delimiter, string expected)
    {
        var graphs = ReportGraphReader.Read(Bytes($"[{{\"id\":\"g\",\"data\":\"{data}\"}}]"), delimiter);
        Assert.Equal(expected, string.Join(',', graphs.Points.Select(p => $"{p.X}={p.Y}")));
        Assert.Equal(["g"], graphs.Graphs);
    }

    [Theory]
    [InlineData("[{\"id\":\"g\",\"data\":\"a;b|5;\"}]", "bad-row")]
    [InlineData("[{\"id\":\"g\",\"data\":\"a|b|c;\"}]", "bad-row")]
    [InlineData("[{\"id\":\"g\",\"data\":\"a|5\"}]", "truncated")]
    [InlineData("[{\"id\":\"g\",\"data\":null}]", "bad-row")]
    [InlineData("[{\"id\":\"g\"}]", "bad-row")]
    [InlineData("[{\"data\":\"\"}]", "not-json")]
    [InlineData("[5]", "not-json")]
    [InlineData("{}", "not-json")]
    public void Graph_that_cannot_be_split_is_refused(string body, string code) =>
        Assert.Equal(code, Assert.Throws<ReportFormatException>(() => ReportGraphReader.Read(Bytes(body), "|")).Code);

    [Fact]
    public void Reply_without_graphs_and_error_reply_are_replies()
    {
        Assert.Empty(ReportGraphReader.Read("[]"u8, "|").Graphs);
        var error = ReportGraphReader.Read("{\"code\":\"INTERNAL_SERVERL_ERROR\",\"message\":\"m\",\"objectType\":\"KalturaAPIException\",\"args\":[]}"u8, "|").Error;
        Assert.Equal("INTERNAL_SERVERL_ERROR", error!.Code);
    }

    [Fact]
    public void Error_is_recognised_in_XML_too()
    {
        var error = ServiceErrorReader.TryRead(
            """
            <?xml version="1.0" encoding="utf-8"?><xml><result><error><code>INVALID_KS</code><message>Invalid KS</message><objectType>KalturaAPIException</objectType>
            <args><item><objectType>KalturaApiExceptionArg</objectType><name>KSID</name><value>EXPIRED</value></item></args></error></result><executionTime>0.01</executionTime></xml>
            """u8);
        Assert.Equal(("INVALID_KS", "Invalid KS", "EXPIRED"), (error!.Code, error.Message, error.Args["KSID"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"https:\\/\\/host\"")]
    [InlineData("{\"objectType\":\"KalturaReportTable\",\"x\":\"KalturaAPIException\"}")]
    [InlineData("{\"objectType\":\"KalturaAPIException\"")]
    [InlineData("<html><error></html>")]
    [InlineData("<!DOCTYPE x [<!ENTITY e SYSTEM \"x\">]><xml><result><error><code>&e;</code></error></result></xml>")]
    [InlineData("plain text")]
    public void Anything_else_is_no_error(string body) => Assert.Null(ServiceErrorReader.TryRead(Bytes(body)));
}
