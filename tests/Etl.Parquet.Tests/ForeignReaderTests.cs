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

    internal static string Dump(string reader, string path)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Etl.sln")))
            directory = directory.Parent;
        var readers = Path.Combine(directory?.FullName ?? ".", "tests", "parquet-readers");
        Require(Directory.Exists(Path.Combine(readers, "node_modules", "hyparquet")), "tests/parquet-readers/node_modules is missing; run 'npm install' in tests/parquet-readers");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = readers, StandardOutputEncoding = Encoding.UTF8 };
        start.ArgumentList.Add("dump.mjs");
        start.ArgumentList.Add(reader);
        start.ArgumentList.Add(path);
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
            Assert.True(process.ExitCode == 0, $"{reader} failed with exit code {process.ExitCode}: {error.Result}");
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
