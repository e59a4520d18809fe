using System.Buffers.Binary;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Landing.Parquet;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Postgres;
using Etl.Parquet;

namespace Etl.Landing.Tests.Sql;

/// <summary>Cells of every type in COPY's binary form, against bytes that are put together cell by cell.</summary>
public sealed class PostgresEncoderTests
{
    private const int Rows = 1_000;

    private static readonly TableSchema s_schema = new(
    [
        new Column("text", ColumnType.Text), new Column("flag", ColumnType.Bool), new Column("number", ColumnType.Int64), new Column("small", ColumnType.Int32),
        new Column("share", ColumnType.Double), new Column("day", ColumnType.Date), new Column("instant", ColumnType.Timestamp), new Column("last", ColumnType.Text),
    ]);

    // Around the 64 rows that are encoded at once, and the pieces that they are sent in.
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(7, 0)]
    [InlineData(63, 0.1)]
    [InlineData(64, 0.5)]
    [InlineData(65, 0.01)]
    [InlineData(Rows, 0.5)]
    [InlineData(Rows, 1)]
    public void Every_cell_is_what_the_format_says(int batchRows, double nulls)
    {
        var random = new Random(batchRows);
        var rows = Enumerable.Range(0, Rows).Select(_ => s_schema.Columns.Select(c => random.NextDouble() < nulls ? null : Cell(c.Type, random)).ToArray()).ToList();
        List<long> told = [];
        var sent = new PostgresEncoder(Of(rows, batchRows) with { AfterRow = told.Add }).Pieces().SelectMany(p => p.ToArray()).ToArray();
        Assert.Equal(rows.SelectMany(Expected).ToArray(), sent);
        Assert.Equal(Enumerable.Range(1, Rows).Select(n => (long)n), told);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(100, 63)]
    [InlineData(100, 64)]
    [InlineData(100, 199)]
    [InlineData(Rows, Rows - 1)]
    public void Day_outside_the_servers_calendar_is_told_with_its_row(int batchRows, int bad)
    {
        var rows = Enumerable.Range(0, Rows).Select(n => s_schema.Columns.Select(c => c.Type == ColumnType.Date ? (object)(n == bad ? int.MaxValue : n) : null).ToArray()).ToList();
        var fault = Assert.Throws<EtlException>(() => new PostgresEncoder(Of(rows, batchRows)).Pieces().Count());
        Assert.Contains($"column 'day' holds a time outside PostgreSQL's calendar on row {bad + 1} of the pull", fault.Message, StringComparison.Ordinal);
        Assert.Equal("bad-row", fault.Code);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(100, 64)]
    [InlineData(100, 199)]
    public void Nul_in_a_text_is_told_with_its_row(int batchRows, int bad)
    {
        var rows = Enumerable.Range(0, Rows).Select(n => s_schema.Columns.Select(c => c.Name == "last" ? (object)(n == bad ? "a\0b" : "ab") : null).ToArray()).ToList();
        var fault = Assert.Throws<EtlException>(() => new PostgresEncoder(Of(rows, batchRows)).Pieces().Count());
        Assert.Contains($"column 'last' holds a NUL character on row {bad + 1} of the pull", fault.Message, StringComparison.Ordinal);
    }

    // Whose texts are places in the file's dictionary while that holds them.
    [Theory]
    [InlineData(8 << 20, 0)]
    [InlineData(8 << 20, 0.3)]
    [InlineData(500, 0.1)]
    [InlineData(0, 0.1)]
    public void Rows_of_a_file_are_what_the_format_says(int dictionaryBytes, double nulls)
    {
        var random = new Random(dictionaryBytes);
        var texts = Enumerable.Range(0, 40).Select(n => new string((char)('a' + n % 26), 3 * n)).ToList();
        object Text(int row) => row < 1_500 ? texts[random.Next(texts.Count)] : random.Next(1 << 20).ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
        var rows = Enumerable.Range(0, 3 * Rows)
            .Select(row => s_schema.Columns.Select(c => random.NextDouble() < nulls ? null : c.Type == ColumnType.Text ? Text(row) : Cell(c.Type, random)).ToArray()).ToList();
        var sent = new PostgresEncoder(Of(rows, Rows) with { Read = () => LandedFile.Read(new MemoryStream(File(rows, dictionaryBytes)), s_schema) }).Pieces().SelectMany(p => p.ToArray()).ToArray();
        Assert.Equal(rows.SelectMany(Expected).ToArray(), sent);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_700)]
    public void Nul_in_a_text_of_a_file_is_told_with_its_row(int bad)
    {
        var rows = Enumerable.Range(0, 3 * Rows).Select(n => s_schema.Columns.Select(c => c.Name == "last" ? (object)(n == bad ? "a\0b" : $"ab{n % 7}") : null).ToArray()).ToList();
        var filed = Of(rows, Rows) with { Read = () => LandedFile.Read(new MemoryStream(File(rows, 8 << 20)), s_schema) };
        var fault = Assert.Throws<EtlException>(() => new PostgresEncoder(filed).Pieces().Count());
        Assert.Contains($"column 'last' holds a NUL character on row {bad + 1} of the pull", fault.Message, StringComparison.Ordinal);
    }

    private static byte[] File(List<object?[]> rows, int dictionaryBytes)
    {
        using var file = new MemoryStream();
        using var writer = new ParquetWriter(file, ParquetRows.Schema(s_schema), new ParquetWriterOptions { MaxPageRows = 300, MaxDictionaryBytes = dictionaryBytes, MaxRowGroupRows = 2_000 });
        foreach (var batch in Of(rows, Rows).Read()) ParquetRows.Write(writer, batch);
        writer.Complete(null);
        return file.ToArray();
    }

    private static object Cell(ColumnType type, Random random) => type switch
    {
        ColumnType.Text => new string((char)random.Next('a', 'z'), random.Next(40) == 0 ? random.Next(100_000) : random.Next(70)),
        ColumnType.Bool => random.Next(2) == 1,
        ColumnType.Int64 => random.NextInt64(long.MinValue, long.MaxValue),
        ColumnType.Int32 => random.Next(int.MinValue, int.MaxValue),
        ColumnType.Double => BitConverter.Int64BitsToDouble(random.NextInt64()),
        ColumnType.Date => random.Next(-700_000, 2_900_000),
        _ => random.NextInt64(-62_135_596_800_000_000, 253_402_300_799_000_000),
    };

    private static IEnumerable<byte> Expected(object?[] cells) => Int(cells.Length, 2).Concat(cells.SelectMany((cell, column) =>
    {
        if (cell is null) return Int(-1, 4);
        var value = s_schema.Columns[column].Type switch
        {
            ColumnType.Text => Encoding.UTF8.GetBytes((string)cell),
            ColumnType.Bool => [(bool)cell ? (byte)1 : (byte)0],
            ColumnType.Int64 => Int((long)cell, 8),
            ColumnType.Int32 => Int((int)cell, 4),
            ColumnType.Double => Int(BitConverter.DoubleToInt64Bits((double)cell), 8),
            // Days and microseconds from 1970 to 2000.
            ColumnType.Date => Int((int)cell - 10_957, 4),
            _ => Int((long)cell - 946_684_800_000_000, 8),
        };
        return [.. Int(value.Length, 4), .. value];
    }));

    private static byte[] Int(long value, int bytes)
    {
        var all = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(all, value);
        return all[(8 - bytes)..];
    }

    private static SqlRows Of(List<object?[]> rows, int batchRows) => new(
        new SqlTable(null, "t"), s_schema, [.. s_schema.Columns.Select(c => c.Name)], rows.Count, () => rows.Chunk(batchRows).Select(part =>
        {
            var batch = new RowBatch(s_schema);
            foreach (var row in part)
                for (var column = 0; column < row.Length; column++) Append(batch[column], row[column]);
            return batch;
        }));

    private static void Append(ColumnBuffer cells, object? value)
    {
        switch (value)
        {
            case null: cells.AppendNull(); break;
            case string text: ((TextBuffer)cells).Append(Encoding.UTF8.GetBytes(text)); break;
            case bool flag: ((FixedBuffer<bool>)cells).Append(flag); break;
            case long number: ((FixedBuffer<long>)cells).Append(number); break;
            case int number: ((FixedBuffer<int>)cells).Append(number); break;
            default: ((FixedBuffer<double>)cells).Append((double)value); break;
        }
    }
}
