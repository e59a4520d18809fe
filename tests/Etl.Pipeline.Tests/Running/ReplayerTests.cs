using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

public class ReplayerTests
{
    private const string Label = "2026-11-19";
    private static readonly PlanOptions s_again = new() { From = Label, To = Label, Force = true };

    private static Task<IReadOnlyList<WindowOutcome>> RunAsync(Bench bench, PlanOptions? options = null) => RunOnAsync(bench, options ?? new PlanOptions());

    private static async Task<IReadOnlyList<WindowOutcome>> RunOnAsync(Bench bench, PlanOptions options) =>
        (await new JobRunner(bench.Parts() with { Sources = new CapturingSource(bench.Source) }).RunAsync(bench.Job, options, 1, default)).Outcomes;

    private static Task<IReadOnlyList<WindowOutcome>> ReplayAsync(Bench bench, Func<IRawRecording, ISourceFactory>? sources = null, string label = Label) =>
        new Replayer(bench.Parts(), sources ?? (_ => bench.Source)).ReplayAsync(bench.Job, label, default);

    private static string ParquetOf(Bench bench) => Path.Combine(bench.Folder, "parquet", "plays", $"date={Label}", "data.parquet");

    [Fact]
    public async Task Replay_lands_the_recorded_pull_again_with_its_id_and_a_new_fence()
    {
        await using var bench = await Bench.OpenAsync();
        var first = (await RunAsync(bench)).Single(o => o.Key.Label == Label);
        File.Delete(ParquetOf(bench));
        bench.Clock.Advance(TimeSpan.FromDays(1));

        var again = Assert.Single(await ReplayAsync(bench));

        Assert.Equal((WindowState.Landed, ExitCode.Done, first.Pull, first.Rows), (again.State, again.ExitCode, again.Pull, again.Rows));
        Assert.True(again.Fence > first.Fence);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        var record = Assert.Single(await bench.Ledger.PullsAsync(bench.Key(Label), default));
        Assert.Equal(first.Fence, record.Fence);
    }

    [Fact]
    public async Task Replay_settles_no_pull_that_is_owed_and_takes_none_back()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Clock.Advance(TimeSpan.FromDays(1));
        var due = await bench.DueAsync();
        Assert.Contains(Label, due);
        await ReplayAsync(bench);
        Assert.Equal(due, await bench.DueAsync());
        await RunAsync(bench);
        Assert.Empty(await bench.DueAsync());
        await ReplayAsync(bench);
        Assert.Empty(await bench.DueAsync());
        Assert.Equal(2, (await bench.WindowAsync(Label)).EqualPulls);
    }

    [Fact]
    public async Task Newest_recorded_pull_is_replayed()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Clock.Advance(TimeSpan.FromHours(1));
        var second = Assert.Single(await RunAsync(bench, s_again));
        RawHead? asked = null;
        var again = Assert.Single(await ReplayAsync(bench, recording =>
        {
            asked = recording.Head;
            return bench.Source;
        }));
        Assert.Equal((second.Pull, second.Pull, second.Rows), (asked!.Pull, again.Pull, asked.Rows));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Older_recorded_pull_never_replaces_a_newer_published_one(bool ledgerLost)
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Clock.Advance(TimeSpan.FromHours(1));
        bench.Job = bench.Job with { Raw = TimeSpan.Zero };
        bench.Source.Rows = label => [("newer", 1), ("still", 2)];
        // Its captures are gone with it: keep those of the first pull, as a job does whose 'raw' was shortened in between.
        var kept = Path.Combine(bench.Folder, "kept");
        Directory.Move(Path.Combine(bench.Folder, "raw"), kept);
        Assert.Equal(WindowState.Landed, Assert.Single(await RunAsync(bench, s_again)).State);
        Directory.Delete(Path.Combine(bench.Folder, "raw"), recursive: true);
        Directory.Move(kept, Path.Combine(bench.Folder, "raw"));
        if (ledgerLost) await bench.LoseLedgerAsync();

        var refused = Assert.Single(await ReplayAsync(bench));

        Assert.Equal((WindowState.Superseded, ExitCode.WindowFailed, "superseded"), (refused.State, refused.ExitCode, refused.Code));
        Assert.Contains("pulled later", refused.Message, StringComparison.Ordinal);
        bench.AssertPublished(Label, "newer=1", "still=2");
        bench.AssertNoLeftovers();
        if (!ledgerLost) Assert.DoesNotContain(Label, await bench.DueAsync());
    }

    [Fact]
    public async Task Newer_landing_that_the_ledger_knows_is_not_undone_where_its_files_are_gone()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Land = [new ParquetLandSpec { Dataset = "plays" }] };
        await RunAsync(bench);
        var list = Assert.Single(Directory.GetFiles(Path.Combine(bench.Folder, "raw", "pulls", "plays", Label)));
        bench.Clock.Advance(TimeSpan.FromHours(1));
        await RunAsync(bench, s_again);
        foreach (var other in Directory.GetFiles(Path.GetDirectoryName(list)!).Where(f => f != list)) File.Delete(other);
        File.Delete(ParquetOf(bench));
        Assert.Equal("superseded", Assert.Single(await ReplayAsync(bench)).Code);
        Assert.False(File.Exists(ParquetOf(bench)));
    }

    [Fact]
    public async Task Changed_definition_is_refused()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Job = bench.Job with { Sources = [bench.Job.Sources[0] with { Report = "39" }] };
        var fault = await Assert.ThrowsAsync<EtlException>(() => ReplayAsync(bench));
        Assert.Equal((FaultKind.Usage, "stale-definition"), (fault.Kind, fault.Code));
    }

    [Fact]
    public async Task Held_pull_stays_held()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Clock.Advance(TimeSpan.FromHours(1));
        bench.Source.TotalsOff = (_, _) => 5;
        var held = Assert.Single(await RunAsync(bench, s_again));
        Assert.Equal(WindowState.Held, held.State);
        var refused = Assert.Single(await ReplayAsync(bench));
        Assert.Equal(("held", ExitCode.WindowFailed), (refused.Code, refused.ExitCode));
        var record = await bench.WindowAsync(Label);
        Assert.Equal((WindowState.Held, held.Pull), (record.State, record.HeldPull));
        Assert.Equal([held.Pull!], bench.Staging.List());
    }

    [Fact]
    public async Task Replay_that_brings_other_rows_than_the_pull_had_is_refused()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Source.Rows = _ => [("other", 1), ("rows", 2)];
        var refused = Assert.Single(await ReplayAsync(bench));
        Assert.Equal((WindowState.Failed, "replay-differs"), (refused.State, refused.Code));
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        Assert.Empty(await bench.DueAsync());
    }

    [Fact]
    public async Task Check_that_fails_holds_a_replay_too_without_a_second_pull()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Source.TotalsOff = (_, _) => 5;
        var pulls = bench.Source.Pulled.Count;
        var held = Assert.Single(await ReplayAsync(bench));
        Assert.Equal((WindowState.Held, ExitCode.Held), (held.State, held.ExitCode));
        Assert.Equal(pulls + 1, bench.Source.Pulled.Count);
    }

    [Fact]
    public async Task Window_without_a_recording_names_those_that_have_one()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        var fault = await Assert.ThrowsAsync<EtlException>(() => ReplayAsync(bench, label: "2026-10-01"));
        Assert.Equal((FaultKind.Usage, "not-recorded"), (fault.Kind, fault.Code));
        Assert.Contains("Recorded: 2026-11-17, 2026-11-18, 2026-11-19.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recordings_go_when_they_are_older_than_the_job_keeps_them()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Raw = TimeSpan.FromDays(3), Window = bench.Job.Window with { Lookback = 1 } };
        string[] Recorded() => [.. bench.Raw.Labels("plays")];
        await RunAsync(bench);
        Assert.Equal([Label], Recorded());
        bench.Clock.Advance(TimeSpan.FromDays(2));
        await RunAsync(bench);
        Assert.Contains(Label, Recorded());
        bench.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        await RunAsync(bench);
        Assert.DoesNotContain(Label, Recorded());
        Assert.Equal(3, Recorded().Length);
        Assert.Equal(3, Directory.GetFiles(Path.Combine(bench.Folder, "raw", "objects"), "*.gz", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task Raw_off_keeps_nothing_of_complete_pulls_and_failed_ones_for_a_week()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Raw = TimeSpan.Zero };
        bench.Source.Halfway = (request, _) => request.Window.Label == Label
            ? throw new EtlException(FaultKind.Window, "Row 3 is damaged.") { Code = "bad-row" }
            : Task.CompletedTask;
        var failed = (await RunAsync(bench)).Single(o => o.State == WindowState.Failed);
        var list = Assert.Single(Directory.GetFiles(Path.Combine(bench.Folder, "raw", "pulls"), "*", SearchOption.AllDirectories));
        Assert.Contains(list, failed.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Raw.Labels("plays"));
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        bench.Clock.Advance(TimeSpan.FromDays(7));
        await RunAsync(bench);
        Assert.True(File.Exists(list));
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await RunAsync(bench);
        Assert.False(File.Exists(list));
        Assert.Empty(Directory.GetFiles(Path.Combine(bench.Folder, "raw"), "*.gz", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Pull_that_was_cancelled_or_could_not_reach_the_service_leaves_no_recording()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Unreachable, "Nobody answered.") { IsTransient = true };
        await RunAsync(bench);
        Assert.Empty(Directory.GetFiles(Path.Combine(bench.Folder, "raw"), "*.*l", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(bench.Folder, "raw", "open")));
    }
}
