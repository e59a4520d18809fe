using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Pipeline.Tests.SecondPaths;

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
    public async Task Replay_of_a_pull_that_landed_while_its_source_moved_lands_it_again()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, attempt) => label == Label ? attempt + 1 : 0;
        // Of the four pulls of the window the newest is replayed.
        bench.Source.Halfway = (_, _) =>
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
            return Task.CompletedTask;
        };
        var first = (await RunAsync(bench)).Single(o => o.Key.Label == Label);
        File.Delete(ParquetOf(bench));

        var again = Assert.Single(await ReplayAsync(bench));

        Assert.Equal((WindowState.Landed, first.Pull), (again.State, again.Pull));
        Assert.Equal(first.Checks.Single(c => c.Name == "totals"), again.Checks.Single(c => c.Name == "totals"));
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
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
    public async Task Replay_over_a_ledger_that_was_lost_records_the_pull_and_over_one_that_knows_it_does_not()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Clock.Advance(TimeSpan.FromHours(1));
        var newest = Assert.Single(await RunAsync(bench, s_again));
        Assert.Equal(WindowState.Landed, Assert.Single(await ReplayAsync(bench)).State);
        var known = await bench.Ledger.PullsAsync(bench.Key(Label), default);
        Assert.Equal((2, newest.Fence), (known.Count, known[^1].Fence));

        await bench.LoseLedgerAsync();
        Assert.Equal(WindowState.Landed, Assert.Single(await ReplayAsync(bench)).State);
        Assert.Equal([newest.Pull], (await bench.Ledger.PullsAsync(bench.Key(Label), default)).Select(p => p.Pull));
    }

    [Fact]
    public async Task Replay_whose_landing_breaks_off_leaves_nothing_for_the_next_run()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        var before = await bench.WindowAsync(Label);
        bench.Targets = new FailingTable(bench.Targets, transient: true);
        Assert.Equal((WindowState.Failed, ExitCode.WindowFailed), Assert.Single(await ReplayAsync(bench)) is var broken ? (broken.State, broken.ExitCode) : default);
        bench.AssertNoLeftovers();
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        Assert.Equal((before.LandedPull, before.Settled), (await bench.WindowAsync(Label)) is var after ? (after.LandedPull, after.Settled) : default);
    }

    [Fact]
    public async Task Replay_of_a_pull_that_waits_to_land_reads_its_recording()
    {
        await using var bench = await Bench.OpenAsync();
        var good = bench.Targets;
        bench.Targets = new FailingTable(good, transient: true);
        var broken = Assert.Single(await RunAsync(bench, s_again with { Force = false }));
        Assert.Equal(WindowState.Failed, broken.State);
        var waiting = Assert.Single(bench.Staging.List());
        bench.Targets = good;

        var replay = Assert.Single(await ReplayAsync(bench));

        Assert.Equal((WindowState.Landed, waiting, false, 2), (replay.State, replay.Pull, replay.IsRolledForward, bench.Source.Pulled.Count));
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Replay_neither_finds_nor_keeps_the_handle_of_an_unfinished_request()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        bench.Source.Halfway = async (request, token) =>
        {
            await request.Handles!.KeepAsync(new Handle("of the live request", bench.Clock.GetUtcNow()), token);
            throw new EtlException(FaultKind.Unreachable, "no answer");
        };
        await RunAsync(bench, s_again);
        List<Handle?> found = [];
        bench.Source.Halfway = async (request, token) =>
        {
            found.Add(await request.Handles!.FindAsync(token));
            await request.Handles.KeepAsync(new Handle("of the replay", bench.Clock.GetUtcNow()), token);
            throw new EtlException(FaultKind.Window, "damaged");
        };
        await ReplayAsync(bench);
        Assert.Equal([null], found);
        Assert.Equal("of the live request", (await bench.Ledger.FindHandleAsync(bench.Key(Label), default))!.Handle.Value);
    }

    [Fact]
    public async Task Replay_writes_no_replies()
    {
        await using var bench = await Bench.OpenAsync();
        await RunAsync(bench);
        var raw = Path.Combine(bench.Folder, "raw");
        string[] Files() => [.. Directory.GetFiles(raw, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        var before = Files();
        string[] during = [];
        bench.Source.Halfway = (_, _) =>
        {
            during = Files();
            return Task.CompletedTask;
        };
        Assert.Equal(WindowState.Landed, Assert.Single(await ReplayAsync(bench, _ => new CapturingSource(bench.Source))).State);
        Assert.Equal(before, during);
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Replay_asks_along_what_was_asked_along()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with
        {
            Sources = [bench.Job.Sources[0] with { Name = "a" }, bench.Job.Sources[0] with { Name = "b" }],
            Land = [new TableLandSpec { Table = "plays", From = "a" }, new TableLandSpec { Table = "others", From = "b" }],
        };
        var asked = new List<(string Source, string Along)>();
        bench.Source.Halfway = (request, _) =>
        {
            asked.Add((request.Key.Source, string.Join(",", request.Together.Select(t => t.Name))));
            return Task.CompletedTask;
        };
        await RunAsync(bench, s_again);
        Assert.Equal([("a", "b"), ("b", "")], asked);
        asked.Clear();
        await ReplayAsync(bench);
        Assert.Equal([("a", "b"), ("b", "")], asked.Order());
    }

    [Fact]
    public async Task Second_path_is_pulled_with_the_pull_and_not_with_its_replay()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Checks = new CheckSpec { SecondPath = SecondPathKind.Csv } };
        var paths = new TwoPathSource();
        var (_, outcomes) = await new JobRunner(bench.Parts() with { Sources = paths }).RunAsync(bench.Job, s_again, 1, default);
        Assert.Equal(Verdict.Pass, Assert.Single(outcomes).Checks.Single(c => c.Name == "second-path").Verdict);
        Assert.Contains(await bench.Ledger.StepsAsync(bench.Key(Label), default), s => s.Detail == "pulling again by the second path: other");

        var replay = Assert.Single(await ReplayAsync(bench, _ => paths));

        Assert.Equal((WindowState.Landed, outcomes[0].Pull), (replay.State, replay.Pull));
        Assert.DoesNotContain(replay.Checks, c => c.Name == "second-path");
        Assert.Single(paths.Asked);
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

    [Fact]
    public async Task Nothing_of_a_source_with_personal_data_is_on_disk_as_it_was_sent_at_any_time()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Sources = [bench.Job.Sources[0] with { Personal = [new PersonalRule("name", Treatment.Drop, null, IsRequired: false)] }] };
        var raw = Path.Combine(bench.Folder, "raw");
        var pulls = 0;
        bench.Source.Halfway = (_, _) =>
        {
            pulls++;
            Assert.False(Directory.Exists(raw), "The replies are on disk while they are pulled.");
            return Task.CompletedTask;
        };
        Assert.All(await RunAsync(bench), o => Assert.Equal(WindowState.Landed, o.State));
        Assert.Equal(3, pulls);
        Assert.Empty(bench.Raw.Labels("plays"));
    }

    [Fact]
    public async Task Pull_that_fails_after_it_was_recorded_stays_recorded_as_complete()
    {
        await using var bench = await Bench.OpenAsync();
        var (ledger, away) = AwayLedger.Over(bench.Ledger);
        bench.WhenMoved = state => away.IsAway = state == WindowState.Staged;
        var parts = bench.Parts() with { Ledger = ledger, Sources = new CapturingSource(bench.Source) };
        var (_, outcomes) = await new JobRunner(parts).RunAsync(bench.Job, s_again, 1, default);
        Assert.Equal(WindowState.Failed, Assert.Single(outcomes).State);
        Assert.DoesNotContain("raw replies", outcomes[0].Message, StringComparison.Ordinal);
        Assert.Equal((true, 2L), Assert.Single(bench.Raw.Newest("plays", Label)).Head is var head ? (head.Complete, head.Rows) : default);
    }
}
