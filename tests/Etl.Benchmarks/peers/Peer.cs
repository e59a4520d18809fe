using Etl.Testing;

namespace Etl.Benchmarks;

/// <summary>Runs what etl is compared with.</summary>
internal static class Peer
{
    /// <summary>The folder of the scripts.</summary>
    internal static string Folder => Path.Combine(Repository.Root, "tests", "Etl.Benchmarks", "peers");

    /// <summary>Why DuckDB cannot run here; null when it can.</summary>
    internal static string? MissingDuck() =>
        MissingProgram("node") ?? (Directory.Exists(Path.Combine(Folder, "node_modules", "@duckdb")) ? null : "DuckDB is not here: npm could not install @duckdb/node-api.");

    /// <summary>Why a program cannot run here; null when it can.</summary>
    internal static string? MissingProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name))) ? null : $"'{name}' is not installed.";

    /// <summary>Runs statements in DuckDB with so many threads.</summary>
    internal static Child.Run Duck(int threads, params string[] statements) => Script("node", ["duck.mjs", threads.ToString(System.Globalization.CultureInfo.InvariantCulture), .. statements]);

    /// <summary>Runs one of the scripts beside this file.</summary>
    internal static Child.Run Script(string program, params string[] arguments) =>
        Child.Start(program, Folder, new Dictionary<string, string>(), arguments).Succeeded();
}
