using System.Globalization;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Landing.Exports.Joining;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

/// <summary>The rows of an export land with runs like everything else, and what has landed is what joins.</summary>
public class ExportRowsRunTests
{
    private static readonly ExportSpec s_export = new()
    {
        Name = "leads",
        Profile = "csv",
        Sources = [new ExportSource(SourceSpec.MainName, "id", null)],
        Measures = [new LeadMeasure("plays", MeasureKind.Sum, SourceSpec.MainName, "plays"), new LeadMeasure("last", MeasureKind.Max, SourceSpec.MainName, "_window")],
        Columns = [new("Email", new LeadValue(LeadField.Email)), new("Plays", new MeasureValue("plays")), new("Last", new MeasureValue("last"))],
    };

    private static async Task<Bench> OpenAsync(params LandSpec[] others)
    {
        var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with
        {
            Exports = [s_export],
            Window = bench.Job.Window with { Lookback = 2 },
            Land = [new ExportRowsLandSpec { Job = bench.Job.Name, Export = "leads" }, .. others],
        };
        bench.Source.Rows = label => [("a@x.com", 1), ("A@x.com ", 2), (label + "@x.com", 10)];
        return bench;
    }

    private static async Task<string[]> LeadsAsync(Bench bench)
    {
        using var table = await new LeadJoiner(bench.Folder, TimeProvider.System).JoinAsync(bench.Job, s_export, default);
        return [.. table.Read().Select(l => string.Join('|', l.Cells.Select(c => c.Text ?? c.Bits.ToString(CultureInfo.InvariantCulture)))).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task Rows_land_and_join()
    {
        await using var bench = await OpenAsync(new ParquetLandSpec { Dataset = "plays" });

        var outcomes = await bench.RunAsync();

        Assert.All(outcomes, o => Assert.Equal(WindowState.Landed, o.State));
        Assert.Equal(["2026-11-18@x.com|10|2026-11-18", "2026-11-19@x.com|10|2026-11-19", "a@x.com|6|2026-11-19"], await LeadsAsync(bench));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Pull_that_removed_and_changed_rows_takes_the_place_of_the_one_before()
    {
        await using var bench = await OpenAsync(new ParquetLandSpec { Dataset = "plays" });
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromDays(1));
        bench.Source.Rows = label => label == "2026-11-19" ? [("a@x.com", 5), ("new@x.com", 1)] : [("a@x.com", 1), ("b@x.com", 7)];

        Assert.Equal(2, (await bench.RunAsync()).Count(o => o.State == WindowState.Landed));

        Assert.Equal(["2026-11-18@x.com|10|2026-11-18", "a@x.com|9|2026-11-20", "b@x.com|7|2026-11-20", "new@x.com|1|2026-11-19"], await LeadsAsync(bench));
        // What changed is told where people read, and not beside the rows of the export.
        Assert.True(Directory.Exists(Path.Combine(bench.Folder, "parquet", "plays_restatements")));
        Assert.Equal(["main"], Directory.GetDirectories(Path.Combine(bench.Folder, "exports", ".rows", "plays", "leads")).Select(Path.GetFileName));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Held_pull_leaves_the_word_to_the_one_before_until_it_is_released()
    {
        await using var bench = await OpenAsync();
        await bench.RunAsync();
        var before = await LeadsAsync(bench);
        bench.Source.Rows = _ => [("c@x.com", 9), ("d@x.com", 1)];
        bench.Source.TotalsOff = (_, _) => 5;

        var held = await bench.RunAsync(new PlanOptions { From = "2026-11-19", To = "2026-11-19", Force = true });
        Assert.Equal(WindowState.Held, Assert.Single(held).State);
        Assert.Equal(before, await LeadsAsync(bench));

        await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, "2026-11-19", default);
        Assert.Equal(["2026-11-18@x.com|10|2026-11-18", "a@x.com|3|2026-11-18", "c@x.com|9|2026-11-19", "d@x.com|1|2026-11-19"], await LeadsAsync(bench));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Older_fence_does_not_land_over_a_newer_one()
    {
        await using var bench = await OpenAsync();
        await bench.RunAsync();
        var leads = await LeadsAsync(bench);
        var target = bench.Targets.Create(bench.Job.Land[0], severalAccounts: false);
        var published = (await target.FindAsync(bench.Key("2026-11-19"), Rival.Day("2026-11-19"), default))!;
        var (kind, name) = (target.Kind, target.Name);

        Assert.Equal(("export", "export:plays:leads:main", 3L), (kind, name, published.Rows));
        await bench.LoseLedgerAsync();
        bench.Source.Rows = _ => [("z@x.com", 1)];
        bench.Job = bench.Job with { Checks = bench.Job.Checks with { ShrinkShare = null } };
        await bench.RunAsync();
        // A ledger that began anew takes fences above those of the targets.
        Assert.NotEqual(leads, await LeadsAsync(bench));
        Assert.True((await target.FindAsync(bench.Key("2026-11-19"), Rival.Day("2026-11-19"), default))!.Fence > published.Fence);
    }
}
