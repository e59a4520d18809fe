using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Etl.Core.Runs;

/// <summary>
/// Named points where a test can kill the process, or stop it as a machine that stalls would, so that recovery is tested where it matters. The
/// environment variables <c>ETL_CRASH_AT</c> and <c>ETL_STOP_AT</c> name one point each, optionally with a count: <c>parquet.renamed</c> or
/// <c>parquet.renamed:3</c> (the third time). Unset, a point costs two comparisons.
/// </summary>
public static class Failpoint
{
    // Of Linux; a stop is for tests only, which run there.
    private const int Sigstop = 19;

    private static readonly Point? s_crash = Point.Find("ETL_CRASH_AT"), s_stop = Point.Find("ETL_STOP_AT");

    /// <summary>Kills the process here if a test asked for it: no finally block runs, as with <c>kill -9</c>. Or stops it until somebody lets it go on.</summary>
    public static void Hit(string name)
    {
        if (s_stop is not null && s_stop.IsReached(name) && Raise(Sigstop) != 0)
            throw new InvalidOperationException($"The process could not be stopped at '{name}'.");
        if (s_crash is null || !s_crash.IsReached(name)) return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    // To this thread: sent to the process, the signal could reach another one first, and this one would go on past the point.
    [DllImport("libc", EntryPoint = "raise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Raise(int signal);

    private sealed class Point(string name, int times)
    {
        private int _left = times;

        public static Point? Find(string variable)
        {
            var spec = Environment.GetEnvironmentVariable(variable);
            if (string.IsNullOrEmpty(spec)) return null;
            var parts = spec.Split(':');
            return new Point(parts[0], parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1);
        }

        public bool IsReached(string point) => name == point && Interlocked.Decrement(ref _left) == 0;
    }
}
