namespace Etl.Parquet.Tests;

public sealed class MemoryTests
{
    private const int BatchRows = 2000;

    [Fact]
    public void After_warm_up_a_row_group_costs_its_metadata_and_nothing_per_row()
    {
        // Row groups of 20,000 and of 40,000 rows allocate about the same: footer entries and page records.
        var small = AllocatedPerRowGroup(20_000);
        var large = AllocatedPerRowGroup(40_000);
        Assert.InRange(small, 0, 16_000);
        Assert.InRange(large, 0, 16_000);
    }

    [Fact]
    public void Buffered_bytes_bound_a_row_group_of_any_length()
    {
        var table = ParquetRoundTripTests.Mixed(60_000);
        var file = table.Write(new ParquetWriterOptions { MaxRowGroupBytes = 1 << 20 });
        using var reader = ParquetReader.Open(new MemoryStream(file));
        Assert.True(reader.RowGroups.Count > 1);
        Assert.All(reader.RowGroups, g => Assert.InRange(g.CompressedBytes, 1, 1 << 20));
    }

    [Fact]
    public void Reading_allocates_nothing_after_the_first_row_group()
    {
        var file = ParquetRoundTripTests.Mixed(60_000).Write(new ParquetWriterOptions { MaxRowGroupRows = 20_000 });
        using var reader = ParquetReader.Open(new MemoryStream(file));
        var batch = new ParquetBatch(reader.Schema);
        for (var i = 0; i < 25; i++)
            Assert.Equal(1000, reader.Read(batch, 1000));
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (reader.Read(batch, 1000) > 0)
        {
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    private static long AllocatedPerRowGroup(int rows)
    {
        var schema = new ParquetSchema([new("id", ParquetType.Text), new("n", ParquetType.Int64), new("x", ParquetType.Double), new("ok", ParquetType.Bool)]);
        using var writer = new ParquetWriter(Stream.Null, schema, new ParquetWriterOptions { MaxRowGroupRows = rows });
        var random = new Random(2);
        var bytes = new byte[BatchRows * 8];
        var offsets = Enumerable.Range(0, BatchRows + 1).Select(i => i * 8).ToArray();
        var numbers = new long[BatchRows];
        var doubles = new double[BatchRows];
        var flags = new bool[BatchRows];
        const int measured = 10;
        long before = 0;
        for (var group = 0; group < 3 + measured; group++)
        {
            if (group == 3)
                before = GC.GetAllocatedBytesForCurrentThread();
            for (var row = 0; row < rows; row += BatchRows)
            {
                for (var i = 0; i < BatchRows; i++)
                {
                    bytes[(i * 8) + 7] = (byte)random.Next(200);
                    numbers[i] = random.Next(500);
                    doubles[i] = random.NextDouble();
                    flags[i] = random.Next(2) == 0;
                }

                writer.WriteText(0, bytes, offsets, []);
                writer.WriteInt64(1, numbers, []);
                writer.WriteDouble(2, doubles, []);
                writer.WriteBool(3, flags, []);
                writer.EndBatch(BatchRows);
            }
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / measured;
    }
}
