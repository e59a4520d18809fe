using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

/// <summary>What keeps a lease ends with the work, and not with its next heartbeat.</summary>
public class LeaseKeeperTests
{
    private const string Label = "2026-11-18";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keeper_ends_at_once_however_long_its_heartbeat(bool cancelled)
    {
        await using var bench = await Bench.OpenAsync();
        var lease = await bench.Ledger.TryLeaseAsync(bench.Key(Label), Rival.Day(Label), "a", TimeSpan.FromDays(1), 0, default);
        using var caller = new CancellationTokenSource();
        var parts = bench.Parts() with { Time = TimeProvider.System, Lease = new LeaseOptions { Lifetime = TimeSpan.FromHours(3), Heartbeat = TimeSpan.FromHours(1) } };
        var keeper = new LeaseKeeper(parts, lease!, caller.Token);
        if (cancelled) await caller.CancelAsync();
        Assert.Equal(cancelled, keeper.Token.IsCancellationRequested);
        await keeper.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Null(keeper.Lost);
    }
}
