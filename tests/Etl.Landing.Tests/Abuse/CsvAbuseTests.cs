using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Exports;
using Etl.Landing.Exports.Writing;

namespace Etl.Landing.Tests.Abuse;

/// <summary>The abuse cases of files for spreadsheets, in the bytes that a file has.</summary>
public sealed class CsvAbuseTests
{
    /// <summary>What it is, and the cell.</summary>
    public static TheoryData<string, string> Attacks() => new()
    {
        { "equals", "=1+1" },
        { "plus", "+1+1" },
        { "minus", "-1+1" },
        { "at", "@SUM(1+1)" },
        { "tab", "\t=1+1" },
        { "carriage return", "\r=1+1" },
        { "line feed", "a\n=1+1" },
        { "full-width forms", "＝1+1" },
        { "leading spaces", "   =1+1" },
        { "quote breakout", "x\",\"=1+1" },
        { "quote first", "\"=1+1" },
        { "semicolon locale", "x;=1+1" },
        { "DDE", "=cmd|' /C calc'!A0" },
        { "DDE behind a number", "+1+cmd|' /C calc'!A0" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public void No_reader_finds_a_formula_in_the_file(string attack, string text)
    {
        foreach (var delimiter in (char[])[',', ';', '\t'])
        {
            var line = Line(LeadCell.Of(text), ColumnType.Text, CrmType.Text, delimiter);

            var cell = Assert.Single(Read(line, delimiter));
            // Apostrophes came in and nothing else.
            Assert.Equal(text.Replace("'", "", StringComparison.Ordinal), cell.Replace("'", "", StringComparison.Ordinal));
            // A spreadsheet of another country ends cells elsewhere, but keeps to quotes; one that does not is worse off only outside of them.
            foreach (var reader in (char[])[',', ';', '\t'])
                Assert.All(Read(line, reader).SelectMany(c => c.Split('\r', '\n', ';', '\t')), c => Assert.False(Runs(c), $"{attack}, read with '{reader}': {line}"));
        }
    }

    [Fact]
    public void Negative_number_stays_a_number()
    {
        Assert.Equal("-5\r\n", Line(LeadCell.Of(-5L), ColumnType.Int64, CrmType.Number));
        Assert.Equal("-5.25\r\n", Line(LeadCell.Of(-5.25), ColumnType.Double, CrmType.Number));
        Assert.Equal("-5.25\r\n", Line(LeadCell.Of("-5.25"), ColumnType.Text, CrmType.Number));
    }

    [Theory]
    [InlineData(CrmType.Text)]
    [InlineData(CrmType.Phone)]
    public void International_number_stays_text_as_it_is(CrmType type) => Assert.Equal("+972 52 123 4567\r\n", Line(LeadCell.Of("+972 52 123 4567"), ColumnType.Text, type));

    [Fact]
    public void Header_is_defused_too()
    {
        using var rows = new CsvRows(["=1+1", "name"], new CrmForm(), defuses: true);
        Assert.Equal("\"'=1+1\",name\r\n", Encoding.UTF8.GetString(rows.Head.Span));
    }

    private static string Line(LeadCell cell, ColumnType type, CrmType crm, char delimiter = ',')
    {
        var profile = new CrmProfile { Name = "test", About = "A test.", Headers = [new CrmHeader("Value", crm)], Form = new CrmForm { Delimiter = delimiter } };
        Assert.Null(new ColumnForm(new LeadColumn("Value", type), profile, defuses: true).Write(cell, out var written));
        using var rows = new CsvRows(["Value"], profile.Form, defuses: true);
        return Encoding.UTF8.GetString(rows.Row([written]).Span);
    }

    // RFC 4180, read sign by sign.
    private static List<string> Read(string line, char delimiter)
    {
        Assert.EndsWith("\r\n", line, StringComparison.Ordinal);
        var (cells, cell, quoted) = (new List<string>(), new StringBuilder(), false);
        var text = line[..^2];
        for (var i = 0; i < text.Length; i++)
        {
            if (quoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[i++]);
            else if (text[i] == '"') quoted = !quoted;
            else if (text[i] == delimiter && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else cell.Append(text[i]);
        }
        Assert.False(quoted, line);
        return [.. cells, cell.ToString()];
    }

    private static bool Runs(string cell)
    {
        var seen = cell.SkipWhile(c => c is '"' || char.IsWhiteSpace(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.Control).ToArray();
        return seen.Length > 0 && "=+-@＝＋－＠﹦﹢﹣﹫".Contains(seen[0], StringComparison.Ordinal);
    }
}
