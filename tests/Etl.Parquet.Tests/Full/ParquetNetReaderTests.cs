using System.Globalization;
using System.Text;
using Net = global::Parquet;

namespace Etl.Parquet.Tests.Full;

/// <summary>Our files in Parquet.Net. Compiled in the package set `full` only: the portable mirror does not carry it.</summary>
public sealed class ParquetNetReaderTests
{
    private const int Rows = 5_000;

    [Theory]
    [InlineData(ParquetCodec.None)]
    [InlineData(ParquetCodec.Snappy)]
    [InlineData(ParquetCodec.Gzip)]
    public async Task File_has_the_same_cells_in_Parquet_Net(ParquetCodec codec)
    {
        // Parquet.Net gives dates and timestamps as DateTime: the values stay within its years.
        var table = TestTable.Of(
            (new("flag", ParquetType.Bool), Values(i => i % 3 == 0)),
            (new("small", ParquetType.Int32), Values(i => i - 2_500)),
            (new("big", ParquetType.Int64), Values(i => long.MaxValue - i)),
            (new("real", ParquetType.Double), Values(i => i / 7.0)),
            (new("day", ParquetType.Date), Values(i => i - 1_000)),
            (new("moment", ParquetType.Timestamp), Values(i => 1_700_000_000_000_000L + i * 1_001L)),
            (new("text", ParquetType.Text), Values(i => $"text {i % 700} é")));
        var file = table.Write(new ParquetWriterOptions { Codec = codec, MaxRowGroupRows = 2_000, MaxPageRows = 600 });

        using var stream = new MemoryStream(file);
        using var reader = await Net.ParquetReader.CreateAsync(stream);
        var fields = reader.Schema.GetDataFields();
        Assert.Equal(table.Schema.Columns.Select(c => c.Name), fields.Select(f => f.Name));
        for (var column = 0; column < fields.Length; column++)
        {
            var found = new List<string>();
            for (var group = 0; group < reader.RowGroupCount; group++)
            {
                using var rows = reader.OpenRowGroupReader(group);
                foreach (var value in (await rows.ReadColumnAsync(fields[column])).Data) found.Add(Cell(value, table.Schema.Columns[column].Type));
            }
            Assert.Equal(table.Columns[column].Select(v => Cell(v is byte[] utf8 ? Encoding.UTF8.GetString(utf8) : v, table.Schema.Columns[column].Type)), found);
        }
    }

    private static IEnumerable<object?> Values(Func<int, object> value) => Enumerable.Range(0, Rows).Select(i => i % 13 == 0 ? null : value(i));

    private static string Cell(object? value, ParquetType type) => value switch
    {
        null => "null",
        DateTime time when type == ParquetType.Date => ((time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerDay).ToString(CultureInfo.InvariantCulture),
        DateTime time => ((time - DateTime.UnixEpoch).Ticks / 10).ToString(CultureInfo.InvariantCulture),
        double real => real.ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
