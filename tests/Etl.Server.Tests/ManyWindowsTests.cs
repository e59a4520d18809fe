using System.Globalization;
using System.Text.RegularExpressions;
using Etl.Server.Reading;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Etl.Testing.Ledger;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace Etl.Server.Tests;

/// <summary>Its time is the processor's and of this process, which other tests must not use meanwhile.</summary>
[CollectionDefinition(nameof(ManyWindowsTests), DisableParallelization = true)]
public sealed class ManyWindowsAlone;

/// <summary>A ledger with 100,000 windows in 10 jobs, asked over HTTP; <c>-- pages</c> of the benchmarks measures the same at leisure.</summary>
[Collection(nameof(ManyWindowsTests))]
public sealed class ManyWindowsTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task Pages_and_metrics_over_a_hundred_thousand_windows_are_cheap()
    {
        await using var house = await House.OpenAsync();
        var many = new ManyWindows(Jobs: 10, Windows: 10_000, Pulls: 1, DateOnly.FromDateTime(house.Clock.GetUtcNow().UtcDateTime).AddDays(-1));
        house.Desk.JobList.Clear();
        for (var i = 0; i < many.Jobs; i++) house.Desk.JobList.Add(FakeDesk.Job(ManyWindows.Name(i)));
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(house.Folder, "ledger.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await many.FillAsync(connection);
        }
        using var client = house.Client(Role.Viewer);
        var slow = new List<string>();
        foreach (var (path, expected) in new[]
        {
            ("/", "9,900 landed"), ("/jobs/job-07", many.Label(0)), ("/jobs/job-07?page=200", many.Label(9_999)), ("/jobs/job-07?state=parked", many.Label(7)),
            ($"/jobs/job-07/{many.Label(7)}", "the service says 2,300"), ("/metrics", """etl_windows{job="job-07",state="parked"} 100"""),
        })
        {
            var fastest = TimeSpan.MaxValue;
            for (var i = 0; i < 5; i++)
            {
                // What was read for the page before is old now.
                house.Clock.Advance(Overviews.Lifetime);
                var before = Environment.CpuUsage.TotalTime;
                var answer = await client.GetStringAsync(new Uri(path, UriKind.Relative));
                var used = Environment.CpuUsage.TotalTime - before;
                if (used < fastest) fastest = used;
                Assert.Contains(expected, answer, StringComparison.Ordinal);
            }
            output.WriteLine($"{path}: {fastest.TotalMilliseconds:0} ms of processor time at best.");
            // The best of five, and no time in which others had the processor.
            if (fastest >= s_limit) slow.Add($"{path}: {fastest.TotalMilliseconds:0} ms");
        }
        Assert.Empty(slow);
    }
}
