using System.Globalization;
using Etl.Landing.Tests.Crash;
using Etl.Testing.Files;
using Etl.Testing.Targets.Sql;

namespace Etl.Landing.Tests.Sql;

/// <summary>Memory does not grow with a window's rows: 300,000 always, two million on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).</summary>
public sealed class LargeWindowTests
{
    private const long MaxMegabytes = 400;

    [SkippableTheory]
    [InlineData("table", true, 300_000)]
    [InlineData("table", false, 300_000)]
    [InlineData("table:history", true, 100_000)]
    [InlineData("table:history", false, 100_000)]
    public async Task Large_window_lands_in_little_memory(string kind, bool postgres, int rows)
    {
        if (Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1") rows = 2_000_000;
        Skip.IfNot(OperatingSystem.IsLinux(), "The peak of memory is read from /proc.");
        using var folder = new TempFolder();
        await using var bench = postgres ? await PostgresBench.OpenAsync() : new SqliteBench();
        var connection = bench is PostgresBench server ? "postgres:" + server.ConnectionString : "sqlite:" + ((SqliteBench)bench).Database.Path;
        // Twice: the second replaces the first.
        foreach (var fence in (string[])["1", "2"])
        {
            var child = await Child.RunWithAsync(connection, null, "large", folder.Path, kind, "p" + fence, fence, rows.ToString(CultureInfo.InvariantCulture));
            Assert.True(child.Exit == 0, child.Output);
            Assert.InRange(long.Parse(child.Output.Split(' ')[1], CultureInfo.InvariantCulture), 1, MaxMegabytes);
        }
        Assert.Equal(rows.ToString(CultureInfo.InvariantCulture), bench.Ask("SELECT count(*) FROM plays WHERE _pull = 'p2'"));
        Assert.Equal(rows.ToString(CultureInfo.InvariantCulture), bench.Ask("SELECT count(*) FROM plays"));
    }
}
