using System.Globalization;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Pipeline.Serving;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Windows that fail by themselves, or kill their process, are parked; others are not touched by it.</summary>
public class ParkingTests
{
    private const string Label = "2026-11-19";
    private static readonly PlanOptions s_forced = new() { From = Label, To = Label, Force = true };

    private static EtlException Poison => new(FaultKind.Window, "The table has a row of 3 cells.") { Code = "bad-row" };

    private static void Fails(Bench bench, Func<Exception> fault) =>
        bench.Source.Halfway = (request, _) => request.Window.Label == Label ? Task.FromException(fault()) : Task.CompletedTask;

    private static async Task<WindowOutcome> TryAsync(Bench bench, PlanOptions? options = null) =>
        (await bench.RunAsync(options)).Single(o => o.Key.Label == Label);

    private static async Task<Bench> ParkedAsync(int attempts = 2)
    {
        var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = attempts };
        Fails(bench, () => Poison);
        for (var attempt = 0; attempt < attempts; attempt++) await bench.RunAsync();
        Assert.Equal(WindowState.Parked, (await bench.WindowAsync(Label)).State);
        return bench;
    }

    [Fact]
    public async Task Window_that_fails_by_itself_is_parked_after_its_attempts_and_the_others_land()
    {
        await using var bench = await Bench.OpenAsync();
        Fails(bench, () => Poison);
        for (var attempt = 1; attempt < JobDefinition.DefaultAttempts; attempt++)
        {
            Assert.Equal((WindowState.Failed, "bad-row"), (await TryAsync(bench)) is var o ? (o.State, o.Code) : default);
            Assert.Equal((attempt, attempt), (await bench.WindowAsync(Label)) is var w ? (w.Strikes, w.Failures) : default);
            Assert.Equal([Label], await bench.DueAsync());
        }
        var parked = await TryAsync(bench);
        Assert.Equal((WindowState.Parked, ExitCode.WindowFailed, "bad-row"), (parked.State, parked.ExitCode, parked.Code));
        Assert.Contains("5 attempts in a row", parked.Message, StringComparison.Ordinal);
        Assert.Contains("a row of 3 cells", parked.Message, StringComparison.Ordinal);
        Assert.Contains($"'etl run plays --from {Label} --to {Label} --force'", parked.Message, StringComparison.Ordinal);
        var record = await bench.WindowAsync(Label);
        Assert.Equal((WindowState.Parked, 5, 5, null), (record.State, record.Strikes, record.Failures, record.Owner));
        bench.AssertPublished("2026-11-18", "2026-11-18-a=10", "2026-11-18-b=20");
        bench.AssertPublished("2026-11-17", "2026-11-17-a=10", "2026-11-17-b=20");
    }

    [Fact]
    public async Task Parked_window_is_left_alone_by_plain_runs_which_say_so_and_do_not_end_well()
    {
        await using var bench = await ParkedAsync();
        bench.Source.Pulled.Clear();
        Assert.Empty(await bench.DueAsync());
        foreach (var options in (PlanOptions[])[new(), new() { From = Label, To = Label }])
        {
            var left = Assert.Single(await bench.RunAsync(options));
            Assert.Equal((WindowState.Parked, ExitCode.WindowFailed, Parking.Code), (left.State, left.ExitCode, left.Code));
            Assert.Contains("a row of 3 cells", left.Message, StringComparison.Ordinal);
            Assert.Contains("--force", left.Message, StringComparison.Ordinal);
        }
        Assert.Empty(bench.Source.Pulled);
        Assert.Equal(Label, Assert.Single((await bench.PlanAsync()).Parked).Key.Label);
        Assert.Equal(2, (await bench.PlanAsync()).UpToDate);
    }

    [Fact]
    public async Task Only_attempt_of_a_window_is_told_as_one()
    {
        await using var bench = await ParkedAsync(attempts: 1);
        Assert.StartsWith("Parked after 1 attempt. The last: The table has a row of 3 cells.", (await bench.WindowAsync(Label)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Window_that_another_worker_parked_since_the_plan_stays_parked_with_the_reason_it_has()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 2 };
        Fails(bench, () => Poison);
        await bench.RunAsync();
        var planned = (await bench.PlanAsync()).Due.Single(d => d.Key.Label == Label);
        await bench.RunAsync();
        var parked = await bench.WindowAsync(Label);
        var pulls = bench.Source.Pulled.Count;

        var late = await new WindowRunner(bench.Parts()).RunAsync(bench.Job, planned, default);

        Assert.Equal((WindowState.Parked, Parking.Code, Parking.Describe(parked)), (late.State, late.Code, late.Message));
        Assert.StartsWith("Parked after 2 attempts in a row. The last: The table has a row of 3 cells.", parked.Reason, StringComparison.Ordinal);
        Assert.Equal((parked.Reason, 2), (await bench.WindowAsync(Label)) is var w ? (w.Reason, w.Strikes) : default);
        Assert.Equal(pulls, bench.Source.Pulled.Count);
    }

    [Fact]
    public async Task Parked_window_does_not_keep_the_next_night_from_landing_and_stays_in_view_for_good()
    {
        await using var bench = await ParkedAsync();
        bench.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(["2026-11-18", "2026-11-20"], await bench.DueAsync());
        await bench.RunAsync();
        bench.AssertPublished("2026-11-20", "2026-11-20-a=10", "2026-11-20-b=20");
        bench.Clock.Advance(TimeSpan.FromDays(30));
        Assert.DoesNotContain(Label, await bench.DueAsync());
        Assert.Equal(WindowState.Parked, (await TryAsync(bench)).State);
    }

    [Fact]
    public async Task Forced_run_lands_a_parked_window_and_its_past_is_forgotten()
    {
        await using var bench = await ParkedAsync();
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        Assert.Equal(WindowState.Landed, (await TryAsync(bench, s_forced)).State);
        Assert.Equal((WindowState.Landed, 0, 0, null), (await bench.WindowAsync(Label)) is var w ? (w.State, w.Strikes, w.Failures, w.Reason) : default);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
    }

    [Fact]
    public async Task Forced_run_that_fails_again_gives_the_window_all_its_attempts()
    {
        await using var bench = await ParkedAsync();
        Assert.Equal(WindowState.Failed, (await TryAsync(bench, s_forced)).State);
        Assert.Equal(1, (await bench.WindowAsync(Label)).Strikes);
        Assert.Equal([Label], await bench.DueAsync());
        Assert.Equal(WindowState.Parked, (await TryAsync(bench)).State);
    }

    [Fact]
    public async Task Forced_run_that_is_cancelled_leaves_the_window_parked_with_its_reason()
    {
        await using var bench = await ParkedAsync();
        var before = await bench.WindowAsync(Label);
        using var stop = new CancellationTokenSource();
        bench.Source.Halfway = (_, token) =>
        {
            stop.Cancel();
            return Task.Delay(Timeout.Infinite, token);
        };
        Assert.Equal(ExitCode.Cancelled, (await bench.RunAsync(s_forced, stop.Token)).Single(o => o.Key.Label == Label).ExitCode);
        Assert.Equal((before.State, before.Reason, before.Strikes), (await bench.WindowAsync(Label)) is var w ? (w.State, w.Reason, w.Strikes) : default);
    }

    [Fact]
    public async Task Item_that_a_hook_asks_for_again_leaves_a_parked_window_parked_and_says_so()
    {
        await using var bench = await ParkedAsync();
        var pulls = bench.Source.Pulled.Count;
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        var work = new JobWork(bench.Parts(), _ => bench.Job, (_, _) => Task.CompletedTask, _ => { });
        var left = Assert.Single(await work.DoAsync(new WorkItem("plays", Label, Again: true), default));
        Assert.Equal((WindowState.Parked, Parking.Code, pulls), (left.State, left.Code, bench.Source.Pulled.Count));
        Assert.Contains($"'etl run plays --from {Label} --to {Label} --force'", left.Message, StringComparison.Ordinal);
        Assert.Equal(WindowState.Parked, (await bench.WindowAsync(Label)).State);
    }

    [Fact]
    public async Task Item_that_a_hook_asks_for_again_pulls_a_landed_window_again_and_gives_no_attempts_back()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 2 };
        var work = new JobWork(bench.Parts(), _ => bench.Job, (_, _) => Task.CompletedTask, _ => { });
        Assert.Equal(WindowState.Landed, Assert.Single(await work.DoAsync(new WorkItem("plays", Label), default)).State);
        Assert.Empty(await work.DoAsync(new WorkItem("plays", Label), default));
        Assert.Equal(WindowState.Landed, Assert.Single(await work.DoAsync(new WorkItem("plays", Label, Again: true), default)).State);
        Fails(bench, () => Poison);
        Assert.Equal(WindowState.Failed, Assert.Single(await work.DoAsync(new WorkItem("plays", Label, Again: true), default)).State);
        Assert.Equal(WindowState.Parked, Assert.Single(await work.DoAsync(new WorkItem("plays", Label, Again: true), default)).State);
    }

    [Fact]
    public async Task Item_that_a_person_forces_takes_a_parked_window_up_on_a_server_and_a_plain_one_does_not()
    {
        await using var bench = await ParkedAsync();
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        var handed = new List<WorkItem>();
        var work = new JobWork(bench.Parts(), _ => bench.Job, (item, _) =>
        {
            handed.Add(item);
            return Task.CompletedTask;
        }, _ => { });
        await work.DoAsync(new WorkItem("plays"), default);
        Assert.Empty(handed);
        Assert.Equal(WindowState.Parked, Assert.Single(await work.DoAsync(new WorkItem("plays", Label), default)).State);
        Assert.Equal(WindowState.Landed, Assert.Single(await work.DoAsync(new WorkItem("plays", Label, Force: true), default)).State);
    }

    public static TheoryData<string> Elsewhere() => ["unreachable", "refused", "database", "usage"];

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task What_meets_all_windows_and_passes_by_itself_never_parks_one(string what)
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 2 };
        Fails(bench, () => what switch
        {
            "unreachable" => new EtlException(FaultKind.Unreachable, "No answer."),
            "refused" => new EtlException(FaultKind.Refused, "The session is not accepted."),
            "usage" => new EtlException(FaultKind.Usage, "The user has no right to write."),
            _ => new EtlException(FaultKind.Window, "The server cannot be reached.") { IsTransient = true },
        });
        for (var attempt = 0; attempt < 6; attempt++) await bench.RunAsync();
        Assert.Equal((WindowState.Failed, 6, 0), (await bench.WindowAsync(Label)) is var w ? (w.State, w.Failures, w.Strikes) : default);
        Assert.Contains(Label, await bench.DueAsync());
    }

    [Fact]
    public async Task Damaged_data_counts_although_it_is_worth_another_try()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 1 };
        Fails(bench, () => new EtlException(FaultKind.Window, "The table ends in a row.") { IsTransient = true, IsOfWindow = true });
        Assert.Equal(WindowState.Parked, (await TryAsync(bench)).State);
    }

    [Fact]
    public async Task Full_disk_and_a_target_that_refuses_rows_count()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 2 };
        Fails(bench, () => new IOException("No space left on device"));
        Assert.Equal(WindowState.Failed, (await TryAsync(bench)).State);
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        bench.Targets = new FailingTable(bench.Targets);
        var parked = await TryAsync(bench);
        Assert.Equal(WindowState.Parked, parked.State);
        Assert.Contains("The warehouse is full.", parked.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_that_never_parks_tries_for_ever()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = null };
        Fails(bench, () => Poison);
        for (var attempt = 0; attempt < 8; attempt++) Assert.Equal(WindowState.Failed, (await TryAsync(bench)).State);
        Assert.Equal([Label], await bench.DueAsync());
    }

    [Fact]
    public async Task Pull_that_lands_in_between_begins_the_count_anew()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 3, Freeze = null };
        for (var round = 0; round < 3; round++)
        {
            Fails(bench, () => Poison);
            await TryAsync(bench, s_forced with { Force = round > 0 });
            await TryAsync(bench);
            Assert.Equal(2, (await bench.WindowAsync(Label)).Strikes);
            bench.Source.Halfway = (_, _) => Task.CompletedTask;
            Assert.Equal(WindowState.Landed, (await TryAsync(bench)).State);
        }
    }

    [Fact]
    public async Task Defect_of_this_program_is_told_and_counted_and_leaves_no_lease()
    {
        await using var bench = await Bench.OpenAsync();
        Fails(bench, () => new InvalidOperationException("cannot be"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bench.RunAsync());
        var record = await bench.WindowAsync(Label);
        Assert.Equal((WindowState.Failed, 1, null), (record.State, record.Strikes, record.Owner));
        Assert.Contains("cannot be", record.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Window_that_kills_its_process_is_parked_without_another_try()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 3 };
        for (var death = 1; death <= 3; death++)
        {
            Assert.Contains(Label, await bench.DueAsync());
            await DieAsync(bench, $"elsewhere/{death}/0/1");
            await bench.ExpireLeaseAsync(Label);
        }
        Assert.Equal(2, (await bench.WindowAsync(Label)).Strikes);
        var parked = await TryAsync(bench);
        Assert.Equal((WindowState.Parked, ExitCode.WindowFailed, Parking.Code), (parked.State, parked.ExitCode, parked.Code));
        Assert.Contains("ended without a word", parked.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Label, bench.Source.Pulled);
        Assert.Empty(await bench.DueAsync());
        bench.AssertPublished("2026-11-18", "2026-11-18-a=10", "2026-11-18-b=20");
    }

    [Fact]
    public async Task Healthy_window_in_hand_when_processes_die_lands_with_the_next_run()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 3, Freeze = null };
        for (var night = 0; night < 4; night++)
        {
            await DieAsync(bench, $"elsewhere/{night}/0/1");
            await bench.ExpireLeaseAsync(Label);
            Assert.Equal(WindowState.Landed, (await TryAsync(bench, s_forced)).State);
            Assert.Equal(0, (await bench.WindowAsync(Label)).Strikes);
        }
    }

    [Fact]
    public async Task Process_that_died_alone_on_this_machine_counts_and_one_whose_machine_went_down_does_not()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 4 };
        Fails(bench, () => new EtlException(FaultKind.Unreachable, "No answer."));
        var machine = Environment.MachineName;
        // No process has this number.
        await DieAsync(bench, string.Create(CultureInfo.InvariantCulture, $"{machine}/4194305/{DateTime.UtcNow.Ticks}/1"));
        await TryAsync(bench);
        Assert.Equal(1, (await bench.WindowAsync(Label)).Strikes);
        await DieAsync(bench, string.Create(CultureInfo.InvariantCulture, $"{machine}/4194305/{new DateTime(2020, 1, 1).Ticks}/1"));
        await TryAsync(bench);
        Assert.Equal(1, (await bench.WindowAsync(Label)).Strikes);
    }

    [Fact]
    public async Task Replay_of_a_parked_window_lands_it()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 1 };
        await new JobRunner(bench.Parts() with { Sources = new CapturingSource(bench.Source) }).RunAsync(bench.Job, new PlanOptions(), 1, default);
        Fails(bench, () => Poison);
        await bench.RunAsync(s_forced);
        Assert.Equal(WindowState.Parked, (await bench.WindowAsync(Label)).State);
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        Assert.Equal(WindowState.Landed, Assert.Single(await new Replayer(bench.Parts(), _ => bench.Source).ReplayAsync(bench.Job, Label, default)).State);
        Assert.Equal(0, (await bench.WindowAsync(Label)).Strikes);
    }

    [Fact]
    public async Task Replay_that_fails_leaves_the_window_parked()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Attempts = 1 };
        await new JobRunner(bench.Parts() with { Sources = new CapturingSource(bench.Source) }).RunAsync(bench.Job, new PlanOptions(), 1, default);
        Fails(bench, () => Poison);
        await bench.RunAsync(s_forced);
        Assert.Equal(ExitCode.WindowFailed, Assert.Single(await new Replayer(bench.Parts(), _ => bench.Source).ReplayAsync(bench.Job, Label, default)).ExitCode);
        Assert.Equal((WindowState.Parked, 1), (await bench.WindowAsync(Label)) is var w ? (w.State, w.Strikes) : default);
    }

    [Fact]
    public async Task Worker_stops_its_own_work_when_two_heartbeats_get_no_answer()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Halfway = (_, token) => Task.Delay(Timeout.Infinite, token);
        var parts = bench.Parts() with
        {
            Ledger = new DeafLedger(bench.Ledger, hangs: true),
            Lease = new LeaseOptions { Lifetime = TimeSpan.FromMinutes(5), Heartbeat = TimeSpan.FromMilliseconds(50) },
        };
        var run = new JobRunner(parts).RunAsync(bench.Job, new PlanOptions { From = Label, To = Label }, 1, default);
        var (_, outcomes) = await run.WaitAsync(TimeSpan.FromMinutes(1));
        var outcome = Assert.Single(outcomes);
        Assert.Equal("lease-lost", outcome.Code);
        Assert.Contains("the ledger did not answer in time", outcome.Message, StringComparison.Ordinal);
        bench.AssertPublished(Label);
    }

    /// <summary>A worker takes the window and is never heard of again.</summary>
    private static async Task DieAsync(Bench bench, string owner)
    {
        var window = (await bench.PlanAsync(s_forced)).Due.Single(d => d.Key.Label == Label).Window;
        Assert.NotNull(await bench.Ledger.TryLeaseAsync(bench.Key(Label), window, owner, TimeSpan.FromMinutes(5), 0, default));
    }
}
