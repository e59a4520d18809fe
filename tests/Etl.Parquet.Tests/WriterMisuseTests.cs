namespace Etl.Parquet.Tests;

public sealed class WriterMisuseTests
{
    private static readonly ParquetSchema Schema = new([new("id", ParquetType.Int64), new("name", ParquetType.Text)]);

    [Fact]
    public void Schema_without_columns_or_with_bad_names_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new ParquetSchema([]));
        Assert.Contains("'a' is in the schema twice", Assert.Throws<ArgumentException>(() => new ParquetSchema([new("a", ParquetType.Bool), new("a", ParquetType.Text)])).Message, StringComparison.Ordinal);
        Assert.Contains("Column 0 of the schema has no name", Assert.Throws<ArgumentException>(() => new ParquetSchema([new("", ParquetType.Bool)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_all_named()
    {
        var options = new ParquetWriterOptions { Codec = (ParquetCodec)9, MaxRowGroupRows = 0, MaxRowGroupBytes = 1, MaxPageRows = 0, MaxPageBytes = 1, MaxDictionaryBytes = -1 };
        var e = Assert.Throws<ArgumentException>(() => new ParquetWriter(Stream.Null, Schema, options));
        Assert.StartsWith(
            "The Parquet writer's options are not valid: Codec is '9'; expected None, Snappy or Gzip; MaxRowGroupRows is '0'; expected 1 to 9223372036854775807; " +
            "MaxRowGroupBytes is '1'; expected 1024 to 9223372036854775807; MaxPageRows is '0'; expected 1 to 1048576; MaxPageBytes is '1'; expected 64 to 67108864; " +
            "MaxDictionaryBytes is '-1'; expected 0 to 268435456.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_are_pinned() => Assert.Equal(
        new ParquetWriterOptions { Codec = ParquetCodec.Snappy, MaxRowGroupRows = 1_048_576, MaxRowGroupBytes = 33_554_432, MaxPageRows = 20_480, MaxPageBytes = 1_048_576, MaxDictionaryBytes = 8_388_608 },
        new ParquetWriterOptions());

    [Fact]
    public void Batch_with_a_missing_or_uneven_column_is_refused_and_stays_open()
    {
        using var stream = new MemoryStream();
        using var writer = new ParquetWriter(stream, Schema);
        writer.WriteInt64(0, [1, 2], []);
        Assert.Equal("The batch cannot end: column 'name' was not written.", Assert.Throws<InvalidOperationException>(() => writer.EndBatch(2)).Message);
        Assert.Equal("The file cannot be completed: column 'id' has rows of a batch that was not ended.", Assert.Throws<InvalidOperationException>(() => writer.Complete()).Message);
        writer.WriteText(1, "ab"u8, [0, 1, 2], []);
        Assert.Equal("The batch cannot end: column 'id' was given 2 rows; expected 3.", Assert.Throws<InvalidOperationException>(() => writer.EndBatch(3)).Message);
        writer.EndBatch(2);
        var summary = writer.Complete();
        Assert.Equal(new ParquetFileSummary(2, stream.Length, 1), summary);
        TestTable.Of((new("id", ParquetType.Int64), [1L, 2L]), (new("name", ParquetType.Text), ["a", "b"])).AssertSame(TestTable.Read(stream.ToArray()));
    }

    [Fact]
    public void Wrong_calls_say_what_is_wrong()
    {
        using var writer = new ParquetWriter(Stream.Null, Schema);
        Assert.Contains("expected 0 to 1", Assert.Throws<ArgumentOutOfRangeException>(() => writer.WriteInt64(2, [], [])).Message, StringComparison.Ordinal);
        Assert.Equal("WriteDouble cannot write column 'id': it is of type Int64.", Assert.Throws<InvalidOperationException>(() => writer.WriteDouble(0, [], [])).Message);
        Assert.StartsWith("WriteInt64 got a validity bitmap of 1 words for column 'id'; expected none or at least 2 for 65 rows.", Assert.Throws<ArgumentException>(() => writer.WriteInt64(0, new long[65], [1])).Message, StringComparison.Ordinal);
        Assert.StartsWith("WriteText got no offsets", Assert.Throws<ArgumentException>(() => writer.WriteText(1, [], [], [])).Message, StringComparison.Ordinal);
        // Many are looked at together: a fault at every place of those, and behind them.
        var many = Enumerable.Range(0, 21).SelectMany(place => new[] { -1, 3, int.MinValue, int.MaxValue }.Select(wrong => Enumerable.Range(0, 21).Select(i => i == place ? wrong : 1).ToArray()));
        foreach (var offsets in many.Concat([[0, 3], [2, 1, 2], [-1, 0], [0, -1], [0, int.MaxValue, int.MinValue, 0], [3, 3]]))
            Assert.Contains("'name'", Assert.Throws<ArgumentException>(() => writer.WriteText(1, "ab"u8, offsets, [])).Message, StringComparison.Ordinal);
        writer.WriteInt64(0, [1], []);
        Assert.Equal("WriteInt64 cannot write column 'id': it was already written in this batch; expected EndBatch.", Assert.Throws<InvalidOperationException>(() => writer.WriteInt64(0, [1], [])).Message);
    }

    [Fact]
    public void Completed_or_disposed_writer_refuses_every_call()
    {
        var writer = new ParquetWriter(Stream.Null, Schema);
        writer.Complete();
        Assert.Equal("EndBatch cannot be called: the file is complete; expected an open file.", Assert.Throws<InvalidOperationException>(() => writer.EndBatch(0)).Message);
        Assert.Throws<InvalidOperationException>(() => writer.Complete());
        writer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => writer.WriteInt64(0, [], []));
    }

    [Fact]
    public void Stream_that_fails_breaks_the_writer()
    {
        using var stream = new FullStream(100);
        using var writer = new ParquetWriter(stream, Schema, new ParquetWriterOptions { MaxRowGroupRows = 1 });
        writer.WriteInt64(0, new long[50], []);
        writer.WriteText(1, [], new int[51], []);
        Assert.Throws<IOException>(() => writer.EndBatch(50));
        Assert.Equal("Complete cannot be called: the file is broken by an earlier failure; expected an open file.", Assert.Throws<InvalidOperationException>(() => writer.Complete()).Message);
    }

    private sealed class FullStream(int capacity) : MemoryStream
    {
        public override bool CanSeek => false;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > capacity)
                throw new IOException("No space left.");
            base.Write(buffer);
        }
    }
}
