using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Restating;
using Etl.Testing.Rows;

namespace Etl.Pipeline.Tests.Restating;

/// <summary>Tests that look at the memory of the process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(AloneInProcess), DisableParallelization = true)]
public sealed class AloneInProcess;

/// <summary>The bound that <see cref="RowDiff"/> promises, with rows that are made on the way and never held.</summary>
[Collection(nameof(AloneInProcess))]
public class RowDiffMemoryTests
{
    private static readonly TableSchema s_schema = new(
    [
        new Column("object_id", ColumnType.Text), new Column("entry_name", ColumnType.Text),
        new Column("plays", ColumnType.Int64, ColumnRole.Metric), new Column("minutes", ColumnType.Double, ColumnRole.Metric),
    ], ["object_id"]);

    [Theory]
    [InlineData(100_000, 1L << 20)]
    [InlineData(400_000, 4L << 20)]
    public void Memory_is_that_of_a_part_however_many_rows_changed(int rows, long heldBytes)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var made = new MadeRows(rows);
        var schema = new DiffSchema(s_schema, s_schema);
        var writer = new DiffWriter(schema, "old", new NoFile());
        var count = RowDiff.Write(made.Published, made, schema, writer, heldBytes, default);
        Assert.Equal((0, 0, rows), (count.Added, count.Removed, count.Changed));
        // Buckets of 20 bytes for as many rows, a part twice, and batches.
        Assert.InRange(made.Peak - before, 0, 20 * Math.Min(rows, 1 << 20) + 2 * heldBytes + (6 << 20));
    }

    private sealed class MadeRows(int rows) : IStagedPull
    {
        private const int BatchRows = 8192;

        public long Peak { get; private set; }

        public PullStamp Stamp { get; } = Keys.Stamp("new", 2, rows);

        public WindowKey Key => Keys.Key();

        public TableSchema Schema => s_schema;

        public string Path => "";

        public IPublishedRows Published => new Before(this);

        public IEnumerable<RowBatch> Read() => Read(plus: 1);

        public void Dispose()
        {
        }

        private IEnumerable<RowBatch> Read(int plus)
        {
            var batch = new RowBatch(s_schema);
            for (var row = 0; row < rows; row++)
            {
                if (batch.RowCount == 0 && row % (BatchRows * 8) == 0) Peak = Math.Max(Peak, GC.GetTotalMemory(forceFullCollection: true));
                Append(batch, 0, $"1_{row:x8}");
                Append(batch, 1, $"A lecture of medium length, number {row}");
                batch.Fixed<long>(2).Append(row + plus);
                batch.Fixed<double>(3).Append(row / 3.0);
                if (batch.RowCount < BatchRows && row < rows - 1) continue;
                yield return batch;
                batch.Clear();
            }
        }

        private static void Append(RowBatch batch, int column, FormattableString text)
        {
            Span<byte> utf8 = stackalloc byte[64];
            batch.Text(column).Append(utf8[..Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture), utf8)]);
        }

        private sealed class Before(MadeRows made) : IPublishedRows
        {
            public string Pull => "old";

            public TableSchema Schema => s_schema;

            public IEnumerable<RowBatch> Read() => made.Read(plus: 0);

            public void Dispose()
            {
            }
        }
    }

    private sealed class NoFile : IStagingWriter
    {
        public void Write(RowBatch batch)
        {
        }

        public void Complete(PullStamp stamp)
        {
        }

        public void Dispose()
        {
        }
    }
}
