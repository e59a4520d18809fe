using System.Runtime.InteropServices;
using Etl.Parquet.Metadata;

namespace Etl.Parquet.Tests;

/// <summary>Files as other writers make them, put together by hand.</summary>
public sealed class ForeignFileTests
{
    // Levels of rows "value, null, value, value": packed group 0b1101.
    private static readonly byte[] Levels = [0x03, 0b1101];

    private static byte[] Ints(params int[] values) => MemoryMarshal.AsBytes<int>(values).ToArray();

    private static byte[] Longs(params long[] values) => MemoryMarshal.AsBytes<long>(values).ToArray();

    [Fact]
    public void Required_column_has_no_levels()
    {
        var file = new ForeignFile { Repetition = Repetition.Required, Rows = 3, Pages = [([], Ints(1, 2), 2), ([], Ints(3), 1)] }.Build();
        TestTable.Of(ParquetType.Int32, 1, 2, 3).AssertSame(TestTable.Read(file));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    public void Version_2_page_keeps_its_levels_uncompressed(int codec, bool isCompressed)
    {
        var file = new ForeignFile { Codec = (CompressionCodec)codec, IsVersion2 = true, IsCompressed = isCompressed, Rows = 4, Pages = [(Levels, Ints(7, -8, 9), 4)] }.Build();
        TestTable.Of(ParquetType.Int32, 7, null, -8, 9).AssertSame(TestTable.Read(file, 3));
    }

    [Theory]
    [InlineData(2)] // PLAIN_DICTIONARY, the old name
    [InlineData(8)]
    public void Dictionary_page_may_have_any_bit_width(int encoding)
    {
        foreach (var values in new byte[][] { [1, 0x03, 0b101], [0x09, 0x02, 1, 0, 0x02, 0, 0, 0x02, 1, 0] })
        {
            var file = new ForeignFile { Encoding = (Encoding)encoding, Dictionary = (Ints(50, 60), 2), Rows = 4, Pages = [(Levels, values, 4)] }.Build();
            TestTable.Of(ParquetType.Int32, 60, null, 50, 60).AssertSame(TestTable.Read(file));
        }

        // Width 0: one entry, no bits at all.
        var single = new ForeignFile { Encoding = (Encoding)encoding, Dictionary = (Ints(50), 1), Rows = 4, Pages = [(Levels, [0, 0x06], 4)] }.Build();
        TestTable.Of(ParquetType.Int32, 50, null, 50, 50).AssertSame(TestTable.Read(single));
    }

    [Fact]
    public void Page_of_nulls_may_have_no_values_at_all()
    {
        var file = new ForeignFile { Encoding = Encoding.RleDictionary, Rows = 4, Dictionary = (Ints(1), 1), Pages = [([0x08, 0], [], 4)] }.Build();
        TestTable.Of(ParquetType.Int32, null, null, null, null).AssertSame(TestTable.Read(file));
        var empty = new ForeignFile { IsVersion2 = true, Codec = CompressionCodec.Snappy, IsCompressed = false, Rows = 4, Pages = [([0x08, 0], [], 4)] }.Build();
        TestTable.Of(ParquetType.Int32, null, null, null, null).AssertSame(TestTable.Read(empty));
    }

    [Fact]
    public void Pages_of_texts_may_leave_the_dictionary_and_come_back_to_it()
    {
        byte[] dictionary = [.. Ints(2), .. "ab"u8, .. Ints(0), .. Ints(40), .. new string('c', 40).Select(c => (byte)c)];
        byte[] plain = [.. Ints(1), .. "x"u8, .. Ints(0), .. Ints(3), .. "yyy"u8];
        // Four rows a page, the second one null: Levels. Codes of two bits, packed: 0, 2, 1 and again.
        var file = new ForeignFile
        {
            Type = PhysicalType.ByteArray, Encoding = Encoding.RleDictionary, Dictionary = (dictionary, 3), Rows = 20,
            Pages = [(Levels, [2, 0x03, 0b00_01_10_00, 0], 4), (Levels, plain, 4), (Levels, [2, 0x03, 0b00_10_10_01, 0], 4), (Levels, plain, 4), (Levels, [2, 0x03, 0b00_00_01_10, 0], 4)],
            EncodingOf = { [1] = Encoding.Plain, [3] = Encoding.Plain },
        }.Build();
        var c = new string('c', 40);
        var table = TestTable.Of(ParquetType.Text, "ab", null, c, "", "x", null, "", "yyy", "", null, c, c, "x", null, "", "yyy", c, null, "", "ab");
        foreach (var rows in (int[])[1, 3, 4, 5, 7, 11, 20]) table.AssertSame(TestTable.Read(file, rows));
    }

    [Fact]
    public void Truth_values_may_be_runs()
    {
        byte[] values = [4, 0, 0, 0, 0x04, 1, 0x02, 0]; // length, 2 times 1, once 0
        foreach (var isVersion2 in new[] { false, true })
        {
            var file = new ForeignFile { Type = PhysicalType.Boolean, Encoding = Encoding.Rle, IsVersion2 = isVersion2, Rows = 4, Pages = [(Levels, values, 4)] }.Build();
            TestTable.Of(ParquetType.Bool, true, null, true, false).AssertSame(TestTable.Read(file));
        }
    }

    [Fact]
    public void Timestamps_in_milliseconds_are_given_in_microseconds()
    {
        var byConverted = new ForeignFile { Type = PhysicalType.Int64, Converted = ConvertedType.TimestampMillis, Rows = 4, Pages = [(Levels, Longs(1, -2, 3), 4)] };
        var byLogical = new ForeignFile { Type = PhysicalType.Int64, Logical = w => Timestamp(w, 1), Rows = 4, Pages = [(Levels, Longs(1, -2, 3), 4)] };
        foreach (var file in new[] { byConverted, byLogical })
            TestTable.Of(ParquetType.Timestamp, 1000L, null, -2000L, 3000L).AssertSame(TestTable.Read(file.Build()));
        var huge = new ForeignFile { Type = PhysicalType.Int64, Converted = ConvertedType.TimestampMillis, Rows = 4, Pages = [(Levels, Longs(1, long.MaxValue, 3), 4)] };
        Refused(huge, "The timestamp '9223372036854775807' milliseconds has no 64-bit count of microseconds. At row group 0, column 'c', page 0, byte 4.");
    }

    [Fact]
    public void Types_are_known_by_either_name()
    {
        (ForeignFile File, ParquetType Type)[] cases =
        [
            (new() { Converted = ConvertedType.Date }, ParquetType.Date),
            (new() { Logical = w => w.Empty(LogicalType.Date) }, ParquetType.Date),
            (new() { Converted = ConvertedType.Int16 }, ParquetType.Int32),
            (new() { Type = PhysicalType.Int64, Converted = ConvertedType.TimestampMicros }, ParquetType.Timestamp),
            (new() { Type = PhysicalType.Int64, Logical = w => Timestamp(w, 2) }, ParquetType.Timestamp),
            (new() { Type = PhysicalType.Int64, Converted = ConvertedType.Int64 }, ParquetType.Int64),
            (new() { Type = PhysicalType.ByteArray }, ParquetType.Text),
            (new() { Type = PhysicalType.ByteArray, Converted = ConvertedType.Utf8 }, ParquetType.Text),
            (new() { Type = PhysicalType.ByteArray, Logical = w => w.Empty(LogicalType.Enum) }, ParquetType.Text),
        ];
        foreach (var (file, type) in cases)
        {
            using var reader = ParquetReader.Open(new MemoryStream(file.Build()));
            Assert.Equal(type, reader.Schema.Columns[0].Type);
        }
    }

    [Fact]
    public void What_cannot_be_read_is_named()
    {
        const string place = " At row group 0, column 'c', page 0, byte 4.";
        Refused(new() { Type = PhysicalType.Float }, "The column has physical type Float, logical type 0 and converted type -1 (format numbers), which is not supported; expected boolean, 32- or 64-bit integer, double, date, timestamp in milliseconds or microseconds, or text. At column 'c'.");
        Refused(new() { Type = PhysicalType.Int96 }, "The column has physical type Int96");
        Refused(new() { Type = PhysicalType.Int64, Logical = w => Timestamp(w, 3) }, "The column has physical type Int64, logical type 8");
        Refused(new() { Repetition = Repetition.Repeated }, "The column is repeated; expected required or optional columns only. At column 'c'.");
        Refused(new() { Codec = CompressionCodec.Zstd, Rows = 4, Pages = [(Levels, Ints(1, 2, 3), 4)] }, "Pages are compressed with 'ZSTD', which is not supported; expected UNCOMPRESSED, SNAPPY or GZIP." + place);
        Refused(new() { Encoding = Encoding.DeltaBinaryPacked, Rows = 4, Pages = [(Levels, Ints(1, 2, 3), 4)] }, "The values are encoded as 'DELTA_BINARY_PACKED', which is not supported for Int32; expected PLAIN, RLE_DICTIONARY or PLAIN_DICTIONARY." + place);
    }

    [Fact]
    public void Contradictions_are_named()
    {
        const string place = " At row group 0, column 'c', page 0, byte 4.";
        Refused(new() { Rows = 4, Pages = [(Levels, Ints(1, 2), 4)] }, "The page ends before its values; expected 3 more." + place);
        Refused(new() { Rows = 5, Pages = [(Levels, Ints(1, 2, 3), 4)] }, "The column chunk ends 1 rows early." + place);
        Refused(new() { Rows = 3, Pages = [(Levels, Ints(1, 2, 3), 4)] }, "A page announces 4 rows; expected at most the 3 left in the column chunk." + place);
        Refused(new() { Encoding = Encoding.RleDictionary, Rows = 4, Pages = [(Levels, [1, 0x06, 0], 4)] }, "The page refers to a dictionary, and the column chunk has none." + place);
        Refused(new() { Encoding = Encoding.RleDictionary, Rows = 4, Dictionary = (Ints(9), 1), Pages = [(Levels, [1, 0x06, 1], 4)] }, "A value refers to dictionary entry 1; expected 0 to 0. At row group 0, column 'c', page 1");
        Refused(new() { Encoding = Encoding.RleDictionary, Rows = 4, Dictionary = (Ints(9), 2), Pages = [(Levels, [1, 0x06, 1], 4)] }, "The dictionary announces 2 entries; its 4 bytes hold fewer." + place);
        Refused(new() { Type = PhysicalType.ByteArray, Rows = 4, Pages = [(Levels, Ints(100, 0, 0), 4)] }, "A text announces 100 bytes; expected at most the 8 left." + place);
    }

    [Fact]
    public void One_text_repeated_by_a_run_cannot_ask_for_any_amount_of_memory()
    {
        var text = new byte[1 << 20];
        byte[] entry = [.. Ints(text.Length), .. text];
        const int rows = 1 << 20;
        byte[] run = [0x80, 0x80, 0x80, 0x01]; // varint(rows * 2)
        var file = new ForeignFile { Type = PhysicalType.ByteArray, Encoding = Encoding.RleDictionary, Dictionary = (entry, 1), Rows = rows, Pages = [([.. run, 1], [1, .. run, 0], rows)] }.Build();
        foreach (var (sharesText, bytes) in new[] { (false, "1073741824"), (true, "1099503239168") })
        {
            using var reader = ParquetReader.Open(new MemoryStream(file));
            var batch = new ParquetBatch(reader.Schema, sharesText);
            Assert.Equal(8, reader.Read(batch, 8));
            var e = Assert.Throws<ParquetFormatException>(() => reader.Read(batch, rows));
            Assert.StartsWith($"One read would give {bytes} bytes of text; expected at most 536870912. Read fewer rows at a time.", e.Message, StringComparison.Ordinal);
        }
    }

    private static void Timestamp(CompactWriter writer, short unit)
    {
        writer.Begin(LogicalType.Timestamp);
        writer.Bool(1, false);
        writer.Begin(2);
        writer.Empty(unit);
        writer.End();
        writer.End();
    }

    private static void Refused(ForeignFile file, string message)
    {
        var e = Assert.Throws<ParquetFormatException>(() => TestTable.Read(file.Build()));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }
}
