using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Etl.Parquet.Tests;

/// <summary>Our files in two readers that others wrote. Skipped without node and its modules, unless ETL_TESTS_STRICT=1.</summary>
public sealed class ForeignReaderTests
{
    public static TheoryData<string, ParquetCodec, bool> Variants
    {
        get
        {
            var data = new TheoryData<string, ParquetCodec, bool>();
            foreach (var reader in new[] { "hyparquet", "duckdb" })
            {
                foreach (var codec in Enum.GetValues<ParquetCodec>())
                {
                    data.Add(reader, codec, true);
                    data.Add(reader, codec, false);
                }
            }

            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void All_types_file_has_the_same_cells_in_another_reader(string reader, ParquetCodec codec, bool dictionary)
    {
        var table = AllTypes();
        var options = new ParquetWriterOptions
        {
            Codec = codec,
            MaxRowGroupRows = 4000,
            MaxPageRows = 700,
            MaxDictionaryBytes = dictionary ? 1 << 20 : 0,
        };
        Compare(reader, table, options);
    }

    [SkippableTheory]
    [InlineData("hyparquet")]
    [InlineData("duckdb")]
    public void Chunk_that_leaves_its_dictionary_has_the_same_cells_in_another_reader(string reader) =>
        Compare(reader, ParquetRoundTripTests.Mixed(20_000), new ParquetWriterOptions { MaxPageRows = 2000, MaxDictionaryBytes = 60_000 });

    [SkippableTheory]
    [InlineData("hyparquet")]
    [InlineData("duckdb")]
    public void Empty_file_has_no_rows_in_another_reader(string reader) =>
        Compare(reader, TestTable.Of((new("a", ParquetType.Text), []), (new("b", ParquetType.Date), [])), new ParquetWriterOptions());

    [SkippableTheory]
    [InlineData("hyparquet")]
    [InlineData("duckdb")]
    public void Random_files_have_the_same_cells_in_another_reader(string reader)
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            var random = new Random(seed);
            Compare(reader, RandomTables.Table(random, 3000), RandomTables.Options(random), $"seed {seed}");
        }
    }

    [SkippableTheory]
    [InlineData("uncompressed")]
    [InlineData("snappy")]
    [InlineData("gzip")]
    public void File_that_duckdb_wrote_is_read(string codec)
    {
        var path = Path.Combine(Path.GetTempPath(), $"etl-{Guid.NewGuid():n}.parquet");
        try
        {
            Node("write.mjs", path, codec);
            using var reader = ParquetReader.Open(path);
            // The formulas of write.mjs.
            var rows = Enumerable.Range(0, 30_000).ToArray();
            TestTable.Of(
                (new("flag", ParquetType.Bool), rows.Select(i => i % 11 == 0 ? null : (object?)(i % 3 == 0))),
                (new("small", ParquetType.Int32), rows.Select(i => (object?)(i % 100))),
                (new("big", ParquetType.Int64), rows.Select(i => i % 7 == 0 ? null : (object?)(i * 1_000_000_007L))),
                (new("real", ParquetType.Double), rows.Select(i => (object?)(i / 8.0))),
                (new("day", ParquetType.Date), rows.Select(i => (object?)(i - 10_000))),
                (new("moment", ParquetType.Timestamp), rows.Select(i => (object?)(i * 1_000_001L))),
                (new("text", ParquetType.Text), rows.Select(i => i % 5 == 0 ? null : (object?)$"text {i % 1000} é"))).AssertSame(TestTable.Read(reader));
            Assert.Equal(30_000L, reader.RowGroups.Sum(g => g.Rows));
            Assert.Equal(0, reader.RowGroups[0].Columns[1].Statistics!.Min);
            Assert.Equal(99, reader.RowGroups[0].Columns[1].Statistics!.Max);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static TestTable AllTypes()
    {
        var columns = Enum.GetValues<ParquetType>().Select(type =>
        {
            var extremes = ParquetRoundTripTests.ExtremeValues(type);
            var random = new Random((int)type);
            var values = Enumerable.Range(0, 10_000).Select(i => i < extremes.Length ? extremes[i] : random.Next(10) switch
            {
                0 => null,
                1 when type != ParquetType.Text => extremes[random.Next(extremes.Length)],
                _ => Common(type, random.Next(40)),
            });
            return (new ParquetColumn($"column '{type}' ä", type), (IEnumerable<object?>)values);
        });
        return TestTable.Of([.. columns, (new ParquetColumn("nothing", ParquetType.Text), new object?[10_000])]);
    }

    private static object Common(ParquetType type, int n) => type switch
    {
        ParquetType.Bool => n % 2 == 0,
        ParquetType.Int32 or ParquetType.Date => n - 20,
        ParquetType.Int64 or ParquetType.Timestamp => 1_700_000_000_000_000L + n,
        ParquetType.Double => n / 7.0,
        _ => $"text {n} é",
    };

    private static void Compare(string reader, TestTable table, ParquetWriterOptions options, string context = "")
    {
        var metadata = new Dictionary<string, string> { ["b"] = "ä|\"", ["a"] = "" };
        var path = Path.Combine(Path.GetTempPath(), $"etl-{Guid.NewGuid():n}.parquet");
        File.WriteAllBytes(path, table.Write(options, metadata: metadata));
        try
        {
            var lines = Dump(reader, path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var header = JsonDocument.Parse(lines[0]).RootElement;
            Assert.Equal(table.Schema.Columns.Select(c => c.Name), header.GetProperty("columns").EnumerateArray().Select(c => c.GetString()));
            Assert.Equal(table.Rows, header.GetProperty("rows").GetInt32());
            Assert.Equal(table.Rows, lines.Length - 1);
            if (reader == "hyparquet")
                Assert.Equal(metadata.OrderBy(p => p.Key), header.GetProperty("metadata").Deserialize<Dictionary<string, string>>()!.OrderBy(p => p.Key));
            for (var row = 0; row < table.Rows; row++)
            {
                using var cells = JsonDocument.Parse(lines[row + 1]);
                for (var c = 0; c < table.Columns.Length; c++)
                {
                    var expected = Expected(table.Columns[c][row]);
                    var actual = cells.RootElement[c].ToString();
                    if (cells.RootElement[c].ValueKind == JsonValueKind.Null ? expected is not null : expected != actual)
                        Assert.Fail($"{reader} {context}: row {row}, column {c} ({table.Schema.Columns[c].Type}) is '{Short(actual)}'; expected '{Short(expected)}'");
                }
            }
        }
        finally
        {
            File.Delete(path);
        }

        static string Short(string? s) => s is { Length: > 80 } ? s[..80] + "..." : s ?? "null";
    }

    private static string? Expected(object? value) => value switch
    {
        null => null,
        bool b => b ? "True" : "False", // as JsonElement prints them
        double d => double.IsNaN(d) ? "nan" : TestTable.Cell(d),
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static string Dump(string reader, string path) => Node("dump.mjs", reader, path);

    private static string Node(params string[] arguments)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Etl.sln")))
            directory = directory.Parent;
        var readers = Path.Combine(directory?.FullName ?? ".", "tests", "parquet-readers");
        Require(Directory.Exists(Path.Combine(readers, "node_modules", "hyparquet")), "tests/parquet-readers/node_modules is missing; run 'npm install' in tests/parquet-readers");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = readers, StandardOutputEncoding = Encoding.UTF8 };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Require(false, $"node cannot be started: {e.Message}");
        }

        using (process)
        {
            var error = process!.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"node {string.Join(' ', arguments)} failed with exit code {process.ExitCode}: {error.Result}");
            return output;
        }
    }

    private static void Require(bool condition, string reason)
    {
        if (Environment.GetEnvironmentVariable("ETL_TESTS_STRICT") == "1")
            Assert.True(condition, reason);
        Skip.IfNot(condition, reason);
    }
}
