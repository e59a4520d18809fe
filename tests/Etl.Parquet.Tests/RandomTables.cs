using System.Text;

namespace Etl.Parquet.Tests;

/// <summary>Random tables and options from a seed.</summary>
internal static class RandomTables
{
    private static readonly object[] Extremes =
    [
        double.NaN, -double.NaN, 0.0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue,
    ];

    public static TestTable Table(Random random, int maxRows)
    {
        var rows = random.Next(maxRows + 1);
        var columns = new List<(ParquetColumn, IEnumerable<object?>)>();
        var count = random.Next(1, 6);
        for (var c = 0; c < count; c++)
        {
            var type = (ParquetType)random.Next(7);
            var nulls = random.Next(4) switch { 0 => 0.0, 1 => 1.0, 2 => 0.02, _ => 0.5 };
            var distinct = random.Next(4) switch { 0 => 1, 1 => 7, 2 => 300, _ => int.MaxValue };
            var run = random.Next(2) == 0 ? 1 : random.Next(1, 200);
            var values = new List<object?>(rows);
            while (values.Count < rows)
            {
                var value = random.NextDouble() < nulls ? null : Value(random, type, distinct);
                for (var i = 0; i < run && values.Count < rows; i++)
                    values.Add(value);
            }

            columns.Add((new ParquetColumn("column " + c, type), values));
        }

        return TestTable.Of([.. columns]);
    }

    public static ParquetWriterOptions Options(Random random) => new()
    {
        Codec = (ParquetCodec)random.Next(3),
        MaxRowGroupRows = random.Next(3) switch { 0 => random.Next(1, 50), 1 => random.Next(50, 5000), _ => 1 << 20 },
        MaxRowGroupBytes = random.Next(3) == 0 ? random.Next(1024, 200_000) : 64 << 20,
        MaxPageRows = random.Next(3) switch { 0 => random.Next(1, 40), 1 => random.Next(40, 3000), _ => 20_480 },
        MaxPageBytes = random.Next(3) == 0 ? random.Next(64, 5000) : 1 << 20,
        MaxDictionaryBytes = random.Next(3) switch { 0 => 0, 1 => random.Next(3000), _ => 8 << 20 },
    };

    private static object Value(Random random, ParquetType type, int distinct)
    {
        var seed = random.Next(distinct);
        return type switch
        {
            ParquetType.Bool => seed % 2 == 0,
            ParquetType.Int32 or ParquetType.Date => random.Next(50) switch { 0 => int.MinValue, 1 => int.MaxValue, _ => seed - 1000 },
            ParquetType.Int64 or ParquetType.Timestamp => random.Next(50) switch { 0 => long.MinValue, 1 => long.MaxValue, _ => seed * 7_000_000_007L },
            ParquetType.Double => random.Next(20) == 0 ? Extremes[random.Next(Extremes.Length)] : seed / 8.0,
            _ => Encoding.UTF8.GetBytes(Text(new Random(seed))),
        };
    }

    private static string Text(Random random) => random.Next(6) switch
    {
        0 => "",
        1 => new string('x', random.Next(1, 9)),
        2 => string.Concat(Enumerable.Repeat("äöü€😀", random.Next(1, 30))),
        3 => new string((char)random.Next('a', 'z'), random.Next(300)),
        _ => $"user{random.Next()}@example.org",
    };
}
