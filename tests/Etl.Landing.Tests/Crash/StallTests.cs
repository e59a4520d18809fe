using System.Globalization;
using Etl.Core.Targets;
using Etl.Landing.Tests.Sql;
using Etl.Testing;
using Etl.Testing.Crash;
using Etl.Testing.Files;
using Etl.Testing.Targets.Sql;

namespace Etl.Landing.Tests.Crash;

/// <summary>
/// A worker that nobody tells of its lost lease is stopped by the system right before it commits; another one lands a newer pull; the first goes on. Only the
/// fence at the target keeps the older pull from winning. 12 times, 102 on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).
/// </summary>
public sealed class StallTests : IDisposable
{
    private static readonly int s_rounds = Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? 34 : 4;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("parquet", "parquet.temp-synced", "parquet.compared", "parquet.restated")]
    [InlineData("sqlite", "table.prepared")]
    [InlineData("postgres", "table.prepared", "table.begin", "table.half-inserted")]
    public async Task Worker_that_stalls_before_it_commits_is_superseded_by_the_newer_pull(string kind, params string[] points)
    {
        await using SqlBench? bench = kind switch
        {
            "sqlite" => new SqliteBench(),
            "postgres" => await PostgresBench.OpenAsync(),
            _ => null,
        };
        var connection = bench switch
        {
            SqliteBench sqlite => "sqlite:" + sqlite.Database.Path,
            PostgresBench postgres => "postgres:" + postgres.ConnectionString,
            _ => null,
        };
        var target = kind == "parquet" ? "parquet" : "table";
        var worker = Worker.WithConnection(_folder.Path, target, connection);
        await worker.LandAsync("first", 1, 200);
        for (var round = 0; round < s_rounds; round++)
        {
            var (older, newer) = (2L * round + 2, 2L * round + 3);
            var environment = new Dictionary<string, string> { ["ETL_STOP_AT"] = points[round % points.Length] };
            if (connection is not null) environment[Worker.ConnectionVariable] = connection;
            using var stalled = Child.Start(environment, "land", _folder.Path, target, Pull(older), Number(older), "500");
            await Signals.StoppedAsync(stalled);
            Assert.Equal(LandingOutcome.Landed, (await worker.LandAsync(Pull(newer), newer, 300 + round)).Outcome);
            Shows(bench, worker, Pull(newer), 300 + round);

            Signals.Continue(stalled);
            var (exit, output) = await Child.FinishAsync(stalled);
            Assert.Equal((0, "Superseded"), (exit, output.Trim()));
            Shows(bench, worker, Pull(newer), 300 + round);
            var published = await worker.FindAsync();
            Assert.Equal((Pull(newer), newer, 300L + round), (published!.Pull, published.Fence, published.Rows));
        }
    }

    private static string Pull(long fence) => "f" + Number(fence);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Shows(SqlBench? bench, Worker worker, string pull, int rows)
    {
        var pulls = bench is null
            ? KillTests.FileRows(worker).GroupBy(r => r.Pull).Select(g => $"{g.Key} {g.Count()}")
            : [bench.Ask("SELECT min(_pull) FROM plays") + " " + bench.Ask("SELECT count(*) FROM plays")];
        Assert.Equal([$"{pull} {rows}"], pulls);
        if (bench is not null) Assert.Equal("1", bench.Ask("SELECT count(DISTINCT _pull) FROM plays"));
    }
}
