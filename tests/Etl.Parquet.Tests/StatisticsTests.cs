using System.Text;
using Etl.Parquet.Encodings;

namespace Etl.Parquet.Tests;

public sealed class StatisticsTests
{
    [Fact]
    public void Bounds_and_nulls_are_exact_per_chunk_and_page()
    {
        var table = TestTable.Of(ParquetType.Int64, 5L, null, -3L, 9L, null, null, 7L, 8L);
        using var reader = Open(table, 3);
        Assert.Equal(new ParquetStatistics(3, null, -3L, 9L, true, true), reader.RowGroups[0].Columns[0].Statistics);
        Assert.Equal(
            [new ParquetStatistics(1, null, -3L, 5L, null, null), new ParquetStatistics(2, null, 9L, 9L, null, null), new ParquetStatistics(0, null, 7L, 8L, null, null)],
            reader.ReadPageIndex(0, 0).Select(p => p.Statistics));
    }

    [Fact]
    public void Page_of_nulls_has_no_bounds()
    {
        using var reader = Open(TestTable.Of(ParquetType.Date, null, null, 4, null), 2);
        Assert.Equal([true, false], reader.ReadPageIndex(0, 0).Select(p => p.IsNull));
        Assert.Null(reader.ReadPageIndex(0, 0)[0].Statistics!.Min);
    }

    [Fact]
    public void Nan_is_counted_and_outside_of_bounds()
    {
        using var reader = Open(TestTable.Of(ParquetType.Double, double.NaN, 2.0, -1.0, double.NaN, null), 10);
        Assert.Equal(new ParquetStatistics(1, 2, -1.0, 2.0, true, true), reader.RowGroups[0].Columns[0].Statistics);
        Assert.Equal(new ParquetStatistics(1, 2, -1.0, 2.0, null, null), reader.ReadPageIndex(0, 0).Single().Statistics);
    }

    [Fact]
    public void Page_of_nan_leaves_the_chunk_without_column_index()
    {
        using var reader = Open(TestTable.Of(ParquetType.Double, double.NaN, double.NaN, 1.0, 2.0), 2);
        Assert.Equal(new ParquetStatistics(0, 2, 1.0, 2.0, true, true), reader.RowGroups[0].Columns[0].Statistics);
        Assert.Equal(2, reader.ReadPageIndex(0, 0).Count);
        Assert.All(reader.ReadPageIndex(0, 0), p => Assert.Null(p.Statistics));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Zero_bound_covers_both_zeros(bool isNegative)
    {
        using var reader = Open(TestTable.Of(ParquetType.Double, isNegative ? -0.0 : 0.0), 10);
        var statistics = reader.RowGroups[0].Columns[0].Statistics!;
        Assert.True(double.IsNegative((double)statistics.Min!));
        Assert.False(double.IsNegative((double)statistics.Max!));
    }

    [Fact]
    public void Truth_values_have_bounds()
    {
        using var reader = Open(TestTable.Of(ParquetType.Bool, true, null, true, false), 2);
        Assert.Equal(new ParquetStatistics(1, null, false, true, true, true), reader.RowGroups[0].Columns[0].Statistics);
        Assert.Equal(new ParquetStatistics(1, null, true, true, null, null), reader.ReadPageIndex(0, 0)[0].Statistics);
    }

    [Fact]
    public void Text_bounds_follow_unsigned_bytes()
    {
        using var reader = Open(TestTable.Of(ParquetType.Text, "b", "abcdefgh", "abcdefghi", "ä", "z", "abcdefgh\0"), 10);
        Assert.Equal(new ParquetStatistics(0, null, "abcdefgh", "ä", true, true), reader.RowGroups[0].Columns[0].Statistics);
    }

    [Fact]
    public void Long_text_bounds_are_cut_and_the_upper_one_raised()
    {
        var text = new string('a', 63) + "é" + new string('x', 100);
        using var reader = Open(TestTable.Of(ParquetType.Text, text), 10);
        Assert.Equal(new ParquetStatistics(0, null, new string('a', 63), new string('a', 62) + "b", false, false), reader.RowGroups[0].Columns[0].Statistics);
    }

    [Theory]
    [InlineData("aaaa", "aaab")]
    [InlineData("aa\ud7ff", "aa\ue000")] // over the surrogates
    [InlineData("aa\u007f", "ab")] // the next character has more bytes than there is room for
    [InlineData("aa\u07ff", "ab")]
    [InlineData("aa\uffff", "ab")]
    [InlineData("ab\U0010ffff", "ac")] // the highest character gives way to the one before
    public void Upper_bound_of_a_cut_text_is_above_all_its_continuations(string end, string expected)
    {
        // The cut at 64 bytes falls right behind the interesting characters.
        var fill = new string('-', TextBounds.MaxBytes - Encoding.UTF8.GetByteCount(end));
        var bound = new ByteBuffer();
        Assert.True(TextBounds.TryCutMax(Encoding.UTF8.GetBytes(fill + end + "more"), bound));
        Assert.Equal(fill + expected, Encoding.UTF8.GetString(bound.Written));
    }

    [Fact]
    public void Cut_bounds_enclose_any_text_and_stay_valid()
    {
        var random = new Random(11);
        int[] edges = [0x61, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff];
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        var bound = new ByteBuffer();
        for (var turn = 0; turn < 20_000; turn++)
        {
            var builder = new StringBuilder();
            for (var n = random.Next(15, 70); n > 0; n--)
                builder.Append(new Rune(edges[random.Next(edges.Length)]));
            var text = strict.GetBytes(builder.ToString());
            var min = TextBounds.CutMin(text);
            Assert.True(min.SequenceCompareTo(text) <= 0 && min.Length <= 64);
            strict.GetString(min);
            if (!TextBounds.TryCutMax(text, bound))
                continue;
            Assert.True(bound.Written.SequenceCompareTo(text) >= 0 && bound.Length <= 64, $"turn {turn}");
            strict.GetString(bound.Written);
        }
    }

    [Fact]
    public void Text_without_an_upper_bound_has_none()
    {
        var highest = string.Concat(Enumerable.Repeat("\U0010ffff", 20));
        using var reader = Open(TestTable.Of(ParquetType.Text, highest), 10);
        Assert.Equal((string.Concat(Enumerable.Repeat("\U0010ffff", 16)), null), ((string?)reader.RowGroups[0].Columns[0].Statistics!.Min, reader.RowGroups[0].Columns[0].Statistics!.Max));
        Assert.Null(reader.ReadPageIndex(0, 0).Single().Statistics);
    }

    [Fact]
    public void Text_that_is_not_utf8_is_stored_as_it_is_without_a_cut_upper_bound()
    {
        var bytes = Enumerable.Repeat((byte)0xFF, 100).ToArray();
        var table = TestTable.Of(ParquetType.Text, bytes);
        table.AssertSame(TestTable.Read(table.Write()));
        using var reader = Open(table, 10);
        Assert.Null(reader.RowGroups[0].Columns[0].Statistics!.Max);
    }

    // Few texts: bounds come from the dictionary. Many: from the rows. Others change from one to the other, or leave the dictionary, within a page.
    [Theory]
    [InlineData(5, 8 << 20)]
    [InlineData(8_000, 8 << 20)]
    [InlineData(12_000, 8 << 20)]
    [InlineData(1_000_000, 8 << 20)]
    [InlineData(3_000, 20_000)]
    [InlineData(12_000, 150_000)]
    public void Text_bounds_of_pages_are_those_of_their_rows(int distinct, int dictionaryBytes)
    {
        const int PageRows = 20_000;
        var random = new Random(distinct);
        var texts = Enumerable.Range(0, 3 * PageRows + 7).Select(_ => random.Next(20) == 0 ? null : $"{(uint)random.Next(distinct) * 2654435761u:x}").ToArray();
        var options = new ParquetWriterOptions { MaxPageRows = PageRows, MaxDictionaryBytes = dictionaryBytes };
        using var reader = ParquetReader.Open(new MemoryStream(TestTable.Of(ParquetType.Text, texts).Write(options)));
        Assert.Equal(texts.Chunk(PageRows).Select(Bounds), reader.ReadPageIndex(0, 0).Select(p => (p.Statistics!.Min, p.Statistics.Max)));
        var whole = reader.RowGroups[0].Columns[0].Statistics!;
        Assert.Equal(Bounds(texts), (whole.Min, whole.Max));

        static (object?, object?) Bounds(string?[] rows)
        {
            var ordered = rows.OfType<string>().Order(StringComparer.Ordinal).ToList();
            return (ordered[0], ordered[^1]);
        }
    }

    private static ParquetReader Open(TestTable table, int pageRows) =>
        ParquetReader.Open(new MemoryStream(table.Write(new ParquetWriterOptions { MaxPageRows = pageRows })));
}
