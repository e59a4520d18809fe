using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Cli.Composition;

/// <summary>The ledger before the first run: knows nothing and takes nothing.</summary>
internal sealed class EmptyLedger : ILedger
{
    private static NotSupportedException ReadOnly => new("A command that only reads tried to write to the ledger.");

    public Task<string?> FindBeginAsync(JobKey job, CancellationToken cancellation) => Task.FromResult<string?>(null);

    public Task<IReadOnlyList<WindowRecord>> WindowsAsync(string job, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<WindowRecord>>([]);

    public Task<WindowRecord?> FindWindowAsync(WindowKey key, CancellationToken cancellation) => Task.FromResult<WindowRecord?>(null);

    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<IReadOnlyList<PullRecord>> PullsAsync(WindowKey key, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<PullRecord>>([]);

    public Task<PullSchema?> FindLandedSchemaAsync(JobKey job, CancellationToken cancellation) => Task.FromResult<PullSchema?>(null);

    public Task<IReadOnlyList<PullSchema>> SchemaChangesAsync(string job, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<PullSchema>>([]);

    public Task<IReadOnlyList<LandingRecord>> LandingsAsync(WindowKey key, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<LandingRecord>>([]);

    public Task<IReadOnlyList<StepRecord>> StepsAsync(WindowKey key, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<StepRecord>>([]);

    public Task<string> BeginJobAsync(JobKey job, string firstLabel, CancellationToken cancellation) => throw ReadOnly;

    public Task<Lease?> TryLeaseAsync(WindowKey key, Window window, string owner, TimeSpan lifetime, long aboveFence, CancellationToken cancellation) => throw ReadOnly;

    public Task<bool> BreakLeaseAsync(WindowKey key, string owner, bool counts, CancellationToken cancellation) => throw ReadOnly;

    public Task<bool> HeartbeatAsync(Lease lease, TimeSpan lifetime, CancellationToken cancellation) => throw ReadOnly;

    public Task MoveAsync(Lease lease, WindowState to, string? pull, string detail, CancellationToken cancellation) => throw ReadOnly;

    public Task AddPullAsync(Lease lease, PullRecord pull, CancellationToken cancellation) => throw ReadOnly;

    public Task AddLandingAsync(Lease lease, LandingRecord landing, CancellationToken cancellation) => throw ReadOnly;

    public Task<HandleRecord?> FindHandleAsync(WindowKey key, CancellationToken cancellation) => Task.FromResult<HandleRecord?>(null);

    public Task KeepHandleAsync(Lease lease, HandleRecord handle, CancellationToken cancellation) => throw ReadOnly;

    public Task ForgetHandleAsync(Lease lease, CancellationToken cancellation) => throw ReadOnly;

    public Task SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellation) => throw ReadOnly;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
