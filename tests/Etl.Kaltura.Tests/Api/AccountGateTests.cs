using Etl.Kaltura.Api;

namespace Etl.Kaltura.Tests.Api;

public class AccountGateTests
{
    [Fact]
    public async Task Gate_bounds_what_is_in_flight_and_lets_waiting_callers_in_order()
    {
        var gate = new AccountGate(2);
        await gate.EnterAsync(null, default);
        await gate.EnterAsync(null, default);
        var third = gate.EnterAsync(null, default).AsTask();
        var fourth = gate.EnterAsync(null, default).AsTask();
        Assert.False(third.IsCompleted);

        await gate.LeaveAsync(success: true, slowDown: null);
        await third;
        Assert.False(fourth.IsCompleted);
        await gate.LeaveAsync(success: true, slowDown: null);
        await fourth;
    }

    [Fact]
    public async Task Slow_down_halves_the_bound_and_successes_let_it_grow_back()
    {
        var gate = new AccountGate(4);
        await gate.EnterAsync(null, default);
        await gate.LeaveAsync(success: false, slowDown: TimeSpan.Zero);
        Assert.Equal(2, gate.Limit);
        await gate.EnterAsync(null, default);
        await gate.LeaveAsync(success: false, slowDown: TimeSpan.Zero);
        await gate.EnterAsync(null, default);
        await gate.LeaveAsync(success: false, slowDown: TimeSpan.Zero);
        Assert.Equal(1, gate.Limit);

        for (var i = 0; i < AccountGate.SuccessesToGrow * 10; i++)
        {
            await gate.EnterAsync(null, default);
            await gate.LeaveAsync(success: true, slowDown: null);
        }
        Assert.Equal(4, gate.Limit);
    }

    [Fact]
    public async Task Cancelled_waiter_takes_no_place()
    {
        var gate = new AccountGate(1);
        await gate.EnterAsync(null, default);
        using var cancel = new CancellationTokenSource();
        var waiting = gate.EnterAsync(null, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await gate.LeaveAsync(success: true, slowDown: null);
        await gate.EnterAsync(null, default);
    }
}
