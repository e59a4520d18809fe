using System.ComponentModel;
using System.Diagnostics;

namespace Etl.Integration.Tests.Support;

/// <summary>Programs that the tests use and others wrote.</summary>
internal static class Tools
{
    /// <summary>The repository, found by its solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Skips the test when a program is missing; fails it when <c>ETL_TESTS_STRICT</c> is 1.</summary>
    public static void Require(string program, string argument, string what)
    {
        var present = true;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, argument) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
        }
        catch (Win32Exception)
        {
            present = false;
        }
        Missing(!present, what);
    }

    /// <summary>Skips or fails when <paramref name="missing"/>.</summary>
    public static void Missing(bool missing, string what)
    {
        if (!missing) return;
        if (Environment.GetEnvironmentVariable("ETL_TESTS_STRICT") == "1") Assert.Fail($"Missing: {what}.");
        Skip.If(true, $"Missing: {what}; 'tests/run' installs it.");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Etl.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}
