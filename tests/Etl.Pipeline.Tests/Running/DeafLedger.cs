using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Running;

/// <summary>A ledger that takes everything but the end of a failed window and, where asked, never answers a heartbeat.</summary>
internal sealed class DeafLedger(ILedger inner, bool hangs = false) : ILedger
{
    public Task SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellation) => settlement.State == WindowState.Failed
        ? throw new EtlException(FaultKind.Window, "database is locked") { IsTransient = true }
        : inner.SettleAsync(lease, settlement, cancellation);

    public Task<string> BeginJobAsync(JobKey job, string firstLabel, CancellationToken cancellation) => inner.BeginJobAsync(job, firstLabel, cancellation);

    public Task<string?> FindBeginAsync(JobKey job, CancellationToken cancellation) => inner.FindBeginAsync(job, cancellation);

    public Task<IReadOnlyList<WindowRecord>> WindowsAsync(string job, CancellationToken cancellation) => inner.WindowsAsync(job, cancellation);

    public Task<WindowRecord?> FindWindowAsync(WindowKey key, CancellationToken cancellation) => inner.FindWindowAsync(key, cancellation);

    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellation) => inner.JobsAsync(cancellation);

    public Task<Lease?> TryLeaseAsync(WindowKey key, Window window, string owner, TimeSpan lifetime, long aboveFence, CancellationToken cancellation) =>
        inner.TryLeaseAsync(key, window, owner, lifetime, aboveFence, cancellation);

    public Task<bool> BreakLeaseAsync(WindowKey key, string owner, bool counts, CancellationToken cancellation) => inner.BreakLeaseAsync(key, owner, counts, cancellation);

    public Task<bool> HeartbeatAsync(Lease lease, TimeSpan lifetime, CancellationToken cancellation) =>
        hangs ? new TaskCompletionSource<bool>().Task : inner.HeartbeatAsync(lease, lifetime, cancellation);

    public Task MoveAsync(Lease lease, WindowState to, string? pull, string detail, CancellationToken cancellation) => inner.MoveAsync(lease, to, pull, detail, cancellation);

    public Task AddPullAsync(Lease lease, PullRecord pull, CancellationToken cancellation) => inner.AddPullAsync(lease, pull, cancellation);

    public Task AddLandingAsync(Lease lease, LandingRecord landing, CancellationToken cancellation) => inner.AddLandingAsync(lease, landing, cancellation);

    public Task<HandleRecord?> FindHandleAsync(WindowKey key, CancellationToken cancellation) => inner.FindHandleAsync(key, cancellation);

    public Task KeepHandleAsync(Lease lease, HandleRecord handle, CancellationToken cancellation) => inner.KeepHandleAsync(lease, handle, cancellation);

    public Task ForgetHandleAsync(Lease lease, CancellationToken cancellation) => inner.ForgetHandleAsync(lease, cancellation);

    public Task<PullSchema?> FindLandedSchemaAsync(JobKey job, CancellationToken cancellation) => inner.FindLandedSchemaAsync(job, cancellation);

    public Task<IReadOnlyList<PullSchema>> SchemaChangesAsync(string job, CancellationToken cancellation) => inner.SchemaChangesAsync(job, cancellation);

    public Task<IReadOnlyList<PullRecord>> PullsAsync(WindowKey key, CancellationToken cancellation) => inner.PullsAsync(key, cancellation);

    public Task<IReadOnlyList<LandingRecord>> LandingsAsync(WindowKey key, CancellationToken cancellation) => inner.LandingsAsync(key, cancellation);

    public Task<IReadOnlyList<StepRecord>> StepsAsync(WindowKey key, CancellationToken cancellation) => inner.StepsAsync(key, cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
