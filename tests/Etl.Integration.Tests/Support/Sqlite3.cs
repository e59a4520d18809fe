using System.Diagnostics;

namespace Etl.Integration.Tests.Support;

/// <summary>The sqlite3 command line: a reader that shares nothing with ours.</summary>
internal static class Sqlite3
{
    /// <summary>Skips the test, or fails it in a strict run, when the program is missing.</summary>
    public static void Require() => Tools.Require("sqlite3", "--version", "the sqlite3 command line (package sqlite3)");

    /// <summary>Holds the write lock of a database until the result is disposed.</summary>
    public static IDisposable Lock(string database)
    {
        var start = new ProcessStartInfo("sqlite3") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(database);
        var process = Process.Start(start)!;
        process.StandardInput.WriteLine("BEGIN IMMEDIATE; SELECT 'locked';");
        process.StandardInput.Flush();
        Assert.Equal("locked", process.StandardOutput.ReadLine());
        return new Held(process);
    }

    private sealed class Held(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.StandardInput.WriteLine("ROLLBACK;");
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }
    }

    /// <summary>Changes a database.</summary>
    public static void Execute(string database, string sql) => Run([database, sql]);

    /// <summary>Rows of a query as JSON text (an array of objects; empty text for no rows).</summary>
    public static string Json(string database, string sql) => Run(["-readonly", "-json", database, sql]);

    private static string Run(string[] arguments)
    {
        var start = new ProcessStartInfo("sqlite3") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return output;
    }
}
