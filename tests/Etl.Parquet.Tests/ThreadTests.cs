namespace Etl.Parquet.Tests;

/// <summary>Several threads encode the columns of a block: nothing about the file may tell.</summary>
public sealed class ThreadTests
{
    [Fact]
    public void Bytes_do_not_depend_on_threads_nor_batches()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var table = RandomTables.Table(random, 40_000);
            var options = RandomTables.Options(random);
            var file = table.Write(options);
            Assert.True(file.AsSpan().SequenceEqual(table.Write(options with { Threads = 4 }, batchRows: random.Next(1, 20_000))), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Fault_of_a_column_comes_as_it_is_and_breaks_the_file(int threads)
    {
        // A row group is written when the second batch ends: by then the stream refuses.
        using var writer = new ParquetWriter(new FullStream(100), new ParquetSchema([new("a", ParquetType.Int64), new("b", ParquetType.Int64)]), new ParquetWriterOptions { MaxRowGroupRows = 1000, Threads = threads });
        var values = Enumerable.Range(0, 1000).Select(i => i * 7_000_003L).ToArray();
        writer.WriteInt64(0, values, []);
        writer.WriteInt64(1, values, []);
        Assert.Equal("full", Assert.Throws<IOException>(() => writer.EndBatch(1000)).Message);
        Assert.Throws<InvalidOperationException>(() => writer.Complete());
    }

    private sealed class FullStream(int room) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Length + buffer.Length > room) throw new IOException("full");
            base.Write(buffer);
        }
    }
}
