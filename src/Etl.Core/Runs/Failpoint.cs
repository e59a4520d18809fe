namespace Etl.Core.Runs;

/// <summary>
/// Named points where a test can kill the process, so that recovery is tested where it matters. The environment
/// variable <c>ETL_CRASH_AT</c> names one point, optionally with a count: <c>parquet.renamed</c> or <c>parquet.renamed:3</c>
/// (the third time). Unset, a point costs one comparison.
/// </summary>
public static class Failpoint
{
    private static readonly string? s_name;
    private static int s_left;

    static Failpoint()
    {
        var spec = Environment.GetEnvironmentVariable("ETL_CRASH_AT");
        if (string.IsNullOrEmpty(spec)) return;
        var parts = spec.Split(':');
        s_name = parts[0];
        s_left = parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 1;
    }

    /// <summary>Kills the process here if a test asked for it: no finally block runs, as with <c>kill -9</c>.</summary>
    public static void Hit(string name)
    {
        if (s_name is null) return;
        if (s_name == name && Interlocked.Decrement(ref s_left) == 0)
        {
            using var self = System.Diagnostics.Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    }
}
