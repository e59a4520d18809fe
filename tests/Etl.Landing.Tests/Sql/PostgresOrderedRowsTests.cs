using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Postgres;

namespace Etl.Landing.Tests.Sql;

/// <summary>Encoded rows that are sent in the order of the key: the same rows as in the order in which they came, each whole.</summary>
public sealed class PostgresOrderedRowsTests
{
    private static readonly TableSchema s_schema = new([new Column("number", ColumnType.Int64), new Column("id", ColumnType.Text), new Column("note", ColumnType.Text)]);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9_000)]
    [InlineData((2 * KeyOrder.ChunkRows) + 3)]
    public void Rows_are_the_same_and_lie_by_the_key_within_a_chunk(int count)
    {
        var random = new Random(count);
        var rows = Enumerable.Range(0, count).Select(n => (Id: $"1_{random.Next(1 << 20):x5}", Note: random.Next(9) == 0 ? null : new string('n', random.Next(40)))).ToList();
        Check(rows, chunk: KeyOrder.ChunkRows, batchRows: 4_096);
    }

    [Fact]
    public void Rows_larger_than_a_piece_come_whole()
    {
        var random = new Random(8);
        var rows = Enumerable.Range(0, 60).Select(n => (Id: $"1_{random.Next(1 << 20):x5}", Note: (string?)new string('x', n % 3 == 0 ? 3 * PostgresEncoder.PieceBytes : n % 7 == 0 ? 1 << 21 : n))).ToList();
        Check(rows, chunk: rows.Count, batchRows: 7);
    }

    [Fact]
    public void Large_rows_make_smaller_chunks()
    {
        var rows = Enumerable.Range(0, 100).Select(n => (Id: (999 - n).ToString(CultureInfo.InvariantCulture), Note: (string?)new string('x', 1 << 20))).ToList();
        var sent = Decode(new PostgresOrderedRows(Of(rows, 1), [1]).Pieces());
        Assert.Equal(rows.Select(r => r.Id).Order(StringComparer.Ordinal), sent.Select(r => r.Id).Order(StringComparer.Ordinal));
        // The first chunk holds the first 32 rows, whose ids are the largest.
        Assert.Equal("968", sent[0].Id);
        Assert.Equal("999", sent[31].Id);
    }

    // Sizes of which 64, or 63, take just more than a half or the whole of a block.
    [Theory]
    [InlineData(2_000)]
    [InlineData(5_500)]
    [InlineData(8_203)]
    [InlineData(9_000)]
    [InlineData(16_500)]
    [InlineData(20_000)]
    public void Memory_is_that_of_the_rows_whatever_their_size(int bytes)
    {
        var rows = Enumerable.Range(0, 2 * KeyOrder.ChunkBytes / bytes).Select(n => (Id: $"{n:D6}", Note: (string?)new string('x', bytes))).ToList();
        var ordered = new PostgresOrderedRows(Of(rows, 512), [1]);
        var sent = ordered.Pieces().Sum(p => (long)p.Length);
        Assert.InRange(sent, 2 * KeyOrder.ChunkBytes - bytes, 3 * KeyOrder.ChunkBytes);
        // A chunk may be larger by the batch that filled it; each block may end with less room than a row takes.
        Assert.InRange(ordered.KeptBytes, KeyOrder.ChunkBytes, (KeyOrder.ChunkBytes + 512L * bytes) * 1.1);
    }

    [Fact]
    public void Every_row_is_told_once_sent()
    {
        List<long> told = [];
        var rows = Of([("b", "x"), ("a", null), ("c", "y")], 2) with { AfterRow = told.Add };
        _ = new PostgresOrderedRows(rows, [1]).Pieces().Count();
        Assert.Equal([1, 2, 3], told);
    }

    private static void Check(List<(string Id, string? Note)> rows, int chunk, int batchRows)
    {
        var plain = Decode(new PostgresEncoder(Of(rows, batchRows)).Pieces());
        var sent = Decode(new PostgresOrderedRows(Of(rows, batchRows), [1]).Pieces());
        Assert.Equal(rows.Select((r, n) => ((long)n, r.Id, r.Note)), plain);
        Assert.Equal(plain, sent.OrderBy(r => r.Number));
        for (var from = 0; from < sent.Count; from += chunk)
        {
            var part = sent.Skip(from).Take(chunk).ToList();
            Assert.Equal(part.Select(r => r.Id).Order(StringComparer.Ordinal), part.Select(r => r.Id));
            Assert.All(part, r => Assert.InRange(r.Number, from, from + chunk - 1));
        }
    }

    private static SqlRows Of(List<(string Id, string? Note)> rows, int batchRows) => new(
        new SqlTable(null, "t"), s_schema, ["number", "id", "note"], rows.Count, () => rows.Select((row, number) => (row, number)).Chunk(batchRows).Select(part =>
        {
            var batch = new RowBatch(s_schema);
            foreach (var ((id, note), number) in part)
            {
                ((FixedBuffer<long>)batch[0]).Append(number);
                batch.Text(1).Append(Encoding.UTF8.GetBytes(id));
                if (note is null) batch.Text(2).AppendNull();
                else batch.Text(2).Append(Encoding.UTF8.GetBytes(note));
            }
            return batch;
        }));

    // The rows of COPY's binary form, without its header and trailer.
    private static List<(long Number, string Id, string? Note)> Decode(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var bytes = pieces.SelectMany(p => p.ToArray()).ToArray().AsSpan();
        List<(long, string, string?)> rows = [];
        while (!bytes.IsEmpty)
        {
            Assert.Equal(3, BinaryPrimitives.ReadInt16BigEndian(bytes));
            bytes = bytes[2..];
            var number = Field(ref bytes)!;
            rows.Add((BinaryPrimitives.ReadInt64BigEndian(number), Encoding.UTF8.GetString(Field(ref bytes)!), Field(ref bytes) is { } note ? Encoding.UTF8.GetString(note) : null));
        }
        return rows;

        static byte[]? Field(ref Span<byte> bytes)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
            bytes = bytes[4..];
            if (length < 0) return null;
            var value = bytes[..length].ToArray();
            bytes = bytes[length..];
            return value;
        }
    }
}
