using System.Text;

namespace Etl.Parsing.Tests;

/// <summary>Files of the reports microservice.</summary>
public class BackgroundCsvTests
{
    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static readonly string?[][] s_rows = [["1", "a, b"], ["2", "say \"hi\"\nand go"], ["3", ""], ["007", "=1+1"]];

    [Theory]
    [InlineData("\n", "", true, int.MaxValue)]
    [InlineData("\n", "\uFEFF", true, 1)]
    [InlineData("\r\n", "", true, 3)]
    [InlineData("\r\n", "\uFEFF", false, 7)]
    [InlineData("\n", "", false, 1)]
    public void Cells_come_as_they_were_written(string end, string mark, bool closed, int chunk)
    {
        var text = mark + string.Join(end, "id,text", "1,\"a, b\"", "2,\"say \"\"hi\"\"\nand go\"", "3,", "007,=1+1") + (closed ? end : "");

        var (file, rows) = CsvFiles.ReadBackground(Bytes(text), chunk: chunk);

        Assert.Equal(["id", "text"], file.Header);
        Assert.Equal(s_rows, rows);
        Assert.Equal((4L, !closed, Bytes(text).Length), (file.Rows, file.HasOpenEnd, (int)file.Bytes));
    }

    [Fact]
    public void Header_alone_is_no_rows()
    {
        Assert.Equal((0L, false), (CsvFiles.ReadBackground(Bytes("a,b\n")).File.Rows, CsvFiles.ReadBackground(Bytes("a,b\n")).File.HasOpenEnd));
        Assert.True(CsvFiles.ReadBackground(Bytes("a,b")).File.HasOpenEnd);
    }

    [Theory]
    [InlineData("", ReportFormatException.EmptyBody)]
    [InlineData("<html></html>", ReportFormatException.Html)]
    [InlineData("{\"statusCode\":500}", ReportFormatException.NotJson)]
    [InlineData("a,b\n1\n", ReportFormatException.BadRow)]
    [InlineData("a,b\n1,2,3\n", ReportFormatException.BadRow)]
    [InlineData("a,b\n1,2,3", ReportFormatException.BadRow)]
    [InlineData("a,b\n1\n2,3", ReportFormatException.BadRow)]
    [InlineData("a,b\n1,\"2", ReportFormatException.Truncated)]
    [InlineData("a,b\n1,2\n3", ReportFormatException.Truncated)]
    [InlineData("a,b\n1,2\r\n3", ReportFormatException.Truncated)]
    [InlineData("a,b\n1,2\n\"3\"", ReportFormatException.Truncated)]
    [InlineData("a,b\n1,x\"2\n", ReportFormatException.BadRow)]
    [InlineData("a,a\n1,2\n", ReportFormatException.BadHeader)]
    public void File_that_is_not_sound_is_refused(string text, string code) =>
        Assert.Equal(code, Assert.Throws<ReportFormatException>(() => CsvFiles.ReadBackground(Bytes(text))).Code);

    [Fact]
    public void Character_cut_at_the_end_is_a_cut_file() =>
        Assert.Equal(ReportFormatException.Truncated, Assert.Throws<ReportFormatException>(() => CsvFiles.ReadBackground([.. Bytes("a\n1\u00E9")[..^1]])).Code);
}
