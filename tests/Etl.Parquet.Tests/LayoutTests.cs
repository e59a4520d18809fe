namespace Etl.Parquet.Tests;

/// <summary>Expected row groups, pages, encodings and sizes as data.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void Row_groups_and_pages_are_cut_by_rows()
    {
        var table = TestTable.Of(ParquetType.Int32, [.. Enumerable.Range(0, 2500).Select(i => (object?)(i % 100))]);
        AssertLayout(table, new ParquetWriterOptions { Codec = ParquetCodec.None, MaxRowGroupRows = 1000, MaxPageRows = 400 },
            "rows 1000: DICTIONARY PLAIN 100 400 B | DATA RLE_DICTIONARY 400 359 B | DATA RLE_DICTIONARY 400 359 B | DATA RLE_DICTIONARY 200 184 B",
            "rows 1000: DICTIONARY PLAIN 100 400 B | DATA RLE_DICTIONARY 400 359 B | DATA RLE_DICTIONARY 400 359 B | DATA RLE_DICTIONARY 200 184 B",
            "rows 500: DICTIONARY PLAIN 100 400 B | DATA RLE_DICTIONARY 400 359 B | DATA RLE_DICTIONARY 100 100 B");
    }

    [Fact]
    public void Column_of_one_value_is_one_run()
    {
        var table = TestTable.Of(ParquetType.Text, [.. Enumerable.Repeat((object?)"same", 20_000)]);
        // Levels: 4 + varint(40000) 3 + 1; values: width 1 + varint(40000) 3 + 1.
        AssertLayout(table, new ParquetWriterOptions { Codec = ParquetCodec.None }, "rows 20000: DICTIONARY PLAIN 1 8 B | DATA RLE_DICTIONARY 20000 13 B");
    }

    [Fact]
    public void Distinct_values_are_plain_from_the_first_page_on()
    {
        var table = TestTable.Of(ParquetType.Int64, [.. Enumerable.Range(0, 5000).Select(i => (object?)(i * 1_000_000_007L))]);
        AssertLayout(table, new ParquetWriterOptions { Codec = ParquetCodec.None, MaxPageRows = 2000 },
            "rows 5000: DATA PLAIN 2000 16007 B | DATA PLAIN 2000 16007 B | DATA PLAIN 1000 8007 B");
    }

    [Fact]
    public void Dictionary_above_its_limit_leaves_earlier_pages_as_they_are()
    {
        // Each page has 1,000 new values, each 3 times: worth a dictionary, until its 8,000 bytes per page pass the limit.
        var table = TestTable.Of(ParquetType.Int64, [.. Enumerable.Range(0, 12_000).Select(i => (object?)(long)((i / 3000 * 1000) + (i % 1000)))]);
        AssertLayout(table, new ParquetWriterOptions { Codec = ParquetCodec.None, MaxPageRows = 3000, MaxDictionaryBytes = 20_000 },
            "rows 12000: DICTIONARY PLAIN 2000 16000 B | DATA RLE_DICTIONARY 3000 3760 B | DATA RLE_DICTIONARY 3000 4135 B | DATA PLAIN 3000 24007 B | DATA PLAIN 3000 24007 B");
    }

    [Fact]
    public void Dictionary_is_left_when_values_stop_repeating()
    {
        var table = TestTable.Of(ParquetType.Int32, [.. Enumerable.Range(0, 6000).Select(i => (object?)(i < 2000 ? i % 10 : i))]);
        AssertLayout(table, new ParquetWriterOptions { Codec = ParquetCodec.None, MaxPageRows = 2000 },
            "rows 6000: DICTIONARY PLAIN 10 40 B | DATA RLE_DICTIONARY 2000 1010 B | DATA PLAIN 2000 8007 B | DATA PLAIN 2000 8007 B");
    }

    [Fact]
    public void Text_pages_are_cut_behind_the_value_that_fills_them()
    {
        var table = TestTable.Of(ParquetType.Text, [.. Enumerable.Range(0, 100).Select(i => (object?)new string('a', 96))]);
        // 100 bytes each in plain form: 10 fill 1,000 bytes; the dictionary has one entry.
        AssertLayout(table, new ParquetWriterOptions { Codec = ParquetCodec.None, MaxPageBytes = 1000, MaxDictionaryBytes = 0 },
            "rows 100: " + string.Join(" | ", Enumerable.Repeat("DATA PLAIN 10 1006 B", 10)));
    }

    [Fact]
    public void Fixed_width_pages_are_cut_by_bytes()
    {
        var table = TestTable.Of(ParquetType.Double, [.. Enumerable.Range(0, 250).Select(i => (object?)(double)i)]);
        AssertLayout(table, new ParquetWriterOptions { Codec = ParquetCodec.None, MaxPageBytes = 800, MaxDictionaryBytes = 0 },
            "rows 250: DATA PLAIN 100 807 B | DATA PLAIN 100 807 B | DATA PLAIN 50 406 B");
    }

    [Fact]
    public void Nulls_take_a_bit_and_truth_values_another()
    {
        var table = TestTable.Of(ParquetType.Bool, [.. Enumerable.Range(0, 800).Select(i => i % 2 == 0 ? null : (object?)true)]);
        // Levels: 4 + header 2 + 100; 400 values: 50.
        AssertLayout(table, new ParquetWriterOptions { Codec = ParquetCodec.None }, "rows 800: DATA PLAIN 800 156 B");
    }

    [Fact]
    public void Row_groups_are_cut_by_buffered_bytes()
    {
        var table = TestTable.Of(ParquetType.Int64, [.. Enumerable.Range(0, 100_000).Select(i => (object?)(i * 1_000_003L))]);
        var file = table.Write(new ParquetWriterOptions { Codec = ParquetCodec.None, MaxRowGroupBytes = 200_000, MaxDictionaryBytes = 0 });
        using var reader = ParquetReader.Open(new MemoryStream(file));
        Assert.All(reader.RowGroups.SkipLast(1), g => Assert.InRange(g.CompressedBytes, 200_000 - (16 * 1024), 200_000));
        Assert.All(reader.RowGroups.SkipLast(1), g => Assert.Equal(0, g.Rows % 1024));
    }

    [Fact]
    public void Sizes_in_the_footer_are_those_in_the_file()
    {
        var file = ParquetRoundTripTests.Mixed(20_000).Write(new ParquetWriterOptions { MaxRowGroupRows = 7000, MaxPageRows = 999 });
        using var reader = ParquetReader.Open(new MemoryStream(file));
        var at = 4L;
        for (var g = 0; g < reader.RowGroups.Count; g++)
        {
            var group = reader.RowGroups[g];
            Assert.Equal(group.Columns.Sum(c => c.Bytes), group.Bytes);
            for (var c = 0; c < group.Columns.Count; c++)
            {
                var chunk = group.Columns[c];
                var pages = reader.ReadPages(g, c);
                Assert.Equal(at, chunk.Offset);
                Assert.Equal(pages.Sum(p => p.HeaderBytes + (long)p.Bytes), chunk.Bytes);
                Assert.Equal(pages.Sum(p => p.HeaderBytes + (long)p.CompressedBytes), chunk.CompressedBytes);
                Assert.Equal("SNAPPY", chunk.Codec);
                at += chunk.CompressedBytes;

                // The page index names the same pages.
                var data = pages.Where(p => p.Kind == "DATA").ToList();
                var index = reader.ReadPageIndex(g, c);
                Assert.Equal(data.Select(p => (p.Offset, p.HeaderBytes + p.CompressedBytes)), index.Select(p => (p.Offset, p.Bytes)));
                var first = 0L;
                foreach (var (page, entry) in data.Zip(index))
                {
                    Assert.Equal(first, entry.FirstRow);
                    first += page.Values;
                }
            }
        }
    }

    private static void AssertLayout(TestTable table, ParquetWriterOptions options, params string[] expected)
    {
        var file = table.Write(options);
        table.AssertSame(TestTable.Read(file));
        using var reader = ParquetReader.Open(new MemoryStream(file));
        var actual = reader.RowGroups.Select((g, i) =>
            FormattableString.Invariant($"rows {g.Rows}: ") + string.Join(" | ", reader.ReadPages(i, 0).Select(p => FormattableString.Invariant($"{p.Kind} {p.Encoding} {p.Values} {p.Bytes} B"))));
        Assert.Equal(expected, actual);
    }
}
