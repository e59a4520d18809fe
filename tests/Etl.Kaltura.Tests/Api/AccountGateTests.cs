using Etl.Kaltura.Api;

namespace Etl.Kaltura.Tests.Api;

public class AccountGateTests
{
    [Fact]
    public async Task Gate_bounds_what_is_in_flight_and_lets_waiting_callers_in_order()
    {
        var gate = new AccountGate(2);
        await gate.EnterAsync(default);
        await gate.EnterAsync(default);
        var third = gate.EnterAsync(default).AsTask();
        var fourth = gate.EnterAsync(default).AsTask();
        Assert.False(third.IsCompleted);

        gate.Leave(success: true, slowDown: false);
        await third;
        Assert.False(fourth.IsCompleted);
        gate.Leave(success: true, slowDown: false);
        await fourth;
    }

    [Fact]
    public async Task Slow_down_halves_the_bound_and_successes_let_it_grow_back()
    {
        var gate = new AccountGate(4);
        await gate.EnterAsync(default);
        gate.Leave(success: false, slowDown: true);
        Assert.Equal(2, gate.Limit);
        await gate.EnterAsync(default);
        gate.Leave(success: false, slowDown: true);
        await gate.EnterAsync(default);
        gate.Leave(success: false, slowDown: true);
        Assert.Equal(1, gate.Limit);

        for (var i = 0; i < AccountGate.SuccessesToGrow * 10; i++)
        {
            await gate.EnterAsync(default);
            gate.Leave(success: true, slowDown: false);
        }
        Assert.Equal(4, gate.Limit);
    }

    [Fact]
    public async Task Cancelled_waiter_takes_no_place()
    {
        var gate = new AccountGate(1);
        await gate.EnterAsync(default);
        using var cancel = new CancellationTokenSource();
        var waiting = gate.EnterAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        gate.Leave(success: true, slowDown: false);
        await gate.EnterAsync(default);
    }
}
