using System.Globalization;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Crash;

/// <summary>Lands a window of many rows over and over, each time in a process of its own whose memory is bounded.</summary>
internal sealed class LargeWindow(ITestOutputHelper output)
{
    private const long MaxMegabytes = 400;

    /// <summary>The most rows, on a night run.</summary>
    private const int NightlyRows = 2_000_000;

    /// <summary>Lands pulls <c>p1</c>, <c>p2</c>, … one over the other.</summary>
    /// <param name="settings">Variables of the processes.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="kind">Which target.</param>
    /// <param name="rows">Rows of the window when it is no night run.</param>
    /// <param name="landings">How often it lands.</param>
    /// <param name="restates">Whether the target is told the difference of all rows when it lands again.</param>
    /// <returns>Rows of the window.</returns>
    public async Task<int> LandAsync(Dictionary<string, string> settings, string data, string kind, int rows, int landings, bool restates)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The peak of memory is read from /proc.");
        if (Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1") rows = NightlyRows;
        for (var landing = 1; landing <= landings; landing++)
        {
            var child = await Child.RunAsync(null, settings, "large", data, kind, $"p{landing}", rows.ToString(CultureInfo.InvariantCulture));
            Assert.True(child.Exit == 0, child.Output);
            if (child.Output.Trim().Split(' ') is not [var seconds, var megabytes, var restated]) throw new FormatException(child.Output);
            output.WriteLine($"{kind}, {rows} rows, landing {landing}: {seconds} s, {megabytes} MB, {restated} rows restated");
            Assert.InRange(long.Parse(megabytes, CultureInfo.InvariantCulture), 1, MaxMegabytes);
            Assert.Equal(restates && landing > 1 ? rows : 0, long.Parse(restated, CultureInfo.InvariantCulture));
        }
        return rows;
    }
}
