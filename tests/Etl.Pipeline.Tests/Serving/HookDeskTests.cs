using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Hooks;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Windows;
using Etl.Landing.Sql.Sqlite;
using Etl.Pipeline.Serving;
using Etl.Testing;
using Etl.Testing.Files;

namespace Etl.Pipeline.Tests.Serving;

public sealed class HookDeskTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken s_none = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly FakeClock _clock = new(new DateTimeOffset(2026, 11, 19, 12, 0, 0, TimeSpan.Zero));
    private readonly Desk _desk = new();
    private readonly ConcurrentQueue<string> _said = [];
    private SqliteLedger _inbox = null!;
    private HookDesk _hooks = null!;

    public async Task InitializeAsync()
    {
        _inbox = await SqliteLedger.OpenAsync(_folder["ledger.db"], s_none);
        _hooks = Hooks();
    }

    public async Task DisposeAsync() => await _inbox.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    private HookDesk Hooks() => new(_desk, _inbox, _clock, _said.Enqueue) { LookEvery = TimeSpan.FromMilliseconds(20) };

    private static JobDefinition Job(HookAim? hooks, string name = "plays") => new()
    {
        Name = name, Hooks = hooks, Sources = [], Land = [],
        Window = new WindowSpec { Every = WindowUnit.Hour, TimeZone = "UTC", Settle = TimeSpan.FromMinutes(30) },
    };

    private Task<bool> TakeAsync(string? id, HookAim aim = HookAim.Due, TimeSpan ago = default) => _hooks.TakeAsync(Job(aim), id, _clock.GetUtcNow() - ago, s_none);

    [Fact]
    public void Only_jobs_that_take_hooks_are_found()
    {
        _desk.Jobs = [Job(null, "deaf"), Job(HookAim.Due)];
        Assert.Null(_hooks.Find("deaf"));
        Assert.Null(_hooks.Find("unknown"));
        Assert.Equal("plays", _hooks.Find("plays")!.Name);
    }

    [Fact]
    public async Task Hook_asks_once_for_a_look_at_what_is_due_though_it_is_sent_three_times()
    {
        Assert.Equal((true, false, false), (await TakeAsync("1"), await TakeAsync("1"), await TakeAsync("1")));
        await _hooks.PassOnAsync(s_none);
        Assert.False(await TakeAsync("1"));
        await _hooks.PassOnAsync(s_none);
        Assert.Equal([new WorkItem("plays")], _desk.Asked);
        Assert.Equal(["hook"], _desk.By);
    }

    [Fact]
    public async Task Burst_asks_once()
    {
        for (var i = 0; i < 200; i++) Assert.True(await TakeAsync($"{i}"));
        for (var i = 0; i < 5; i++) Assert.True(await TakeAsync(null));
        await _hooks.PassOnAsync(s_none);
        Assert.Equal([new WorkItem("plays")], _desk.Asked);
    }

    [Fact]
    public async Task Hook_that_comes_while_the_same_is_pulled_is_asked_for_again_when_that_is_done()
    {
        await TakeAsync("1");
        _desk.IsBusy = true;
        await _hooks.PassOnAsync(s_none);
        await _hooks.PassOnAsync(s_none);
        _desk.IsBusy = false;
        await _hooks.PassOnAsync(s_none);
        await _hooks.PassOnAsync(s_none);
        Assert.Equal(3, _desk.Asked.Count);
    }

    [Fact]
    public async Task Event_of_a_closed_window_asks_for_that_window_again_and_one_of_an_open_window_when_it_closes()
    {
        await TakeAsync("late", HookAim.Window, ago: TimeSpan.FromHours(2));
        await TakeAsync("now", HookAim.Window);
        await _hooks.PassOnAsync(s_none);
        Assert.Equal([new WorkItem("plays", "2026-11-19T10+0000", Again: true)], _desk.Asked);
        _clock.Advance(TimeSpan.FromMinutes(89));
        await _hooks.PassOnAsync(s_none);
        Assert.Single(_desk.Asked);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _hooks.PassOnAsync(s_none);
        Assert.Equal(new WorkItem("plays", "2026-11-19T12+0000"), _desk.Asked.Last());
    }

    [Fact]
    public async Task What_a_crash_left_in_the_inbox_is_passed_on_by_the_next_server()
    {
        await TakeAsync("1");
        _desk.Fault = new InvalidOperationException("The process dies here.");
        await Assert.ThrowsAsync<InvalidOperationException>(() => _hooks.PassOnAsync(s_none));
        _desk.Fault = null;
        _hooks = Hooks();
        await _hooks.PassOnAsync(s_none);
        Assert.Equal([new WorkItem("plays")], _desk.Asked);
    }

    [Fact]
    public async Task Hook_waits_while_the_desk_cannot_be_asked_and_the_log_says_so_once()
    {
        await TakeAsync("1");
        _desk.Fault = new EtlException(FaultKind.Unreachable, "The ledger is away.") { IsTransient = true };
        await _hooks.PassOnAsync(s_none);
        await _hooks.PassOnAsync(s_none);
        Assert.Equal(["Hooks wait: The ledger is away."], _said);
        _desk.Fault = null;
        await _hooks.PassOnAsync(s_none);
        Assert.Equal([new WorkItem("plays")], _desk.Asked);
    }

    [Fact]
    public async Task Hook_of_a_job_that_is_gone_is_dropped_and_said()
    {
        await TakeAsync("1");
        _desk.Fault = new EtlException(FaultKind.Usage, "There is no job 'plays'.");
        await _hooks.PassOnAsync(s_none);
        _desk.Fault = null;
        await _hooks.PassOnAsync(s_none);
        Assert.Empty(_desk.Asked);
        Assert.Equal(["A hook of job 'plays' was dropped: There is no job 'plays'."], _said);
    }

    [Fact]
    public async Task Running_desk_passes_on_what_comes_and_what_waited_until_it_is_stopped()
    {
        await TakeAsync("before");
        using var stop = new CancellationTokenSource();
        var run = _hooks.RunAsync(stop.Token);
        await UntilAsync(() => _desk.Asked.Count == 1);
        await TakeAsync("after");
        await UntilAsync(() => _desk.Asked.Count == 2);
        await stop.CancelAsync();
        await run;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 6000 && !condition(); i++) await Task.Delay(10);
        Assert.True(condition());
    }

    private sealed class Desk : IServerDesk
    {
        public ConcurrentQueue<WorkItem> Asked { get; } = [];

        public HashSet<string> By { get; } = [];

        public Exception? Fault { get; set; }

        public bool IsBusy { get; set; }

        public IReadOnlyList<JobDefinition> Jobs { get; set; } = [];

        public string? JobFault => null;

        public string Engine => "none";

        public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> AskAsync(WorkItem item, string by, CancellationToken cancellation)
        {
            if (Fault is not null) throw Fault;
            Asked.Enqueue(item);
            By.Add(by);
            return Task.FromResult(!IsBusy);
        }

        public Task<bool> CancelAsync(string job, string label, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<IReadOnlyList<WindowOutcome>> ReleaseAsync(string job, string label, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
