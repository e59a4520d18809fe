using System.Globalization;
using Etl.Landing.Tests.Crash;
using Etl.Testing.Crash;
using Etl.Testing.Files;
using Etl.Testing.Targets.Sql;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Sql;

/// <summary>
/// Memory does not grow with a window's rows, landed and landed again with every row changed: a bounded share always, two million on a night run
/// (<c>ETL_TESTS_NIGHTLY=1</c>). Modes that keep no whole windows cannot tell what a pull restates.
/// </summary>
public sealed class LargeWindowTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("table", true, 300_000)]
    [InlineData("table", false, 300_000)]
    [InlineData("table:append", true, 100_000)]
    [InlineData("table:append", false, 100_000)]
    [InlineData("table:merge", true, 100_000)]
    [InlineData("table:merge", false, 100_000)]
    [InlineData("table:history", true, 100_000)]
    [InlineData("table:history", false, 100_000)]
    public async Task Large_window_lands_in_little_memory(string kind, bool postgres, int rows)
    {
        using var folder = new TempFolder();
        await using var bench = postgres ? await PostgresBench.OpenAsync() : new SqliteBench();
        var connection = bench is PostgresBench server ? "postgres:" + server.ConnectionString : "sqlite:" + ((SqliteBench)bench).Database.Path;
        var restates = kind is "table" or "table:append";
        rows = await new LargeWindow(output).LandAsync(new() { [Worker.ConnectionVariable] = connection }, folder.Path, kind, rows, landings: 2, restates);

        string Count(string from) => bench.Ask("SELECT count(*) FROM " + from);
        var all = rows.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(all, Count("plays WHERE _pull = 'p2'"));
        // The second replaces the first, but where all pulls stay.
        Assert.Equal(kind == "table:append" ? all : "0", Count("plays WHERE _pull = 'p1'"));
        if (kind == "table:append") Assert.Equal(all, Count("plays_current"));
        if (restates) Assert.Equal(all, Count("plays_restatements WHERE previous_pull = 'p1' AND _pull = 'p2' AND change = 'changed' AND column_name = 'count_plays' AND delta = 1"));
        else Assert.DoesNotContain("plays_restatements", bench.Names());
    }
}
