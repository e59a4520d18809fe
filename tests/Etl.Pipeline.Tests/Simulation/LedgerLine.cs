using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Testing.Simulation;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>The ledger as one process meets it: at the other end of a line.</summary>
internal sealed class LedgerLine(ILedger ledger, SimLink link, SimProcess process) : ILedger
{
    public Task<string> BeginJobAsync(JobKey job, string firstLabel, CancellationToken cancellation) =>
        Ask("begin", l => l.BeginJobAsync(job, firstLabel, default), cancellation);

    public Task<string?> FindBeginAsync(JobKey job, CancellationToken cancellation) => Ask("find begin", l => l.FindBeginAsync(job, default), cancellation);

    public Task<IReadOnlyList<WindowRecord>> WindowsAsync(string job, CancellationToken cancellation) => Ask("windows", l => l.WindowsAsync(job, default), cancellation);

    public Task<WindowRecord?> FindWindowAsync(WindowKey key, CancellationToken cancellation) => Ask("window", l => l.FindWindowAsync(key, default), cancellation);

    public Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellation) => Ask("jobs", l => l.JobsAsync(default), cancellation);

    public Task<Lease?> TryLeaseAsync(WindowKey key, Window window, string owner, TimeSpan lifetime, long aboveFence, CancellationToken cancellation) =>
        Ask($"lease {key.Label}", l => l.TryLeaseAsync(key, window, owner, lifetime, aboveFence, default), cancellation);

    public Task<bool> BreakLeaseAsync(WindowKey key, string owner, bool counts, CancellationToken cancellation) =>
        Ask("break lease", l => l.BreakLeaseAsync(key, owner, counts, default), cancellation);

    public Task<bool> HeartbeatAsync(Lease lease, TimeSpan lifetime, CancellationToken cancellation) =>
        Ask("heartbeat", l => l.HeartbeatAsync(lease, lifetime, default), cancellation);

    public Task MoveAsync(Lease lease, WindowState to, string? pull, string detail, CancellationToken cancellation) =>
        Tell($"move {lease.Key.Label} to {to}", l => l.MoveAsync(lease, to, pull, detail, default), cancellation);

    public Task AddPullAsync(Lease lease, PullRecord pull, CancellationToken cancellation) => Tell("add pull", l => l.AddPullAsync(lease, pull, default), cancellation);

    public Task AddLandingAsync(Lease lease, LandingRecord landing, CancellationToken cancellation) =>
        Tell($"add landing {landing.Outcome}", l => l.AddLandingAsync(lease, landing, default), cancellation);

    public Task<HandleRecord?> FindHandleAsync(WindowKey key, CancellationToken cancellation) => Ask("find handle", l => l.FindHandleAsync(key, default), cancellation);

    public Task KeepHandleAsync(Lease lease, HandleRecord handle, CancellationToken cancellation) => Tell("keep handle", l => l.KeepHandleAsync(lease, handle, default), cancellation);

    public Task ForgetHandleAsync(Lease lease, CancellationToken cancellation) => Tell("forget handle", l => l.ForgetHandleAsync(lease, default), cancellation);

    public Task SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellation) =>
        Tell($"settle {lease.Key.Label} {settlement.State}", l => l.SettleAsync(lease, settlement, default), cancellation);

    public Task<IReadOnlyList<PullRecord>> PullsAsync(WindowKey key, CancellationToken cancellation) => Ask("pulls", l => l.PullsAsync(key, default), cancellation);

    public Task<PullSchema?> FindLandedSchemaAsync(JobKey job, CancellationToken cancellation) => Ask("schema", l => l.FindLandedSchemaAsync(job, default), cancellation);

    public Task<IReadOnlyList<PullSchema>> SchemaChangesAsync(string job, CancellationToken cancellation) => Ask("schemas", l => l.SchemaChangesAsync(job, default), cancellation);

    public Task<IReadOnlyList<LandingRecord>> LandingsAsync(WindowKey key, CancellationToken cancellation) => Ask("landings", l => l.LandingsAsync(key, default), cancellation);

    public Task<IReadOnlyList<StepRecord>> StepsAsync(WindowKey key, CancellationToken cancellation) => Ask("steps", l => l.StepsAsync(key, default), cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The model answers at once: its tasks are over when they come back.
    private Task<T> Ask<T>(string what, Func<ILedger, Task<T>> ask, CancellationToken cancellation) =>
        link.CallAsync(process, what, () => ask(ledger).GetAwaiter().GetResult(), cancellation);

    private Task Tell(string what, Func<ILedger, Task> tell, CancellationToken cancellation) =>
        link.CallAsync(process, what, () => tell(ledger).GetAwaiter().GetResult(), cancellation);
}
