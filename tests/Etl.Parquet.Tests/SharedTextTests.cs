using System.Globalization;

namespace Etl.Parquet.Tests;

/// <summary>Texts that are read as places in the dictionary. That they are the same texts, every test asserts that reads a table.</summary>
public sealed class SharedTextTests
{
    // A thousand rows a page: the first three repeat, the others do not.
    private static readonly object?[] s_rows = [.. Enumerable.Range(0, 6_000).Select(i => i % 10 == 9 ? null : i < 3_000 ? $"name {i % 7}" : $"only once {i}")];

    private static readonly ParquetWriterOptions s_options = new() { MaxPageRows = 1_000, MaxDictionaryBytes = 4_000 };

    [Fact]
    public void Rows_share_text_while_their_column_is_in_its_dictionary_and_have_their_own_behind_it()
    {
        var table = TestTable.Of(ParquetType.Text, s_rows);
        var file = table.Write(s_options);
        foreach (var rows in (int[])[1, 333, 1_000, 2_500, 6_000])
        {
            using var reader = ParquetReader.Open(new MemoryStream(file));
            var batch = new ParquetBatch(reader.Schema, sharesText: true);
            var (row, seen) = (0, new HashSet<bool>());
            while (reader.Read(batch, rows) is > 0 and var got)
            {
                row += got;
                seen.Add(batch[0].SharedText is not null);
                if (row <= 3_000) Assert.NotNull(batch[0].SharedText);
                if (row - got >= 4_000) Assert.Null(batch[0].SharedText);
            }
            Assert.Equal(rows < 4_000 ? 2 : 1, seen.Count);
            using var again = ParquetReader.Open(new MemoryStream(file));
            table.AssertSame(TestTable.Read(again, rows, sharesText: true));
        }
    }

    [Fact]
    public void A_batch_says_how_its_texts_are_held_and_refuses_to_be_asked_otherwise()
    {
        using var reader = ParquetReader.Open(new MemoryStream(TestTable.Of(ParquetType.Text, s_rows).Write(s_options)));
        var batch = new ParquetBatch(reader.Schema, sharesText: true);
        Assert.Equal(20, reader.Read(batch, 20));
        Assert.Equal("name 0", System.Text.Encoding.UTF8.GetString(batch[0].SharedText!.Bytes.AsSpan(batch[0].TextStarts[0], batch[0].TextLengths[0])));
        Assert.Equal((0, 0), (batch[0].TextStarts[9], batch[0].TextLengths[9]));
        Assert.Throws<InvalidOperationException>(() => batch[0].TextOffsets.Length);
        Assert.Throws<InvalidOperationException>(() => batch[0].TextBytes.Length);
        var plain = new ParquetBatch(reader.Schema);
        Assert.Equal(20, reader.Read(plain, 20));
        Assert.Null(plain[0].SharedText);
        Assert.Equal((0, 0, 21), (plain[0].TextStarts.Length, plain[0].TextLengths.Length, plain[0].TextOffsets.Length));
    }

    [Fact]
    public void Each_column_chunk_has_a_text_of_its_own()
    {
        var table = TestTable.Of(ParquetType.Text, [.. Enumerable.Range(0, 4_000).Select(i => $"group {i / 1_000}, name {i % 5}".ToString(CultureInfo.InvariantCulture))]);
        using var reader = ParquetReader.Open(new MemoryStream(table.Write(new ParquetWriterOptions { MaxRowGroupRows = 1_000 })));
        var batch = new ParquetBatch(reader.Schema, sharesText: true);
        var texts = new List<ParquetSharedText>();
        while (reader.Read(batch, 500) > 0) texts.Add(batch[0].SharedText!);
        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 3], texts.Select(t => texts.Distinct().ToList().IndexOf(t)));
    }
}
