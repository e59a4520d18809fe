using System.Globalization;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Pipeline.Live;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Live;

/// <summary>Live runs on the real ledger and targets; time passes only where the runner waits.</summary>
public class LiveRunnerTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static async Task<Bench> OpenAsync(TimeSpan? settle = null)
    {
        var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with
        {
            Window = new WindowSpec { Every = WindowUnit.Minute, Lookback = 1, Settle = settle ?? WindowSpec.LiveSettle },
            Land = [new ParquetLandSpec { Dataset = "plays" }, new TableLandSpec { Table = "plays", Key = ["id"] }],
        };
        return bench;
    }

    /// <summary>A point every ten seconds around noon.</summary>
    private static ScriptedLive Source(TimeSpan? reach = null, TimeSpan? delay = null, TimeSpan? every = null)
    {
        var live = new ScriptedLive { Every = every ?? TimeSpan.FromSeconds(30), Reach = reach ?? TimeSpan.FromSeconds(110), Delay = delay ?? TimeSpan.FromSeconds(20) };
        for (var i = -60; i < 120; i++) live.Truth.Add((s_noon.AddSeconds(10 * i), 1000 + i));
        return live;
    }

    private static Task<LiveResult> RunAsync(Bench bench, ScriptedLive live, TimeSpan length, CancellationToken cancellation = default) =>
        new LiveRunner(bench.Parts(), live, (time, token) =>
        {
            token.ThrowIfCancellationRequested();
            bench.Clock.Advance(time);
            return Task.CompletedTask;
        }).RunAsync(bench.Job, length, cancellation);

    private static string Label(int minute) => s_noon.AddMinutes(minute).UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm'm'", CultureInfo.InvariantCulture);

    /// <summary>The true rows of a minute, counted from noon.</summary>
    private static string[] Truth(ScriptedLive live, int minute, Func<DateTimeOffset, bool>? where = null) =>
    [
        .. live.Truth.Where(p => p.At >= s_noon.AddMinutes(minute) && p.At < s_noon.AddMinutes(minute + 1) && where?.Invoke(p.At) != false)
            .Select(p => string.Create(CultureInfo.InvariantCulture, $"{ScriptedLive.Id(p.At)}={p.Plays}")),
    ];

    private static async Task<PullProof> ProofAsync(Bench bench, int minute)
    {
        var record = await bench.WindowAsync(Label(minute));
        var pulls = await bench.Ledger.PullsAsync(record.Key, default);
        return JsonSerializer.Deserialize<PullProof>(pulls.Single(p => p.Pull == record.LandedPull).ProofJson, JsonSerializerOptions.Web)!;
    }

    private static void AssertLanded(Bench bench, int minute, string[] rows)
    {
        Assert.Equal(rows, bench.TableRows(Label(minute)));
        Assert.Equal(rows, bench.ParquetRows(MinuteFolder(minute)));
    }

    private static string MinuteFolder(int minute) => string.Create(CultureInfo.InvariantCulture, $"2026-11-20/hour={s_noon.AddMinutes(minute):HH}/minute={s_noon.AddMinutes(minute):mm}");

    [Fact]
    public async Task Minutes_of_ignore_have_the_side_map_also_when_no_poll_was_answered()
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with { Schema = SchemaPolicy.Ignore };
        var live = Source(reach: TimeSpan.Zero, delay: TimeSpan.Zero);
        // The second minute is lost as a whole.
        live.Fault = number => live.Polls[number] >= s_noon.AddMinutes(1) && live.Polls[number] < s_noon.AddMinutes(2) ? new EtlException(FaultKind.Window, "no") { Code = "no" } : null;
        await RunAsync(bench, live, TimeSpan.FromMinutes(3));
        foreach (var minute in new[] { 0, 1, 2 })
        {
            var record = await bench.WindowAsync(Label(minute));
            var pull = (await bench.Ledger.PullsAsync(record.Key, default)).Single(p => p.Pull == record.LandedPull);
            Assert.Equal(Core.Checks.Verdict.Pass, pull.Checks.Single(c => c.Name == "schema").Verdict);
            var window = new WindowCalendar("UTC", WindowUnit.Minute).Parse(Label(minute));
            using var rows = (await bench.Targets.Create(bench.Job.Land[0], false).OpenPublishedAsync(record.Key, window, default))!;
            Assert.Equal(["id", "at", "plays", "_extra"], rows.Schema.Columns.Select(c => c.Name).Except(["_window", "_pull", "_pulled_at"]));
        }
    }

    [Fact]
    public async Task Three_minutes_with_dropped_late_repeated_points_and_a_failed_poll_land_as_they_were()
    {
        await using var bench = await OpenAsync();
        var live = Source();
        // Each point is left out of the first answer that could have it, comes with an old value in the next, and twice in others.
        var sightings = new Dictionary<DateTimeOffset, int>();
        live.See = (_, at, plays) => (sightings[at] = sightings.GetValueOrDefault(at) + 1) switch { 1 when at.Second % 20 == 0 => null, 1 => plays - 500, _ => plays };
        live.Beside = number => number % 2 == 0 || number > 12 ? [] : live.Truth.Where(p => p.At >= live.Polls[^1].AddSeconds(-60) && p.At < live.Polls[^1].AddSeconds(-40));
        live.Fault = number => number == 5 ? new EtlException(FaultKind.Unreachable, "The service was away.") { Code = "away" } : null;

        var result = await RunAsync(bench, live, TimeSpan.FromMinutes(6));

        Assert.Empty(result.Faults);
        for (var minute = 0; minute < 3; minute++)
        {
            AssertLanded(bench, minute, Truth(live, minute));
            var proof = await ProofAsync(bench, minute);
            Assert.Empty(proof.Gaps!);
            Assert.Contains("The poll at 12:02:30 failed (away): The service was away.", proof.Notes);
        }
        Assert.All(result.Minutes.Where(m => m.Key.Label.CompareTo(Label(3)) < 0), m => Assert.Equal(("pass", 1), (m.Checks.Single(c => c.Name == "coverage").Verdict.ToString().ToLowerInvariant(), m.Targets.Select(t => t.Outcome).Distinct().Count())));
        // Nothing was landed twice: points that repeat change nothing.
        Assert.Single(await bench.Ledger.PullsAsync(bench.Key(Label(0)), default));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Point_that_cannot_be_typed_goes_to_the_quarantine_of_its_minute_unless_a_later_answer_is_better()
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with { Checks = bench.Job.Checks with { Quarantine = QuarantineLimit.OfRows(2) } };
        var live = Source();
        var (bad, healed) = (live.Truth.First(p => p.At >= s_noon.AddMinutes(1)).At, live.Truth.First(p => p.At >= s_noon).At);
        var seen = 0;
        live.Refuses = (_, at) => at == bad || (at == healed && seen++ == 0);

        await RunAsync(bench, live, TimeSpan.FromMinutes(6));

        AssertLanded(bench, 0, Truth(live, 0));
        AssertLanded(bench, 1, [.. Truth(live, 1).Where(r => !r.StartsWith(ScriptedLive.Id(bad), StringComparison.Ordinal))]);
        var kept = Assert.Single(bench.Quarantine.List(bench.Job.Name));
        Assert.Equal((Label(1), 1L), (kept.Key.Label, kept.Rows));
        Assert.Equal($$"""{"id":"{{ScriptedLive.Id(bad)}}","plays":"many"}""", Assert.Single(bench.Quarantine.Read(kept.Key, kept.Pull)).Raw);
    }

    [Fact]
    public async Task Polls_that_fail_for_longer_than_they_reach_leave_a_gap_that_is_stated()
    {
        await using var bench = await OpenAsync();
        var live = Source();
        // Away from 12:02:00 to 12:05:00: the next poll, at 12:05:30, sees from 12:03:40; the last before, at 12:01:30, saw up to 12:01:10.
        live.Fault = _ => bench.Clock.GetUtcNow() >= s_noon.AddMinutes(2) && bench.Clock.GetUtcNow() <= s_noon.AddMinutes(5) ? new EtlException(FaultKind.Unreachable, "away") { Code = "away" } : null;

        var result = await RunAsync(bench, live, TimeSpan.FromMinutes(9));

        Assert.Equal("12:01:10 to 12:02:00", string.Join(", ", (await ProofAsync(bench, 1)).Gaps!));
        Assert.Equal("12:02:00 to 12:03:00", string.Join(", ", (await ProofAsync(bench, 2)).Gaps!));
        Assert.Equal("12:03:00 to 12:03:40", string.Join(", ", (await ProofAsync(bench, 3)).Gaps!));
        Assert.Empty((await ProofAsync(bench, 4)).Gaps!);
        AssertLanded(bench, 1, Truth(live, 1, at => at < s_noon.AddSeconds(70)));
        AssertLanded(bench, 2, []);
        Assert.False((await ProofAsync(bench, 2)).KnownEmpty);
        AssertLanded(bench, 3, Truth(live, 3, at => at >= s_noon.AddSeconds(220)));
        var check = result.Minutes.Single(m => m.Key.Label == Label(2)).Checks.Single(c => c.Name == "coverage");
        Assert.Equal("No poll covers 12:02:00 to 12:03:00: rows of that time may be missing.", check.Detail);
    }

    [Fact]
    public async Task Point_after_the_settle_lands_its_minute_again_under_a_higher_fence()
    {
        await using var bench = await OpenAsync(settle: TimeSpan.FromSeconds(25));
        var live = Source();
        var late = s_noon.AddSeconds(50);
        // Minute 12:00 closes at 12:01:25 and lands with the poll of 12:01:30; its last point shows from 12:02:00 on.
        live.See = (_, at, plays) => at == late && bench.Clock.GetUtcNow() < s_noon.AddMinutes(2) ? null : plays;

        await RunAsync(bench, live, TimeSpan.FromMinutes(4));

        var key = bench.Key(Label(0));
        var pulls = await bench.Ledger.PullsAsync(key, default);
        Assert.Equal([5L, 6L], pulls.Select(p => p.Rows));
        Assert.True(pulls[1].Fence > pulls[0].Fence);
        AssertLanded(bench, 0, Truth(live, 0));
    }

    [Fact]
    public async Task Point_beyond_the_bound_is_left_out_and_counted()
    {
        await using var bench = await OpenAsync();
        var live = Source();
        live.Beside = number => number == 30 ? [(s_noon.AddSeconds(5), 7)] : [];

        await RunAsync(bench, live, TimeSpan.FromMinutes(16));

        AssertLanded(bench, 0, Truth(live, 0));
        Assert.Contains((await ProofAsync(bench, 14)).Notes, n => n == "1 point(s) came more than 10 minutes after the end of their minute and were left out.");
    }

    [Fact]
    public async Task Run_begins_with_the_first_whole_minute_in_reach_and_ends_with_the_last_begun()
    {
        await using var bench = await OpenAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(30));
        var live = Source();

        var result = await RunAsync(bench, live, TimeSpan.FromMinutes(2));

        // At 12:00:30 the reach begins at 11:58:40; the last poll, at 12:02:30, speaks up to 12:02:10.
        Assert.Equal([Label(-1), Label(0), Label(1), Label(2)], result.Minutes.Select(m => m.Key.Label));
        Assert.Equal("12:02:10 to 12:03:00", string.Join(", ", (await ProofAsync(bench, 2)).Gaps!));
        AssertLanded(bench, 2, Truth(live, 2, at => at < s_noon.AddSeconds(130)));
        Assert.All(result.Minutes, m => Assert.Equal(ExitCode.Done, m.ExitCode));
        Assert.Equal(s_noon.AddSeconds(150), live.Polls[^1]);
    }

    [Fact]
    public async Task Next_run_pulls_only_the_minutes_of_which_it_sees_more()
    {
        await using var bench = await OpenAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(30));
        var live = Source();
        await RunAsync(bench, live, TimeSpan.FromMinutes(2));

        var again = await RunAsync(bench, live, TimeSpan.FromMinutes(3));

        // 12:01 was whole and stays as it is; 12:02 had a gap and is whole now.
        Assert.Equal([Label(2), Label(3), Label(4), Label(5)], again.Minutes.Select(m => m.Key.Label));
        AssertLanded(bench, 2, Truth(live, 2));
        Assert.Empty((await ProofAsync(bench, 2)).Gaps!);
        Assert.Single(await bench.Ledger.PullsAsync(bench.Key(Label(1)), default));
    }

    [Fact]
    public async Task Cancelled_run_lands_what_was_collected_and_says_what_was_not()
    {
        await using var bench = await OpenAsync();
        var live = Source();
        using var stop = new CancellationTokenSource();
        live.Before = number => { if (number == 4) stop.Cancel(); };

        var result = await RunAsync(bench, live, TimeSpan.FromHours(1), stop.Token);

        // Polls at 12:00:00 to 12:01:30 were answered; the one at 12:02:00 was cancelled.
        AssertLanded(bench, 0, Truth(live, 0));
        AssertLanded(bench, 1, Truth(live, 1, at => at < s_noon.AddSeconds(70)));
        Assert.Equal("12:01:10 to 12:02:00", string.Join(", ", (await ProofAsync(bench, 1)).Gaps!));
        Assert.All(result.Minutes, m => Assert.Equal(WindowState.Landed, m.State));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Minute_that_a_dead_run_had_begun_is_landed_with_its_gap_by_the_next()
    {
        await using var bench = await OpenAsync();
        var live = Source();
        live.Before = number => { if (number == 4) throw new InvalidOperationException("dies"); };
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(bench, live, TimeSpan.FromHours(1)));
        Assert.Equal((WindowState.Planned, "Being collected."), ((await bench.WindowAsync(Label(0))).State, (await bench.WindowAsync(Label(0))).Reason));
        Assert.Empty(bench.TableRows(Label(0)));

        // Three minutes later: 12:00 is out of reach, of 12:01 and 12:02 nothing is left either.
        live.Before = _ => { };
        bench.Clock.Advance(TimeSpan.FromMinutes(3));
        var result = await RunAsync(bench, live, TimeSpan.FromMinutes(3));

        foreach (var minute in new[] { 0, 1 })
        {
            AssertLanded(bench, minute, []);
            var proof = await ProofAsync(bench, minute);
            Assert.Equal(TimeSpan.FromMinutes(1), Assert.Single(proof.Gaps!).Length);
            Assert.Contains("An earlier run had begun to collect this minute and ended before it landed.", proof.Notes);
            Assert.False(proof.KnownEmpty);
        }
        AssertLanded(bench, 4, Truth(live, 4));
        Assert.Contains(result.Minutes, m => m.Key.Label == Label(0) && m.Checks.Any(c => c is { Name: "coverage", Verdict: Core.Checks.Verdict.Warn }));
    }

    [Fact]
    public async Task Run_right_after_a_crash_asks_again_for_what_is_in_reach()
    {
        await using var bench = await OpenAsync();
        var live = Source();
        live.Before = number => { if (number == 4) throw new InvalidOperationException("dies"); };
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(bench, live, TimeSpan.FromHours(1)));
        live.Before = _ => { };

        await RunAsync(bench, live, TimeSpan.FromMinutes(4));

        // At 12:02:00 the reach begins at 12:00:10.
        AssertLanded(bench, 0, Truth(live, 0, at => at >= s_noon.AddSeconds(10)));
        Assert.Equal("12:00:00 to 12:00:10", string.Join(", ", (await ProofAsync(bench, 0)).Gaps!));
        AssertLanded(bench, 1, Truth(live, 1));
        AssertLanded(bench, 2, Truth(live, 2));
    }

    [Fact]
    public async Task Refused_session_ends_the_run_and_lands_what_was_collected()
    {
        await using var bench = await OpenAsync();
        var live = Source();
        live.Fault = number => number == 4 ? new EtlException(FaultKind.Refused, "No more.") { Code = "INVALID_KS" } : null;

        var result = await RunAsync(bench, live, TimeSpan.FromHours(1));

        Assert.Equal("Job 'plays', source 'main': No more.", Assert.Single(result.Faults).Message);
        Assert.Equal(5, live.Polls.Count);
        AssertLanded(bench, 0, Truth(live, 0));
    }

    [Fact]
    public async Task Service_that_never_answers_is_a_fault_of_the_run()
    {
        await using var bench = await OpenAsync();
        var live = Source();
        live.Fault = _ => new EtlException(FaultKind.Unreachable, "away") { Code = "away" };

        var result = await RunAsync(bench, live, TimeSpan.FromMinutes(2));

        Assert.Equal(FaultKind.Unreachable, Assert.Single(result.Faults).Kind);
        Assert.All(result.Minutes, m => Assert.Equal(0, m.Rows));
    }

    [Fact]
    public async Task Samples_of_the_moment_cover_their_own_slot_only()
    {
        await using var bench = await OpenAsync();
        var live = Source(reach: TimeSpan.Zero, delay: TimeSpan.Zero, every: TimeSpan.FromSeconds(10));
        live.Fault = number => number == 7 ? new EtlException(FaultKind.Unreachable, "away") { Code = "away" } : null;

        await RunAsync(bench, live, TimeSpan.FromMinutes(3));

        AssertLanded(bench, 0, Truth(live, 0));
        Assert.Empty((await ProofAsync(bench, 0)).Gaps!);
        Assert.Equal("12:01:10 to 12:01:20", string.Join(", ", (await ProofAsync(bench, 1)).Gaps!));
    }
}
