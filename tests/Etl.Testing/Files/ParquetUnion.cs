using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Etl.Testing;

/// <summary>Several Parquet files as one table, columns by name, as DuckDB reads them: what people do with a dataset whose columns changed.</summary>
public static class ParquetUnion
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "tests", "parquet-readers");

    /// <summary>What is missing on this machine, in words; null when the reader is there.</summary>
    public static string? Missing
    {
        get
        {
            if (!Directory.Exists(Path.Combine(s_folder, "node_modules", "@duckdb"))) return "DuckDB for node: run 'npm install' in tests/parquet-readers";
            try
            {
                using var node = Process.Start(new ProcessStartInfo("node", "--version") { RedirectStandardOutput = true });
                node!.WaitForExit();
                return null;
            }
            catch (Win32Exception)
            {
                return "node";
            }
        }
    }

    /// <summary>The rows, ordered by all columns; cells are texts as DuckDB prints them, or null.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, string?>> Rows(string glob)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = s_folder, StandardOutputEncoding = Encoding.UTF8 };
        start.ArgumentList.Add("union.mjs");
        start.ArgumentList.Add(glob);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"node union.mjs {glob}: {error.Result}");
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<Dictionary<string, string?>>(l)!)];
    }
}
