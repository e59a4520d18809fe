using Etl.Cli.Output;

namespace Etl.Cli.Tests;

public class TableWidthTests
{
    private static readonly string[] s_headers = ["window", "rows", "landed at"];

    private static readonly string[] s_row = ["2026-11-19", "35", "data/parquet/content_daily/date=2026-11-19/data.parquet"];

    [Fact]
    public void Table_that_fits_is_left_alone()
    {
        List<IReadOnlyList<string>> rows = [s_row];
        Assert.Equal(rows, TableWidth.Shorten(s_headers, rows, TableWidth.Drawn(s_headers, rows)));
    }

    [Theory]
    [InlineData(70)]
    [InlineData(60)]
    [InlineData(41)]
    public void Widest_column_is_cut_to_the_window_and_a_path_keeps_its_ends(int window)
    {
        var rows = TableWidth.Shorten(s_headers, [s_row], window);
        Assert.Equal(window, TableWidth.Drawn(s_headers, rows));
        Assert.Equal(s_row[..2], rows[0].Take(2));
        Assert.StartsWith("data/p", rows[0][2], StringComparison.Ordinal);
        Assert.EndsWith("arquet", rows[0][2], StringComparison.Ordinal);
        Assert.Contains("…", rows[0][2], StringComparison.Ordinal);
    }

    [Fact]
    public void Words_lose_their_end_and_never_half_a_pair()
    {
        var rows = TableWidth.Shorten(["note"], [[string.Concat(Enumerable.Repeat("\U0001F600", 30))]], 20);
        Assert.EndsWith("…", rows[0][0], StringComparison.Ordinal);
        Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(rows[0][0])));
        Assert.True(TableWidth.Drawn(["note"], rows) <= 20);
    }

    [Fact]
    public void Window_that_is_too_small_for_anything_still_gets_a_table() =>
        Assert.Equal(10, TableWidth.Shorten(s_headers, [s_row], 5)[0][2].Length);
}
