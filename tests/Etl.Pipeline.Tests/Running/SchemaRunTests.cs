using System.Globalization;
using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Pipeline.Schemas;
using Etl.Pipeline.Tests.SecondPaths;
using Etl.Testing;
using Etl.Testing.Rows;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Columns and types that change from pull to pull, on the real ledger and targets.</summary>
public class SchemaRunTests
{
    private const string Early = "2026-11-18", Late = "2026-11-19";

    private static PlanOptions Only(string label) => new() { From = label, To = label, Force = true };

    private static async Task<WindowOutcome> RunAsync(Bench bench, string label) => Assert.Single(await bench.RunAsync(Only(label)));

    private static CheckResult SchemaOf(WindowOutcome outcome) => outcome.Checks.Single(c => c.Name == "schema");

    [SkippableFact]
    public async Task Whole_numbers_land_as_doubles_where_doubles_landed_before()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.PlaysType = ColumnType.Double;
        Assert.Equal(WindowState.Landed, (await RunAsync(bench, Early)).State);
        bench.Source.PlaysType = ColumnType.Int64;
        foreach (var _ in new[] { 1, 2 })
        {
            var outcome = await RunAsync(bench, Late);
            Assert.Equal((WindowState.Landed, Verdict.Pass), (outcome.State, SchemaOf(outcome).Verdict));
        }

        foreach (var label in new[] { Early, Late })
        {
            string[] rows = [$"{label}-a=10.0", $"{label}-b=20.0"];
            Assert.Equal(rows, bench.TableRows(label));
            Assert.Equal([.. rows.Select(r => r.Replace(".0", "", StringComparison.Ordinal))], await ParquetRowsAsync(bench, label, ColumnType.Double));
        }
        // Nothing changed in what landed.
        Assert.Single(await bench.Ledger.SchemaChangesAsync("plays", default));
        await AssertUnionAsync(bench);
    }

    [SkippableFact]
    public async Task Old_files_of_whole_numbers_and_new_ones_of_doubles_are_read_together_by_name()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Land = [new ParquetLandSpec { Dataset = "plays" }] };
        await RunAsync(bench, Early);
        bench.Source.PlaysType = ColumnType.Double;
        bench.Source.Drift = new SchemaDrift { Absent = [new Column("gone", ColumnType.Date)] };
        var outcome = await RunAsync(bench, Late);
        Assert.Equal((WindowState.Landed, Verdict.Warn), (outcome.State, SchemaOf(outcome).Verdict));
        Assert.Equal([$"{Early}-a=10", $"{Early}-b=20"], await ParquetRowsAsync(bench, Early, ColumnType.Int64));
        Assert.Equal([$"{Late}-a=10", $"{Late}-b=20"], await ParquetRowsAsync(bench, Late, ColumnType.Double));
        Assert.Equal("plays: Int64 to Double", SchemaHistory.Of(await bench.Ledger.SchemaChangesAsync("plays", default))[^1].Change!.ToString());
        await AssertUnionAsync(bench);
    }

    [Fact]
    public async Task Column_that_landed_as_text_is_asked_to_stay_text_and_another_type_is_held()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.PlaysType = ColumnType.Text;
        await RunAsync(bench, Early);
        Assert.Empty(bench.Source.StaysText);
        var same = await RunAsync(bench, Late);
        Assert.Equal(["plays"], bench.Source.StaysText);
        Assert.Equal(WindowState.Landed, same.State);
        // A source that cannot leave it as it is sent.
        bench.Source.PlaysType = ColumnType.Int64;
        var held = await RunAsync(bench, Late);
        Assert.Equal((WindowState.Held, ExitCode.Held), (held.State, held.ExitCode));
        Assert.Contains("'plays' landed as Text and is Int64 now", held.Message, StringComparison.Ordinal);
        Assert.Equal([$"{Late}-a=10", $"{Late}-b=20"], bench.TableRows(Late));
    }

    [Fact]
    public async Task Released_change_is_part_of_the_history_and_is_not_held_again()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Schema = SchemaPolicy.Hold };
        await RunAsync(bench, Early);
        bench.Source.PlaysType = ColumnType.Text;
        bench.Job = bench.Job with { Land = [new ParquetLandSpec { Dataset = "other" }], Sources = [bench.Job.Sources[0] with { Report = "39" }] };
        // Another report: compared with the catalogue alone, and the type is held.
        Assert.Equal(WindowState.Held, (await RunAsync(bench, Late)).State);
        Assert.Equal(WindowState.Landed, Assert.Single(await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Late, default)).State);
        var again = await RunAsync(bench, "2026-11-17");
        Assert.Equal((WindowState.Landed, Verdict.Pass), (again.State, SchemaOf(again).Verdict));
    }

    [Fact]
    public async Task Replay_of_a_pull_lands_it_with_the_types_that_it_had()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Land = [new ParquetLandSpec { Dataset = "plays" }] };
        async Task<WindowOutcome> RecordAsync(string label)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            return Assert.Single((await new JobRunner(bench.Parts() with { Sources = new CapturingSource(bench.Source) }).RunAsync(bench.Job, Only(label), 1, default)).Outcomes);
        }

        var first = await RecordAsync(Early);
        bench.Source.PlaysType = ColumnType.Double;
        await RecordAsync(Late);
        bench.Source.PlaysType = ColumnType.Int64;
        var replayed = Assert.Single(await new Replayer(bench.Parts(), _ => bench.Source).ReplayAsync(bench.Job, Early, default));
        Assert.Equal((WindowState.Landed, first.Pull), (replayed.State, replayed.Pull));
        Assert.Equal([$"{Early}-a=10", $"{Early}-b=20"], await ParquetRowsAsync(bench, Early, ColumnType.Int64));
        // What was widened is widened again.
        var wide = await RecordAsync(Late);
        replayed = Assert.Single(await new Replayer(bench.Parts(), _ => bench.Source).ReplayAsync(bench.Job, Late, default));
        Assert.Equal((WindowState.Landed, wide.Pull), (replayed.State, replayed.Pull));
        Assert.Equal([$"{Late}-a=10", $"{Late}-b=20"], await ParquetRowsAsync(bench, Late, ColumnType.Double));
    }

    [Fact]
    public async Task Side_map_lands_with_ignore_for_a_source_that_has_nothing_to_put_there()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Schema = SchemaPolicy.Ignore };
        Assert.Equal(WindowState.Landed, (await RunAsync(bench, Late)).State);
        using var rows = (await TargetOf(bench).OpenPublishedAsync(bench.Key(Late), Window(Late), default))!;
        Assert.Equal(["id", "plays", "_extra"], rows.Schema.Columns.Where(c => c.Role != ColumnRole.System).Select(c => c.Name));
        Assert.All(rows.Read().Select(b => (b.RowCount, b[b.Schema.IndexOf("_extra")].NullCount)), b => Assert.True(b.RowCount > 0 && b.NullCount == b.RowCount));
    }

    [Fact]
    public async Task Column_that_was_not_sent_in_between_is_told_as_one_that_came_back()
    {
        await using var bench = await Bench.OpenAsync();
        var without = new TableSchema([.. TwoPathSource.Keyed.Columns.Where(c => c.Name != "rate")], ["id"]);
        var paths = new TwoPathSource { First = attempt => attempt == 1 ? new PathAnswer(without, "a,One,1") : new PathAnswer(TwoPathSource.Keyed, "a,One,1,0.5") };
        var details = new List<string>();
        foreach (var label in new[] { "2026-11-17", Early, Late })
            details.Add(SchemaOf(Assert.Single((await new JobRunner(bench.Parts() with { Sources = paths }).RunAsync(bench.Job, Only(label), 1, default)).Outcomes)).Detail);
        Assert.True(RecordedSchema.Read(Assert.Single(await bench.Ledger.PullsAsync(bench.Key(Early), default)).SchemaJson).Single(c => c.Name == "rate").Absent);
        Assert.DoesNotContain("came back", details[0] + details[1], StringComparison.Ordinal);
        Assert.Contains("'rate' came back", details[2], StringComparison.Ordinal);
    }

    /// <summary>All windows as DuckDB reads them together: every row of either type.</summary>
    private static async Task AssertUnionAsync(Bench bench)
    {
        if (ParquetUnion.Missing is { } missing)
        {
            Assert.True(Environment.GetEnvironmentVariable("ETL_TESTS_STRICT") != "1", missing);
            Skip.If(true, missing);
        }
        var rows = await Task.Run(() => ParquetUnion.Rows(Path.Combine(bench.Folder, "parquet", "plays", "*", "data.parquet")));
        Assert.Equal(
            [(Early, $"{Early}-a", 10), (Early, $"{Early}-b", 20), (Late, $"{Late}-a", 10), (Late, $"{Late}-b", 20)],
            rows.Select(r => (r["_window"]!, r["id"]!, double.Parse(r["plays"]!, CultureInfo.InvariantCulture))));
    }

    private static Etl.Core.Targets.ITarget TargetOf(Bench bench) => bench.Targets.Create(bench.Job.Land[0], false);

    private static Window Window(string label) => new WindowCalendar("UTC", WindowUnit.Day).Parse(label);

    private static async Task<IReadOnlyList<string>> ParquetRowsAsync(Bench bench, string label, ColumnType type)
    {
        using var rows = (await TargetOf(bench).OpenPublishedAsync(bench.Key(label), Window(label), default))!;
        Assert.Equal(type, rows.Schema.Columns[rows.Schema.IndexOf("plays")].Type);
        var id = rows.Schema.IndexOf("id");
        return [.. rows.Read().SelectMany(b => Enumerable.Range(0, b.RowCount).Select(r => RowText.Line(b, r).Split('|')).Select(c => $"{c[id][3..]}={c[rows.Schema.IndexOf("plays")][6..]}")).Order(StringComparer.Ordinal)];
    }
}
