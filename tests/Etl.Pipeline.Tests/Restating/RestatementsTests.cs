using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Restating;
using Etl.Pipeline.Running;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Restating;

public class RestatementsTests
{
    private const string Label = "2026-11-19";
    private static readonly PlanOptions s_again = new() { From = Label, To = Label, Force = true };

    [Fact]
    public async Task Changed_window_is_restated_at_every_target_from_one_difference()
    {
        await using var bench = await Bench.OpenAsync();
        var first = (await bench.RunAsync()).Single(o => o.Key.Label == Label);
        var targets = Tell(bench);
        bench.Source.Rows = _ => [($"{Label}-a", 11), ("c", 3)];

        var outcome = Assert.Single(await bench.RunAsync(s_again));

        Assert.Equal(new RestatedRows(1, 1, 1), outcome.Restated);
        Assert.Equal(["parquet:plays", "table:warehouse:plays"], targets.Told.Select(t => t.Target));
        Assert.All(targets.Told, t => Assert.Equal(first.Pull, t.PreviousPull));
        Assert.Equal(
            new[]
            {
                $"added|c|id||c", "added|c|plays||3", $"changed|{Label}-a|plays|10|11", $"removed|{Label}-b|id|{Label}-b|", $"removed|{Label}-b|plays|20|",
            }.Select(l => $"{Label}|{outcome.Pull}|{first.Pull}|{l}"),
            targets.Told[0].Lines.Order(StringComparer.Ordinal));
        Assert.Equal(targets.Told[0].Lines, targets.Told[1].Lines);
        Assert.Equal(1, targets.Opened);
        bench.AssertPublished(Label, $"{Label}-a=11", "c=3");
        bench.AssertNoLeftovers();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.Folder, "staged")));
    }

    [Fact]
    public async Task First_landing_and_equal_content_restate_nothing()
    {
        await using var bench = await Bench.OpenAsync();
        var targets = Tell(bench);
        Assert.All(await bench.RunAsync(), o => Assert.Null(o.Restated));
        bench.Source.Rows = label => [($"{label}-b", 20), ($"{label}-a", 10)];
        Assert.Null(Assert.Single(await bench.RunAsync(s_again)).Restated);
        Assert.Empty(targets.Told);
        Assert.Equal(0, targets.Opened);
    }

    [Fact]
    public async Task Target_that_cannot_give_its_rows_goes_along_with_one_that_shows_the_same_pull()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        var targets = Tell(bench, "table");
        bench.Job = bench.Job with { Land = [.. bench.Job.Land.Reverse()] };
        bench.Source.Rows = _ => [($"{Label}-a", 11), ($"{Label}-b", 20)];
        await bench.RunAsync(s_again);
        Assert.Equal(["table:warehouse:plays", "parquet:plays"], targets.Told.Select(t => t.Target));
        Assert.Equal(1, targets.Opened);
    }

    [Fact]
    public async Task Landing_without_a_target_that_gives_rows_goes_on_without_a_restatement()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        var targets = Tell(bench, "table", "parquet");
        bench.Source.Rows = _ => [("only", 1), ("other", 2)];
        var outcome = Assert.Single(await bench.RunAsync(s_again));
        Assert.Equal((WindowState.Landed, null), (outcome.State, outcome.Restated));
        Assert.Empty(targets.Told);
    }

    [Fact]
    public async Task Base_that_changed_meanwhile_is_compared_once_more()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        var targets = Tell(bench);
        targets.Refusals = 1;
        bench.Source.Rows = _ => [($"{Label}-a", 11), ($"{Label}-b", 20)];
        Assert.Equal(WindowState.Landed, Assert.Single(await bench.RunAsync(s_again)).State);
        Assert.Equal(2, targets.Opened);
        bench.AssertPublished(Label, $"{Label}-a=11", $"{Label}-b=20");
    }

    [Fact]
    public async Task Base_that_changes_again_fails_the_window_which_stays_due()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        var targets = Tell(bench);
        targets.Refusals = 2;
        bench.Source.Rows = _ => [($"{Label}-a", 11), ($"{Label}-b", 20)];
        var outcome = Assert.Single(await bench.RunAsync(s_again));
        Assert.Equal((WindowState.Failed, "restatement-base", ExitCode.WindowFailed), (outcome.State, outcome.Code, outcome.ExitCode));
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        Assert.Equal([Label], await bench.DueAsync());

        // The pull waits: the next run lands it with a difference of its own.
        var next = Assert.Single(await bench.RunAsync());
        Assert.Equal((true, new RestatedRows(0, 0, 1)), (next.IsRolledForward, next.Restated));
        bench.AssertPublished(Label, $"{Label}-a=11", $"{Label}-b=20");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(bench.Folder, "staged")));
    }

    [Fact]
    public async Task Released_pull_restates_what_was_published()
    {
        await using var bench = await Bench.OpenAsync();
        var first = (await bench.RunAsync()).Single(o => o.Key.Label == Label);
        bench.Source.Rows = _ => [($"{Label}-a", 11), ($"{Label}-b", 20)];
        bench.Source.TotalsOff = (_, _) => 5;
        Assert.Equal(WindowState.Held, Assert.Single(await bench.RunAsync(s_again)).State);
        var targets = Tell(bench);
        var released = Assert.Single(await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));
        Assert.Equal(new RestatedRows(0, 0, 1), released.Restated);
        Assert.Equal([$"{Label}|{released.Pull}|{first.Pull}|changed|{Label}-a|plays|10|11"], targets.Told[0].Lines);
    }

    [Fact]
    public async Task Targets_that_show_two_pulls_have_a_difference_each()
    {
        await using var bench = await Bench.OpenAsync();
        var both = bench.Job with { Land = [new ParquetLandSpec { Dataset = "plays" }, new ParquetLandSpec { Dataset = "others" }] };
        bench.Job = both;
        await bench.RunAsync();
        bench.Job = both with { Land = [both.Land[0]] };
        bench.Source.Rows = _ => [($"{Label}-a", 11), ($"{Label}-b", 20)];
        await bench.RunAsync(s_again);
        bench.Job = both;
        var targets = Tell(bench);
        bench.Source.Rows = _ => [($"{Label}-a", 12), ($"{Label}-b", 20)];
        await bench.RunAsync(s_again);
        Assert.Equal(2, targets.Opened);
        Assert.Equal(["11|12", "10|12"], targets.Told.Select(t => string.Join('|', t.Lines.Single().Split('|')[^2..])));
    }

    [Fact]
    public async Task Live_minutes_restate_nothing()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        var targets = Tell(bench);
        using var staged = Stage(bench);
        var minute = new WindowCalendar("UTC", WindowUnit.Minute).Parse("2026-11-19T14-05m");
        var order = new LandingOrder(bench.Key(Label), Rival.Day(Label), staged.Stamp);
        var target = targets.Create(bench.Job.Land[0], severalAccounts: false);
        Assert.NotNull((await Restatements.MakeAsync(bench.Parts(), [target], order, staged, default)).At(target));
        Assert.Null((await Restatements.MakeAsync(bench.Parts(), [target], order with { Window = minute }, staged, default)).At(target));
    }

    private static IStagedPull Stage(Bench bench)
    {
        var stamp = new PullStamp("later", 9, 0, "none", bench.Clock.GetUtcNow(), "x");
        using (var writer = bench.Staging.Begin(bench.Key(Label), Rival.Day(Label), stamp.Pull, stamp.PulledAt, ScriptedSource.Schema, withAccount: false)) writer.Complete(stamp);
        return bench.Staging.Open(stamp.Pull)!;
    }

    private static TellingTargets Tell(Bench bench, params string[] mute)
    {
        var targets = new TellingTargets(bench.Targets) { Mute = mute };
        bench.Targets = targets;
        return targets;
    }
}
