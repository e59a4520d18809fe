using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Parquet.Tests;

public sealed class ParquetRoundTripTests
{
    public static TheoryData<ParquetType> Types => [.. Enum.GetValues<ParquetType>()];

    internal static object?[] ExtremeValues(ParquetType type) => type switch
    {
        ParquetType.Bool => [true, false, null, true],
        ParquetType.Int32 => [int.MinValue, int.MaxValue, 0, -1, 1, null],
        ParquetType.Date => [int.MinValue, int.MaxValue, -1, -719162, 0, 20000, null],
        ParquetType.Int64 => [long.MinValue, long.MaxValue, 0L, -1L, 1L, null],
        ParquetType.Timestamp => [long.MinValue, long.MaxValue, -1L, -62135596800000000L, 1735689600000001L, null],
        ParquetType.Double =>
        [
            double.NaN, BitConverter.UInt64BitsToDouble(0x7ff8_0000_0000_0001), -double.NaN, 0.0, -0.0, double.PositiveInfinity, double.NegativeInfinity,
            double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 0.1, null,
        ],
        _ => ["", "a", "ä€😀", "\0", "line\r\nbreak|pipe\"quote", new string('z', 1 << 20), null, "a\0b", new string('é', 40)],
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Extremes_and_nulls_come_back_bit_for_bit(ParquetType type)
    {
        foreach (var codec in Enum.GetValues<ParquetCodec>())
        {
            foreach (var dictionary in new[] { 0, 8 << 20 })
            {
                // Many rows of few values: the dictionary pays and stays.
                var values = Enumerable.Range(0, 5000).Select(i => i % 7 == 0 ? null : ExtremeValues(type)[i % (type == ParquetType.Text ? 5 : ExtremeValues(type).Length)]);
                var table = TestTable.Of(type, [.. ExtremeValues(type), .. values]);
                var options = new ParquetWriterOptions { Codec = codec, MaxDictionaryBytes = dictionary };
                table.AssertSame(TestTable.Read(table.Write(options)));
            }
        }
    }

    [Theory]
    [InlineData(8 << 20)]
    [InlineData(0)]
    public void Text_of_any_length_comes_back_however_many_rows_are_read_at_once(int dictionary)
    {
        // Around the borders of what is copied in one piece, short ones behind long ones, the last entry the shortest and the longest.
        var random = new Random(5);
        foreach (var last in (int[])[0, 1, 31, 32, 33, 63, 64, 65, 200])
        {
            var texts = Enumerable.Range(0, 201).OrderBy(_ => random.Next()).Where(l => l != last).Append(last).Select(l => new string((char)('a' + (l % 26)), l)).ToArray();
            var rows = texts.Concat(Enumerable.Range(0, 5_000).Select(_ => texts[random.Next(texts.Length)]));
            var table = TestTable.Of(ParquetType.Text, [.. rows.Select((text, row) => row % 11 == 10 ? null : text)]);
            var file = table.Write(new ParquetWriterOptions { MaxDictionaryBytes = dictionary, MaxPageRows = 1_777 });
            foreach (var read in (int[])[1, 37, 1_024, 10_000]) table.AssertSame(TestTable.Read(file, read));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void All_null_column_comes_back(ParquetType type)
    {
        var table = TestTable.Of(type, new object?[3000]);
        var file = table.Write(new ParquetWriterOptions { MaxPageRows = 1000 });
        table.AssertSame(TestTable.Read(file));
        using var reader = ParquetReader.Open(new MemoryStream(file));
        var chunk = reader.RowGroups[0].Columns[0];
        Assert.False(chunk.HasDictionary);
        Assert.Equal(new ParquetStatistics(3000, type == ParquetType.Double ? 0 : null, null, null, null, null), chunk.Statistics);
        Assert.All(reader.ReadPageIndex(0, 0), p => Assert.True(p.IsNull));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Column_without_nulls_comes_back(ParquetType type)
    {
        var some = ExtremeValues(type).Where(v => v is not null).ToArray();
        var table = TestTable.Of(type, [.. Enumerable.Range(0, 4000).Select(i => some[i * i % Math.Min(5, some.Length)])]);
        table.AssertSame(TestTable.Read(table.Write()));
    }

    [Fact]
    public void Empty_file_has_a_schema_and_no_row_group()
    {
        var table = TestTable.Of((new("a", ParquetType.Text), []), (new("b", ParquetType.Timestamp), []));
        var file = table.Write(metadata: new Dictionary<string, string> { ["z"] = "1", ["a"] = "ä" });
        using var reader = ParquetReader.Open(new MemoryStream(file));
        Assert.Equal(0, reader.RowCount);
        Assert.Empty(reader.RowGroups);
        Assert.Equal(["a", "z"], reader.Metadata.Keys);
        Assert.Equal("ä", reader.Metadata["a"]);
        Assert.Equal("etl version 0.1.0", reader.CreatedBy);
        Assert.Equal(0, reader.Read(new ParquetBatch(reader.Schema), 10));
    }

    [Fact]
    public void Empty_batches_leave_no_trace()
    {
        var table = TestTable.Of(ParquetType.Text, "a", null, "b");
        using var stream = new MemoryStream();
        var turn = 0;
        table.Write(stream, null, _ => turn++ % 2);
        Assert.Equal(table.Write(), stream.ToArray());
    }

    [Fact]
    public void Property_any_table_any_options_any_batches_come_back_and_give_the_same_bytes()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var table = RandomTables.Table(random, 6000);
            var options = RandomTables.Options(random);
            var whole = table.Write(options);
            using var pieces = new MemoryStream();
            table.Write(pieces, options, _ => random.Next(1, 2000), awkward: random);
            Assert.True(whole.AsSpan().SequenceEqual(pieces.ToArray()), $"seed {seed}: other bytes for other batches");
            var read = TestTable.Read(whole, random.Next(1, 3000));
            table.AssertSame(read);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(int.MaxValue / 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(50_000)]
    public void Batch_size_does_not_change_the_bytes(int batchRows)
    {
        var options = new ParquetWriterOptions { MaxRowGroupRows = 10_007, MaxRowGroupBytes = 150_000, MaxPageRows = 777, MaxPageBytes = 3000, MaxDictionaryBytes = 20_000 };
        var table = Mixed(30_000);
        Assert.Equal(table.Write(options), table.Write(options, batchRows));
    }

    [Fact]
    public void Text_larger_than_a_page_and_a_row_group_gets_its_own()
    {
        var big = new string('ü', 1 << 20);
        var table = TestTable.Of(ParquetType.Text, "a", big, null, "b", big, "c");
        var file = table.Write(new ParquetWriterOptions { MaxRowGroupBytes = 1 << 20, MaxPageBytes = 4096 });
        table.AssertSame(TestTable.Read(file));
        using var reader = ParquetReader.Open(new MemoryStream(file));
        Assert.True(reader.RowGroups.Count > 1);
    }

    internal static TestTable Mixed(int rows)
    {
        var random = new Random(7);
        return TestTable.Of(
            (new("id", ParquetType.Text), Enumerable.Range(0, rows).Select(i => (object?)$"1_{i % 500:x8}")),
            (new("email", ParquetType.Text), Enumerable.Range(0, rows).Select(i => i % 20 == 0 ? null : (object?)$"user{random.Next(5000)}@example.org")),
            (new("when", ParquetType.Timestamp), Enumerable.Range(0, rows).Select(i => (object?)(1_700_000_000_000_000L + (i * 1_000_003L)))),
            (new("day", ParquetType.Date), Enumerable.Range(0, rows).Select(i => (object?)(19_000 + (i / 1000)))),
            (new("plays", ParquetType.Int64), Enumerable.Range(0, rows).Select(i => (object?)(long)random.Next(100))),
            (new("rate", ParquetType.Double), Enumerable.Range(0, rows).Select(i => random.Next(9) == 0 ? null : (object?)random.NextDouble())),
            (new("live", ParquetType.Bool), Enumerable.Range(0, rows).Select(i => (object?)(i % 3 == 0))),
            (new("n", ParquetType.Int32), Enumerable.Range(0, rows).Select(i => (object?)(i / 3))));
    }
}
