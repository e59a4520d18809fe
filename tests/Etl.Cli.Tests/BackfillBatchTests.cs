using System.Collections.Concurrent;
using Etl.Cli.Commands;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Landing.Sql.Sqlite;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Testing.Files;

namespace Etl.Cli.Tests;

/// <summary>A backfill that watches servers; the test is the server.</summary>
public sealed class BackfillBatchTests : IAsyncLifetime, IDisposable
{
    private const string Server = "s";
    private static readonly string[] s_labels = ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"];
    private static readonly WindowCalendar s_days = new("UTC", WindowUnit.Day);
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(5);

    private readonly TempFolder _folder = new();
    private readonly StringWriter _error = new();
    private readonly Watcher _watcher = new();
    private SqliteLedger _ledger = null!;

    public async Task InitializeAsync()
    {
        _ledger = await SqliteLedger.OpenAsync(_folder["ledger.db"], default);
        await _ledger.BeatAsync(new ServerRecord(Server, "quartz", 4, null, DateTimeOffset.UnixEpoch), s_long, default);
    }

    public async Task DisposeAsync() => await _ledger.DisposeAsync();

    public void Dispose()
    {
        _error.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Refused_session_withdraws_what_has_not_begun_and_exits_as_a_run_does()
    {
        var (batch, watch) = await WatchAsync("100");
        var (refused, begun) = (await TakeAsync(), await TakeAsync());
        await FailAsync(refused.Id, s_labels[0], ("100", ExitCode.Refused));
        // What a server has begun ends there; the rest is not asked for any more.
        await UntilAsync(async () => (await _ledger.ListAsync(default)).Count == 1);
        await FailAsync(begun.Id, s_labels[1], ("100", ExitCode.Refused));
        var outcomes = await watch.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Same(batch.Outcomes, outcomes);
        Assert.Equal(s_labels, outcomes.Select(o => o.Key.Label).Order(StringComparer.Ordinal));
        Assert.All(outcomes, o => Assert.Equal((WindowState.Failed, ExitCode.Refused), (o.State, o.ExitCode)));
        Assert.Equal(["2026-11-03", "2026-11-04"], outcomes.Where(o => o.Code == JobRunner.NotBegun).Select(o => o.Key.Label));
        Assert.Equal(4, _watcher.Finished.Count);
        Assert.Contains("'2026-11-01'", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Wrong secret. 2 windows had not begun", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_session_of_one_account_leaves_the_others_their_windows()
    {
        var (_, watch) = await WatchAsync("100", "200");
        await FailAsync((await TakeAsync()).Id, s_labels[0], ("100", ExitCode.Refused), ("200", ExitCode.Unreachable));
        await UntilAsync(() => Task.FromResult(_watcher.Finished.Count == 2));
        Assert.Equal(3, (await _ledger.ListAsync(default)).Count);
        foreach (var label in s_labels.Skip(1)) await FailAsync((await TakeAsync()).Id, label, ("100", ExitCode.Refused), ("200", ExitCode.WindowFailed));
        var outcomes = await watch.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(8, outcomes.Count);
        Assert.DoesNotContain(outcomes, o => o.Code == JobRunner.NotBegun);
        Assert.Equal(
            [ExitCode.Refused, ExitCode.Unreachable, ExitCode.Refused, ExitCode.WindowFailed], outcomes.Take(4).Select(o => o.ExitCode));
    }

    private async Task<(BackfillBatch Batch, Task<IReadOnlyList<WindowOutcome>> Watch)> WatchAsync(params string[] accounts)
    {
        var job = new JobDefinition
        {
            Name = "plays", Sources = [new SourceSpec { Action = "table", Report = "38" }], Window = new WindowSpec { TimeZone = "UTC", Lookback = 3 },
            Land = [new ParquetLandSpec { Dataset = "plays" }],
        };
        var due = s_labels.SelectMany(l => accounts.Select(a => new PlannedWindow(Key(l, a), s_days.Parse(l), job.Sources[0], 1, "first pull", null))).ToList();
        var batch = new BackfillBatch(_ledger, _ledger, new JobPlan(job, due, [], s_days.Parse("2026-11-19"), DateTimeOffset.UnixEpoch, []), s_labels, false, TimeProvider.System);
        Assert.Equal((0, 0), await batch.AskAsync(s_labels, 4, default));
        return (batch, batch.WatchAsync(_watcher, new Terminal(TextWriter.Null, TextWriter.Synchronized(_error), json: false, quiet: true, verbose: false), default));
    }

    private async Task<TakenItem> TakeAsync() => (await _ledger.TakeAsync(Server, default))!;

    private async Task FailAsync(long id, string label, params (string Account, int Exit)[] ends)
    {
        foreach (var (account, exit) in ends)
        {
            var lease = (await _ledger.TryLeaseAsync(Key(label, account), s_days.Parse(label), Server, s_long, 0, default))!;
            await _ledger.SettleAsync(lease, new Settlement { State = WindowState.Failed, Reason = "Wrong secret.", ExitCode = exit }, default);
        }
        Assert.True(await _ledger.DoneAsync(id, Server, default));
    }

    private static WindowKey Key(string label, string account) => new("plays", "main", account, label);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Assert.False(end.IsCancellationRequested, "It did not happen within 30 s.");
            await Task.Delay(10);
        }
    }

    private sealed class Watcher : IRunObserver
    {
        public ConcurrentQueue<WindowOutcome> Finished { get; } = [];

        public void Planned(string job, int windows, int notDue)
        {
        }

        public void Moved(WindowKey key, WindowState state)
        {
        }

        public void Progressed(WindowKey key, PullProgress progress)
        {
        }

        void IRunObserver.Finished(WindowOutcome outcome) => Finished.Enqueue(outcome);
    }
}
