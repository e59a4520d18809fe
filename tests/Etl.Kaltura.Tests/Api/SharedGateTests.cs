using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Api;

public sealed class SharedGateTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly ScriptedBudget _budget = new();
    private readonly List<string> _told = [];
    private readonly List<SharedGate> _gates = [];

    public void Dispose() => _gates.ForEach(g => g.Dispose());

    private SharedGate Gate(int? perMinute, int limit = 64)
    {
        var gate = new SharedGate(new AccountGate(limit), "101", _budget, perMinute, _clock);
        _gates.Add(gate);
        return gate;
    }

    private async Task CallAsync(SharedGate gate, TimeSpan? slowDown = null)
    {
        await gate.EnterAsync(_told.Add, default);
        await gate.LeaveAsync(slowDown is null, slowDown);
    }

    [Theory]
    [InlineData(6_000, 10)]
    [InlineData(300, 5)]
    [InlineData(30, 1)]
    public async Task Calls_are_borrowed_in_lots_of_a_second(int perMinute, int lot)
    {
        var gate = Gate(perMinute);
        for (var call = 0; call < 3 * lot; call++) await CallAsync(gate);
        Assert.Equal(Enumerable.Repeat(("101", (int?)perMinute, lot), 3), _budget.Asked);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task Without_a_bound_the_store_is_asked_once_a_second_whatever_is_called()
    {
        var gate = Gate(perMinute: null);
        for (var call = 0; call < 500; call++) await CallAsync(gate);
        Assert.Single(_budget.Asked);
        _clock.Advance(SharedGate.LotLife);
        await CallAsync(gate);
        Assert.Equal(2, _budget.Asked.Count);
    }

    [Fact]
    public async Task Lot_that_was_not_used_up_in_its_time_is_lost()
    {
        var gate = Gate(perMinute: 600);
        await CallAsync(gate);
        _clock.Advance(SharedGate.LotLife);
        await CallAsync(gate);
        Assert.Equal(2, _budget.Asked.Count);
    }

    [Fact]
    public async Task Wait_is_told_and_pauses_that_came_meanwhile_are_kept()
    {
        _budget.Answers.Enqueue(TimeSpan.FromSeconds(4));
        _budget.Answers.Enqueue(TimeSpan.FromSeconds(30));
        await CallAsync(Gate(perMinute: 60));
        Assert.Equal([TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(30)], _clock.Waits);
        Assert.Equal([("101", 60, 1), ("101", 60, 0), ("101", (int?)60, 0)], _budget.Asked);
        Assert.Equal(["waiting 4 s for the account's budget of calls,", "waiting 30 s for the account's budget of calls,"], _told);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 10)]
    [InlineData(90, 90)]
    public async Task Service_that_asks_to_slow_down_pauses_all_workers_and_ends_the_lot(int asked, int pause)
    {
        var gate = Gate(perMinute: 600);
        await CallAsync(gate, TimeSpan.FromSeconds(asked));
        Assert.Equal([("101", TimeSpan.FromSeconds(pause))], _budget.Pauses);
        await CallAsync(gate);
        Assert.Equal(2, _budget.Asked.Count);
        Assert.Equal(32, gate.Limit);
    }

    [Fact]
    public async Task Cancelled_wait_ends_at_once_and_holds_no_place()
    {
        _budget.Hangs = true;
        var gate = Gate(perMinute: 60, limit: 1);
        using var stop = new CancellationTokenSource();
        var waiting = gate.EnterAsync(null, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromMinutes(1)));
        _budget.Hangs = false;
        await CallAsync(gate).WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Store_that_is_away_stops_no_call()
    {
        _budget.Fault = new EtlException(FaultKind.Window, "The ledger cannot be reached.") { IsTransient = true };
        var gate = Gate(perMinute: 60);
        await CallAsync(gate, TimeSpan.FromSeconds(5));
        await CallAsync(gate);
        Assert.Equal(2, _budget.Asked.Count);
    }

    [Fact]
    public async Task Rate_limit_that_one_pull_hears_pauses_its_account_and_waiting_shows_in_its_progress()
    {
        await using var rig = new Rig { Budget = _budget }.TableAnswers(Bodies.Error("ACTION_BLOCKED"), Bodies.Table(Bodies.Entries(0, 3), 3)).TotalAnswers(Bodies.Plays(3));
        _budget.Answers.Enqueue(TimeSpan.FromSeconds(2));
        Assert.Equal(3, (await rig.PullAsync()).Rows);
        Assert.Equal([("1234567", TimeSpan.FromSeconds(10))], _budget.Pauses);
        Assert.Contains(rig.Sink.Told, p => p == "waiting 2 s for the account's budget of calls,");
    }

    private sealed class ScriptedBudget : ICallBudget
    {
        public List<(string Account, int? PerMinute, int Calls)> Asked { get; } = [];
        public List<(string Account, TimeSpan Time)> Pauses { get; } = [];

        /// <summary>Waits to answer with, in order; none after the last.</summary>
        public Queue<TimeSpan> Answers { get; } = new();

        public bool Hangs { get; set; }

        public EtlException? Fault { get; set; }

        public async Task<TimeSpan> BorrowAsync(string account, int? perMinute, int calls, CancellationToken cancellation)
        {
            Asked.Add((account, perMinute, calls));
            if (Fault is not null) throw Fault;
            if (Hangs) await Task.Delay(Timeout.Infinite, cancellation);
            return Answers.TryDequeue(out var wait) ? wait : TimeSpan.Zero;
        }

        public Task PauseAsync(string account, TimeSpan time, CancellationToken cancellation)
        {
            if (Fault is not null) throw Fault;
            Pauses.Add((account, time));
            return Task.CompletedTask;
        }
    }
}
