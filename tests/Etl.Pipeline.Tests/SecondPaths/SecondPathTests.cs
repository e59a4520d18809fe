using System.Text;
using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Raw;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Pipeline.SecondPaths;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.SecondPaths;

/// <summary>The check <c>second-path</c>, on the real ledger, staging area, quarantine and targets.</summary>
public class SecondPathTests
{
    private const string Label = "2026-11-19";

    private static readonly TableSchema s_keyed = TwoPathSource.Keyed, s_keyless = TwoPathSource.Keyless;

    [Fact]
    public async Task Equal_rows_in_another_order_pass_and_land()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource();
        var outcome = await RunAsync(bench, paths);
        Assert.Equal((WindowState.Landed, 2L), (outcome.State, outcome.Rows));
        Assert.Equal(new CheckResult("second-path", Verdict.Pass, "2 rows equal by two paths (second: other, 2 calls)."), Check(outcome));
        Assert.Equal([SecondPathKind.Csv], paths.Asked);
        Assert.Equal([outcome.Pull!, $"{outcome.Pull}-second"], paths.Pulls);
        Assert.Equal(["a=1", "b=2"], bench.TableRows(Label));
        bench.AssertNoLeftovers();
        Assert.Contains(Check(outcome), Assert.Single(await bench.Ledger.PullsAsync(bench.Key(Label), default)).Checks);
    }

    [Fact]
    public async Task Job_without_the_check_pulls_once()
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with { Checks = new CheckSpec() };
        var paths = new TwoPathSource();
        var outcome = await RunAsync(bench, paths);
        Assert.DoesNotContain(outcome.Checks, c => c.Name == "second-path");
        Assert.Equal([outcome.Pull!], paths.Pulls);
    }

    [Fact]
    public async Task C8_Audited_source_is_pulled_twice_in_the_same_way_and_held_when_the_rows_differ()
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with { Checks = new CheckSpec(), PulledTwice = ["main"] };
        var paths = new TwoPathSource();
        Assert.Equal((WindowState.Landed, Verdict.Pass), await RunAsync(bench, paths) is var landed ? (landed.State, Check(landed).Verdict) : default);
        Assert.Equal([SecondPathKind.Same], paths.Asked);
        Assert.Equal(2, paths.Pulls.Count);

        paths.Second = _ => new PathAnswer(s_keyed, "a,One,1,0.5");
        var held = Assert.Single((await new JobRunner(bench.Parts() with { Sources = paths }).RunAsync(bench.Job, Only with { Force = true }, 1, default)).Outcomes);
        Assert.Equal((WindowState.Held, Verdict.Hold), (held.State, Check(held).Verdict));
        Assert.Equal(6, paths.Pulls.Count);
        Assert.Equal(new PullForecast(5, "some; second path (other): none"), WindowForecast.Of(paths, bench.Job, Assert.Single((await bench.PlanAsync(Only with { Force = true })).Due)));
    }

    [Fact]
    public async Task Source_beside_an_audited_one_is_pulled_once()
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with { Checks = new CheckSpec(), PulledTwice = ["other"] };
        var paths = new TwoPathSource();
        await RunAsync(bench, paths);
        Assert.Single(paths.Pulls);
    }

    [Theory]
    [InlineData("a,One,1,0.5|b,Two,2,0.25", "a,One,1,0.5", "'b' only on the first path")]
    [InlineData("a,One,1,0.5", "a,One,1,0.5|b,Two,2,0.25", "'b' only on the second path")]
    [InlineData("a,One,1,0.5|b,Two,2,0.25", "a,One,1,0.5|b,Two,3,0.25", "'b' differs in plays")]
    [InlineData("a,One,1,0.5|b,Two,2,0.25", "a,One,1,0.5|b,Too,2,0.26", "'b' differs in name, rate")]
    [InlineData("a,One,1,0.5|b,Two,2,0.25", "a,One,1,0.5|b,Two,~,0.25", "'b' differs in plays")]
    [InlineData("a,One,1,0.5|b,,2,0.25", "a,One,1,0.5|b,~,2,0.25", "'b' differs in name")]
    [InlineData("a,One,1,0.5", "", "'a' only on the first path")]
    [InlineData("", "a,One,1,0.5", "'a' only on the second path")]
    [InlineData("Unknown,x,1,1|a,One,1,0.5", "Unknown,x,2,1|a,One,1,0.5", "'Unknown' only on the first path; 'Unknown' only on the second path")]
    public async Task N54_Difference_holds_the_pull_and_names_the_key(string first, string second, string named)
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { First = _ => new PathAnswer(s_keyed, Lines(first)), Second = _ => new PathAnswer(s_keyed, Lines(second)) };
        var outcome = await RunAsync(bench, paths);
        Assert.Equal((WindowState.Held, ExitCode.Held), (outcome.State, outcome.ExitCode));
        var check = Check(outcome);
        Assert.Equal(Verdict.Hold, check.Verdict);
        Assert.EndsWith($": other): {named}.", check.Detail, StringComparison.Ordinal);
        Assert.Contains(named, outcome.Message, StringComparison.Ordinal);
        Assert.Empty(bench.TableRows(Label));
        Assert.Equal([outcome.Pull!], bench.Staging.List());
    }

    [Fact]
    public async Task N54_Difference_is_looked_at_once_more_by_both_paths_and_may_be_gone()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource();
        var good = paths.Second;
        paths.Second = attempt => attempt == 0 ? new PathAnswer(s_keyed, "a,One,1,0.5") : good(attempt);
        var outcome = await RunAsync(bench, paths);
        Assert.Equal((WindowState.Landed, Verdict.Pass), (outcome.State, Check(outcome).Verdict));
        Assert.Equal(4, paths.Pulls.Distinct().Count());
        var recorded = await bench.Ledger.PullsAsync(bench.Key(Label), default);
        Assert.Equal([Verdict.Hold, Verdict.Pass], recorded.Select(p => p.Checks.Single(c => c.Name == "second-path").Verdict));
        Assert.Contains(await bench.Ledger.StepsAsync(bench.Key(Label), default), s => s.Detail == "the two paths disagree: pulling once more");
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Difference_that_stays_is_pulled_twice_and_not_more()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { Second = _ => new PathAnswer(s_keyed) };
        Assert.Equal(WindowState.Held, (await RunAsync(bench, paths)).State);
        Assert.Equal(4, paths.Pulls.Count);
    }

    [Theory]
    [InlineData("a,x,1,1|a,x,1,1|b,y,2,1", "b,y,2,1|a,x,1,1|a,x,1,1", null)]
    [InlineData("a,x,1,1|a,x,1,1|b,y,2,1", "b,y,2,1|a,x,1,1", "1 rows differ by two paths (3 rows first, 2 by the second: other): 'a', 'x' only on the first path.")]
    [InlineData("a,x,1,1|b,y,2,1", "a,x,1,1|a,x,1,1|b,y,2,1|a,x,1,1", "2 rows differ by two paths (2 rows first, 4 by the second: other): 'a', 'x' only on the second path; 'a', 'x' only on the second path.")]
    public async Task Rows_without_a_key_are_compared_as_often_as_they_occur(string first, string second, string? held)
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { First = _ => new PathAnswer(s_keyless, Lines(first)), Second = _ => new PathAnswer(s_keyless, Lines(second)) };
        var check = Check(await RunAsync(bench, paths));
        Assert.Equal(held is null ? Verdict.Pass : Verdict.Hold, check.Verdict);
        if (held is not null) Assert.Equal(held, check.Detail);
    }

    [Fact]
    public async Task Columns_on_one_side_only_or_left_out_are_named_and_not_compared()
    {
        await using var bench = await OpenAsync();
        var other = new TableSchema([s_keyed.Columns[3], s_keyed.Columns[0], s_keyed.Columns[2] with { Type = ColumnType.Text }, new Column("extra", ColumnType.Text)], ["id"]);
        var paths = new TwoPathSource { Second = _ => new PathAnswer(other, "9,b,2,x", "9,a,1,y") };
        paths.Path = paths.Path with { LeftOut = ["rate", "not_there"] };
        var check = Check(await RunAsync(bench, paths));
        Assert.Equal(Verdict.Pass, check.Verdict);
        Assert.EndsWith(
            " Not compared: rate (relative to its own request); name, plays (only on the first path); plays, extra (only on the second path).", check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_without_any_column_of_the_pull_holds_it()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { Second = _ => new PathAnswer(new TableSchema([new Column("x", ColumnType.Text)]), "1", "2") };
        Assert.Equal(
            new CheckResult("second-path", Verdict.Hold, "The second path (other) has no column of the pull; nothing can be compared."), Check(await RunAsync(bench, paths)));
    }

    [Fact]
    public async Task Texts_are_compared_in_the_form_that_both_paths_carry()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { First = _ => new PathAnswer(s_keyed, "a,ONE,1,1", "b,~,1,1"), Second = _ => new PathAnswer(s_keyed, "a,one,1,1", "b,~,1,1") };
        paths.Path = paths.Path with { Texts = new UpperForm() };
        var check = Check(await RunAsync(bench, paths));
        Assert.Equal((Verdict.Pass, true), (check.Verdict, check.Detail.EndsWith(" Not compared: case of letters.", StringComparison.Ordinal)));
        Assert.Equal(["a=1", "b=1"], bench.TableRows(Label));
    }

    [Fact]
    public async Task Numbers_that_differ_by_rounding_are_equal_and_counted()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { Second = _ => new PathAnswer(s_keyed, "a,One,1,0.50000000000001", "b,Two,2,0.25") };
        Assert.Equal(
            (Verdict.Pass, "2 rows equal by two paths (second: other, 2 calls), 1 of them but for rounding."), (Check(await RunAsync(bench, paths)) is var c ? c.Verdict : default, c.Detail));
    }

    [Fact]
    public async Task Two_empty_paths_are_equal()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { First = _ => new PathAnswer(s_keyed), Second = _ => new PathAnswer(s_keyed) };
        var outcome = await RunAsync(bench, paths);
        Assert.Equal((WindowState.Landed, "0 rows equal by two paths (second: other, 2 calls)."), (outcome.State, Check(outcome).Detail));
    }

    [Fact]
    public async Task Second_path_that_begins_again_forgets_what_it_took()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { Second = _ => new PathAnswer(s_keyed, "b,Two,2,0.25", "a,One,1,0.5") { Restarts = true } };
        Assert.Equal(Verdict.Pass, Check(await RunAsync(bench, paths)).Verdict);
    }

    [Fact]
    public async Task Ten_rows_are_named_and_all_are_counted()
    {
        await using var bench = await OpenAsync();
        var lines = Enumerable.Range(0, 25).Select(i => $"k{i:00},n,{i},1").ToArray();
        var paths = new TwoPathSource { First = _ => new PathAnswer(s_keyed, lines), Second = _ => new PathAnswer(s_keyed) };
        var detail = Check(await RunAsync(bench, paths)).Detail;
        Assert.StartsWith("25 rows differ by two paths (25 rows first, 0 by the second: other): 'k00' only on the first path; ", detail, StringComparison.Ordinal);
        Assert.EndsWith("'k09' only on the first path; ….", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_differing_rows_than_are_kept_are_counted_and_nothing_wrong_is_said_of_them()
    {
        await using var bench = await OpenAsync();
        var keys = Enumerable.Range(0, ComparingSink.MostKept + 5).ToList();
        var paths = new TwoPathSource
        {
            First = _ => new PathAnswer(s_keyed, [.. keys.Select(i => $"k{i:00000},n,{i},1").Reverse()]),
            Second = _ => new PathAnswer(s_keyed, [.. keys.Select(i => $"k{i:00000},n,{i + 1},1")]),
        };
        var detail = Check(await RunAsync(bench, paths)).Detail;
        // The last five of the second path were not kept: their keys count on both sides.
        Assert.StartsWith($"{keys.Count + 5} rows differ by two paths", detail, StringComparison.Ordinal);
        Assert.Contains("'k10004' has no equal on the second path; ", detail, StringComparison.Ordinal);
        Assert.Contains("'k09999' differs in plays; ", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FaultKind.Window, ExitCode.WindowFailed)]
    [InlineData(FaultKind.Unreachable, ExitCode.Unreachable)]
    public async Task Second_path_that_fails_fails_the_window_with_the_reason_and_leaves_nothing(FaultKind kind, int exit)
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource
        {
            Second = _ => new PathAnswer(s_keyed, "a,One,1,0.5", "b,Two,2,0.25")
            {
                Halfway = async (sink, _) =>
                {
                    await Reply(sink, "second");
                    throw new EtlException(kind, "The file was cut.") { Code = "csv-cut" };
                },
            },
        };
        var outcome = await RunAsync(bench, paths);
        Assert.Equal((WindowState.Failed, exit, "csv-cut"), (outcome.State, outcome.ExitCode, outcome.Code));
        Assert.StartsWith("The pull is complete, but the second path (other) of 'checks.second-path' failed: The file was cut.", outcome.Message, StringComparison.Ordinal);
        Assert.Empty(bench.TableRows(Label));
        bench.AssertNoLeftovers();
        Assert.Equal([Label], (await bench.PlanAsync(Only)).Due.Select(d => d.Key.Label));
        // The first pull was complete and is recorded as such; of the second its replies stay where they tell what was wrong.
        Assert.Equal(kind == FaultKind.Window ? [$"{paths.Pulls[1]}.jsonl", $"{paths.Pulls[0]}.jsonl"] : [$"{paths.Pulls[0]}.jsonl"], Raw(bench));
        Assert.Equal(paths.Pulls[0], Assert.Single(bench.Raw.Newest("plays", Label)).Head.Pull);
        Assert.Equal(kind == FaultKind.Window, outcome.Message!.Contains("The raw replies are kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Quarantine_and_raw_replies_of_the_second_path_do_not_mix_with_the_first()
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with { Checks = bench.Job.Checks with { Quarantine = QuarantineLimit.OfRows(1) } };
        var paths = new TwoPathSource
        {
            First = _ => new PathAnswer(s_keyed, "a,One,1,0.5", "b,Two,!,0.25") { Halfway = (sink, _) => Reply(sink, "first") },
            Second = _ => new PathAnswer(s_keyed, "a,One,1,0.5", "b,Two,!,0.5") { Halfway = (sink, _) => Reply(sink, "second") },
        };
        var outcome = await RunAsync(bench, paths);
        Assert.Equal((WindowState.Landed, 1L), (outcome.State, outcome.Quarantined));
        var kept = Assert.Single(bench.Quarantine.List("plays"));
        Assert.Equal((outcome.Pull, 1L), (kept.Pull, kept.Rows));
        Assert.Equal("b,Two,!,0.25", Assert.Single(bench.Quarantine.Read(kept.Key, kept.Pull)).Raw);
        Assert.Equal([$"{outcome.Pull}.jsonl"], Raw(bench));
        Assert.Equal("first", Assert.Single(bench.Raw.Newest("plays", Label)).Read().Single().Request.Fields.Single().Value);
    }

    [Fact]
    public async Task Second_path_asks_for_the_same_window_and_neither_asks_along_nor_touches_the_handle()
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with
        {
            Sources = [.. bench.Job.Sources, new SourceSpec { Name = "more", Action = "table", Report = "38" }],
            Land = [.. bench.Job.Land, new ParquetLandSpec { From = "more", Dataset = "more" }],
        };
        var paths = new TwoPathSource();
        await new JobRunner(bench.Parts() with { Sources = paths }).RunAsync(bench.Job, Only, 1, default);
        Assert.Equal(4, paths.Pulls.Count);
        Assert.All(paths.SecondRequests, r => Assert.Equal((Label, 0, null), (r.Window.Label, r.Together.Count, r.Handles)));
    }

    [Fact]
    public async Task Cancelled_second_path_leaves_the_window_due_and_nothing_behind()
    {
        await using var bench = await OpenAsync();
        using var stop = new CancellationTokenSource();
        var paths = new TwoPathSource();
        var good = paths.Second;
        paths.Second = attempt => good(attempt) with
        {
            Halfway = async (_, token) =>
            {
                await stop.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
        };
        Assert.Equal(ExitCode.Cancelled, (await RunAsync(bench, paths, stop.Token)).ExitCode);
        bench.AssertNoLeftovers();
        Assert.Empty(bench.TableRows(Label));
        paths.Second = good;
        Assert.Equal(WindowState.Landed, (await RunAsync(bench, paths)).State);
    }

    [Fact]
    public async Task Pull_that_another_check_holds_is_not_pulled_by_the_second_path()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource { First = _ => new PathAnswer(s_keyed, "a,One,1,0.5", "a,Two,2,0.25") };
        var outcome = await RunAsync(bench, paths);
        Assert.Equal(WindowState.Held, outcome.State);
        Assert.Equal(new CheckResult("second-path", Verdict.Skipped, "another check holds the pull"), Check(outcome));
        Assert.Single(paths.Pulls);
    }

    [Fact]
    public async Task Plan_counts_the_calls_of_both_paths()
    {
        await using var bench = await OpenAsync();
        var paths = new TwoPathSource();
        var planned = Assert.Single((await bench.PlanAsync(Only)).Due);
        Assert.Equal(new PullForecast(5, "some; second path (other): none"), WindowForecast.Of(paths, bench.Job, planned));
        Assert.Equal(new PullForecast(2, "some"), WindowForecast.Of(paths, bench.Job with { Checks = new CheckSpec() }, planned));
        Assert.Empty(paths.Pulls);
    }

    private static PlanOptions Only => new() { From = Label, To = Label };

    private static async Task<Bench> OpenAsync()
    {
        var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Checks = new CheckSpec { SecondPath = SecondPathKind.Csv } };
        return bench;
    }

    private static async Task<WindowOutcome> RunAsync(Bench bench, TwoPathSource paths, CancellationToken cancellation = default) =>
        Assert.Single((await new JobRunner(bench.Parts() with { Sources = paths }).RunAsync(bench.Job, Only, 1, cancellation)).Outcomes);

    private static CheckResult Check(WindowOutcome outcome) => outcome.Checks.Single(c => c.Name == "second-path");

    private static string[] Lines(string text) => text.Split('|', StringSplitOptions.RemoveEmptyEntries);

    private static async Task Reply(IPullSink sink, string text)
    {
        var reply = sink.OpenRaw(new RawRequest("report", "getTable", [KeyValuePair.Create("path", text)]));
        await using (reply) await reply.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The lists of kept replies.</summary>
    private static string[] Raw(Bench bench)
    {
        var folder = Path.Combine(bench.Folder, "raw", "pulls", "plays", Label);
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)] : [];
    }

    private sealed class UpperForm : ITextForm
    {
        public string Limit => "case of letters";

        public void Append(ReadOnlySpan<byte> utf8, TextBuffer to) => to.Append(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8).ToUpperInvariant()));
    }
}
