using Etl.Core.Columns;

namespace Etl.Parsing.Tests;

/// <summary>Lists of lines in graphs, and single cells given as text.</summary>
public class GraphLinesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("Computer:12,Mobile:3", "Computer=12|Mobile=3")]
    [InlineData("Computer:4.0E-5", "Computer=4.0E-5")]
    [InlineData("a:-0,b:-1.5", "a=-0|b=-1.5")]
    [InlineData(":5,x:6", "=5|x=6")]
    [InlineData("a:,b:1", "a=|b=1")]
    [InlineData("TV, connected:12,Mobile:3", "TV, connected=12|Mobile=3")]
    [InlineData("a,b,c:12", "a,b,c=12")]
    [InlineData("a:b:12", "a:b=12")]
    [InlineData(",:1", ",=1")]
    public void Lines_end_behind_a_colon_and_a_number(string list, string expected) =>
        Assert.Equal(expected, string.Join('|', GraphLines.Split(list)!.Select(l => $"{l.Name}={l.Value}")));

    [Theory]
    [InlineData("Computer")]
    [InlineData("Computer:12,")]
    [InlineData("Computer:12,Mobile")]
    [InlineData("Computer:NAN,Mobile:3")]
    [InlineData("a: b, c:3")]
    [InlineData(",")]
    public void List_that_would_have_to_be_guessed_is_not_split(string list) => Assert.Null(GraphLines.Split(list));

    [Theory]
    [InlineData(CellFormat.DayId, "20260310", 20522)]
    [InlineData(CellFormat.MonthId, "202603", 20513)]
    [InlineData(CellFormat.YearId, "2026", 20454)]
    [InlineData(CellFormat.HourId, "2026031001", 1773118800000000)]
    [InlineData(CellFormat.UnixSeconds, "1773118800", 1773118800000000)]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-10T05:00:00.000Z", 1773118800000000)]
    public void Time_is_days_or_microseconds(CellFormat format, string cell, long expected)
    {
        Assert.True(TextCell.TryTime(format, cell, 240, out var value));
        Assert.Equal(expected, value);
        var column = ColumnBuffer.Create(CellFormats.TypeOf(format)!.Value);
        Assert.True(TextCell.TryAppend(column, format, cell, 240));
        Assert.Equal(expected, column is FixedBuffer<int> days ? days.Values[0] : ((FixedBuffer<long>)column).Values[0]);
        Assert.False(TextCell.TryTime(format, cell + "x", 240, out _));
        Assert.False(TextCell.TryTime(format, "", 240, out _));
        Assert.False(TextCell.TryTime(format, new string('1', 500), 240, out _));
    }

    [Theory]
    [InlineData(CellFormat.Integer, "12", true)]
    [InlineData(CellFormat.Integer, "1.5", false)]
    [InlineData(CellFormat.Number, "1.5", true)]
    [InlineData(CellFormat.Number, "INF", false)]
    [InlineData(CellFormat.Number, "1,5", false)]
    [InlineData(CellFormat.Flag, "true", true)]
    [InlineData(CellFormat.Flag, "2", false)]
    [InlineData(CellFormat.DayId, "20260230", false)]
    [InlineData(CellFormat.Integer, "é", false)]
    public void Cell_that_cannot_be_typed_is_null_and_told(CellFormat format, string cell, bool good)
    {
        var column = ColumnBuffer.Create(CellFormats.TypeOf(format)!.Value);

        Assert.Equal(good, TextCell.TryAppend(column, format, cell, 0));
        Assert.True(TextCell.TryAppend(column, format, "", 0));

        Assert.Equal((2, good ? 1 : 2), (column.Count, column.NullCount));
    }

    [Fact]
    public void Minus_zero_becomes_zero()
    {
        var column = new FixedBuffer<double>();
        TextCell.TryAppend(column, CellFormat.Number, "-0", 0);
        Assert.Equal(0L, BitConverter.DoubleToInt64Bits(column.Values[0]));
    }

    [Fact]
    public void Text_stands_as_it_is_and_is_never_null()
    {
        var column = new TextBuffer();
        TextCell.TryAppend(column, CellFormat.Text, "Zürich", 0);
        TextCell.TryAppend(column, CellFormat.Text, "", 0);
        Assert.Equal((2, 0), (column.Count, column.NullCount));
        Assert.True(column[0].SequenceEqual("Zürich"u8));
    }
}
