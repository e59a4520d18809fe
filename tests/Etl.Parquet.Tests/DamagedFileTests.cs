using System.Diagnostics;
using System.Text;

namespace Etl.Parquet.Tests;

public sealed class DamagedFileTests
{
    public static TheoryData<ParquetCodec> Codecs => [.. Enum.GetValues<ParquetCodec>()];

    private static byte[] SmallFile(ParquetCodec codec)
    {
        var table = TestTable.Of(
            (new("text", ParquetType.Text), Enumerable.Range(0, 60).Select(i => i % 9 == 0 ? null : (object?)$"value {i % 4}")),
            (new("unique", ParquetType.Text), Enumerable.Range(0, 60).Select(i => (object?)$"value {i}")),
            (new("number", ParquetType.Int64), Enumerable.Range(0, 60).Select(i => (object?)(long)(i % 5))),
            (new("real", ParquetType.Double), Enumerable.Range(0, 60).Select(i => (object?)(i / 3.0))),
            (new("flag", ParquetType.Bool), Enumerable.Range(0, 60).Select(i => (object?)(i % 2 == 0))),
            (new("day", ParquetType.Date), Enumerable.Range(0, 60).Select(i => (object?)i)));
        return table.Write(new ParquetWriterOptions { Codec = codec, MaxRowGroupRows = 40, MaxPageRows = 25 }, metadata: new Dictionary<string, string> { ["k"] = "v" });
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void File_cut_at_any_byte_is_refused(ParquetCodec codec)
    {
        var file = SmallFile(codec);
        for (var length = 0; length < file.Length; length++)
        {
            var cut = file[..length];
            Assert.Throws<ParquetFormatException>(() => TestTable.Read(cut));
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void File_with_any_byte_changed_is_refused_or_read_and_never_fails_otherwise(ParquetCodec codec)
    {
        var file = SmallFile(codec);
        var clock = Stopwatch.StartNew();
        var random = new Random(5);
        for (var i = 0; i < file.Length; i++)
        {
            foreach (var change in new[] { 0x01, 0x80, 0xFF, random.Next(1, 256), random.Next(1, 256) })
            {
                var damaged = (byte[])file.Clone();
                damaged[i] ^= (byte)change;
                ReadAll(damaged, $"byte {i} ^ {change:x2}");
            }
        }

        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), $"took {clock.Elapsed}");
    }

    [Fact]
    public void File_with_many_random_changes_is_refused_or_read()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var damaged = SmallFile((ParquetCodec)(seed % 3));
            for (var n = random.Next(1, 30); n > 0; n--)
                damaged[random.Next(4, damaged.Length - 8)] = (byte)random.Next(256);
            ReadAll(damaged, $"seed {seed}");
        }
    }

    [Fact]
    public void File_that_was_not_completed_is_refused()
    {
        using var stream = new MemoryStream();
        using (var writer = new ParquetWriter(stream, new ParquetSchema([new("a", ParquetType.Int32)]), new ParquetWriterOptions { MaxRowGroupRows = 10 }))
        {
            writer.WriteInt32(0, new int[100], []);
            writer.EndBatch(100);
        }

        var e = Assert.Throws<ParquetFormatException>(() => ParquetReader.Open(new MemoryStream(stream.ToArray())));
        Assert.StartsWith("The file does not end with 'PAR1': it is encrypted, damaged, or was not completed.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Message_says_what_was_found_and_where()
    {
        var file = SmallFile(ParquetCodec.Snappy);
        long offset;
        using (var reader = ParquetReader.Open(new MemoryStream(file)))
        {
            var page = reader.ReadPages(1, 1)[0];
            offset = page.Offset;
            file[offset + page.HeaderBytes]++; // the length that the Snappy block announces
        }

        var e = Assert.Throws<ParquetFormatException>(() => TestTable.Read(file));
        Assert.Equal((1, "unique", 0, offset), (e.RowGroup, e.Column, e.Page, e.Offset));
        Assert.Matches(@"^A Snappy block announces \d+ bytes; expected \d+\. At row group 1, column 'unique', page 0, byte \d+\.$", e.Message);
    }

    [Fact]
    public void Reader_that_failed_refuses_to_go_on()
    {
        var file = SmallFile(ParquetCodec.None);
        using (var reader = ParquetReader.Open(new MemoryStream(file)))
            file[reader.ReadPages(0, 0)[0].Offset] = 0xFF;
        using var damaged = ParquetReader.Open(new MemoryStream(file));
        var batch = new ParquetBatch(damaged.Schema);
        Assert.Throws<ParquetFormatException>(() => damaged.Read(batch, 10));
        Assert.Throws<InvalidOperationException>(() => damaged.Read(batch, 10));
    }

    [Theory]
    [InlineData("", "The file has 0 bytes; expected at least the 12 of an empty Parquet file.")]
    [InlineData("id,name\n1,a\n2,b\n", "The file does not start with 'PAR1': it is no Parquet file. At byte 0.")]
    [InlineData("PAR1....\u00ff\u00ff\u00ff\u007fPAR1", "The footer announces 2147483647 bytes; expected 1 to 4. At byte 8.")]
    public void Other_files_are_refused_with_a_reason(string content, string message)
    {
        var e = Assert.Throws<ParquetFormatException>(() => ParquetReader.Open(new MemoryStream(Encoding.Latin1.GetBytes(content))));
        Assert.Equal(message, e.Message);
    }

    /// <summary>Everything that reads: rows, page headers, indexes.</summary>
    private static void ReadAll(byte[] file, string context)
    {
        try
        {
            TestTable.Read(file, 17);
            using var reader = ParquetReader.Open(new MemoryStream(file));
            for (var g = 0; g < reader.RowGroups.Count; g++)
            {
                for (var c = 0; c < reader.Schema.Columns.Count; c++)
                {
                    reader.ReadPages(g, c);
                    reader.ReadPageIndex(g, c);
                }
            }
        }
        catch (ParquetFormatException)
        {
            // The expected answer.
        }
        catch (Exception e)
        {
            Assert.Fail($"{context}: {e}");
        }
    }
}
