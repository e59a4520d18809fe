using System.Globalization;
using System.Text;

namespace Etl.Parquet.Tests;

/// <summary>Rows as objects, column by column: bool, int, long, double, byte[] or null. Writes and reads itself.</summary>
internal sealed class TestTable
{
    public required ParquetSchema Schema { get; init; }

    public required List<object?>[] Columns { get; init; }

    public int Rows => Columns[0].Count;

    public static TestTable Of(params (ParquetColumn Column, IEnumerable<object?> Values)[] columns) => new()
    {
        Schema = new ParquetSchema(columns.Select(c => c.Column)),
        Columns = columns.Select(c => c.Values.Select(v => v is string s ? Encoding.UTF8.GetBytes(s) : v).ToList()).ToArray(),
    };

    public static TestTable Of(ParquetType type, params object?[] values) => Of((new ParquetColumn("c", type), values));

    /// <summary>Every cell in a form in which equal means equal bits.</summary>
    public static string Cell(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        double d => BitConverter.DoubleToUInt64Bits(d).ToString("x16", CultureInfo.InvariantCulture),
        byte[] bytes => "t" + Convert.ToHexString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    public byte[] Write(ParquetWriterOptions? options = null, int batchRows = int.MaxValue, IReadOnlyDictionary<string, string>? metadata = null, Random? awkward = null)
    {
        using var stream = new MemoryStream();
        Write(stream, options, _ => batchRows, metadata, awkward);
        return stream.ToArray();
    }

    /// <param name="stream">Target.</param>
    /// <param name="options">Null for defaults.</param>
    /// <param name="batchRows">Rows of the batch that starts at a row.</param>
    /// <param name="metadata">For the footer.</param>
    /// <param name="awkward">Non-null: fill null slots with noise and start texts at a random offset.</param>
    public ParquetFileSummary Write(Stream stream, ParquetWriterOptions? options, Func<int, int> batchRows, IReadOnlyDictionary<string, string>? metadata = null, Random? awkward = null)
    {
        using var writer = new ParquetWriter(stream, Schema, options);
        for (var row = 0; row < Rows;)
        {
            var take = Math.Min(Rows - row, batchRows(row));
            WriteBatch(writer, row, take, awkward);
            row += take;
        }

        return writer.Complete(metadata);
    }

    public static TestTable Read(byte[] file, int maxRows = 1000, bool leaveOpen = false)
    {
        using var reader = ParquetReader.Open(new MemoryStream(file), leaveOpen);
        var table = Read(reader, maxRows);
        // The other way to read texts gives the same.
        using var sharing = ParquetReader.Open(new MemoryStream(file));
        table.AssertSame(Read(sharing, maxRows, sharesText: true));
        return table;
    }

    public static TestTable Read(ParquetReader reader, int maxRows = 1000, bool sharesText = false)
    {
        var columns = reader.Schema.Columns.Select(_ => new List<object?>()).ToArray();
        var batch = new ParquetBatch(reader.Schema, sharesText);
        while (reader.Read(batch, maxRows) > 0)
        {
            for (var c = 0; c < columns.Length; c++)
            {
                for (var r = 0; r < batch.RowCount; r++)
                    columns[c].Add(Value(batch[c], r));
                Assert.Equal(batch.RowCount - batch[c].NullCount, Enumerable.Range(0, batch.RowCount).Count(r => !batch[c].IsNull(r)));
            }
        }

        return new TestTable { Schema = reader.Schema, Columns = columns };
    }

    public void AssertSame(TestTable other)
    {
        Assert.Equal(Schema.Columns, other.Schema.Columns);
        for (var c = 0; c < Columns.Length; c++)
        {
            Assert.True(Columns[c].Count == other.Columns[c].Count, $"column {c} has {other.Columns[c].Count} rows; expected {Columns[c].Count}");
            for (var r = 0; r < Columns[c].Count; r++)
            {
                var (expected, actual) = (Cell(Columns[c][r]), Cell(other.Columns[c][r]));
                if (expected != actual)
                    Assert.Fail($"column {c} ({Schema.Columns[c].Type}), row {r}: found {Short(actual)}; expected {Short(expected)}");
            }
        }

        static string Short(string s) => s.Length > 80 ? s[..80] + "..." : s;
    }

    private static object? Value(ParquetColumnData data, int row)
    {
        if (data.IsNull(row))
            return null;
        return data.Type switch
        {
            ParquetType.Bool => data.Bools[row],
            ParquetType.Int32 or ParquetType.Date => data.Int32s[row],
            ParquetType.Int64 or ParquetType.Timestamp => data.Int64s[row],
            ParquetType.Double => data.Doubles[row],
            _ when data.SharedText is { } shared => shared.Bytes.AsSpan(0, shared.Length).Slice(data.TextStarts[row], data.TextLengths[row]).ToArray(),
            _ => data.TextBytes[data.TextOffsets[row]..data.TextOffsets[row + 1]].ToArray(),
        };
    }

    private void WriteBatch(ParquetWriter writer, int row, int rows, Random? awkward)
    {
        for (var c = 0; c < Columns.Length; c++)
        {
            var cells = Columns[c].GetRange(row, rows);
            var validity = new ulong[(rows + 63) / 64];
            var hasNulls = false;
            for (var i = 0; i < rows; i++)
            {
                if (cells[i] is null)
                    hasNulls = true;
                else
                    validity[i / 64] |= 1UL << (i % 64);
            }

            if (!hasNulls)
                validity = [];
            switch (Schema.Columns[c].Type)
            {
                case ParquetType.Bool:
                    writer.WriteBool(c, cells.Select(v => (bool)(v ?? (awkward is not null))).ToArray(), validity);
                    break;
                case ParquetType.Int32 or ParquetType.Date:
                    writer.WriteInt32(c, cells.Select(v => (int)(v ?? awkward?.Next() ?? 0)).ToArray(), validity);
                    break;
                case ParquetType.Int64 or ParquetType.Timestamp:
                    writer.WriteInt64(c, cells.Select(v => (long)(v ?? awkward?.NextInt64() ?? 0L)).ToArray(), validity);
                    break;
                case ParquetType.Double:
                    writer.WriteDouble(c, cells.Select(v => (double)(v ?? awkward?.NextDouble() ?? 0.0)).ToArray(), validity);
                    break;
                default:
                    WriteText(writer, c, cells, validity, awkward);
                    break;
            }
        }

        writer.EndBatch(rows);
    }

    private static void WriteText(ParquetWriter writer, int column, List<object?> cells, ulong[] validity, Random? awkward)
    {
        var bytes = new MemoryStream();
        bytes.Write(new byte[awkward?.Next(5) ?? 0]);
        var offsets = new int[cells.Count + 1];
        offsets[0] = (int)bytes.Length;
        for (var i = 0; i < cells.Count; i++)
        {
            bytes.Write((byte[]?)cells[i] ?? new byte[awkward?.Next(3) ?? 0]);
            offsets[i + 1] = (int)bytes.Length;
        }

        writer.WriteText(column, bytes.ToArray(), offsets, validity);
    }
}
