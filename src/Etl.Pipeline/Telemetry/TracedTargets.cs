using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Telemetry;
using Etl.Core.Windows;

namespace Etl.Pipeline.Telemetry;

/// <summary>Targets whose work is spans: <c>stage</c> until the pull waits at the target, <c>landing</c> for publishing it.</summary>
public sealed class TracedTargets(ITargetFactory inner) : ITargetFactory
{
    /// <inheritdoc/>
    public ITarget Create(LandSpec land, bool severalAccounts) => new TracedTarget(inner.Create(land, severalAccounts));

    /// <inheritdoc/>
    public string NameOf(LandSpec land) => inner.NameOf(land);

    private static async Task<T> SpanAsync<T>(string name, string target, LandingOrder order, Func<Task<T>> work)
    {
        using var span = EtlActivity.Start(name, order.Key)?
            .SetTag("etl.target", target).SetTag("etl.pull", order.Stamp.Pull).SetTag("etl.fence", order.Stamp.Fence).SetTag("etl.rows", order.Stamp.Rows);
        try
        {
            var result = await work().ConfigureAwait(false);
            if (result is LandingReceipt receipt) span?.SetTag("etl.outcome", receipt.Outcome.ToString().ToLowerInvariant());
            return result;
        }
        catch (Exception fault)
        {
            EtlActivity.Fail(span, fault);
            throw;
        }
    }

    private sealed class TracedTarget(ITarget inner) : ITarget
    {
        public string Kind => inner.Kind;

        public string Name => inner.Name;

        public string Locate(WindowKey key, Window window) => inner.Locate(key, window);

        public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation) => new TracedLanding(
            await SpanAsync("stage", Name, order, () => inner.PrepareAsync(order, staged, cancellation)).ConfigureAwait(false), Name, order);

        public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.FindAsync(key, window, cancellation);

        public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.OpenPublishedAsync(key, window, cancellation);

        public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.SweepAsync(key, window, cancellation);
    }

    private sealed class TracedLanding(IPreparedLanding inner, string target, LandingOrder order) : IPreparedLanding
    {
        public Task<LandingReceipt> PublishAsync(CancellationToken cancellation) => SpanAsync("landing", target, order, () => inner.PublishAsync(cancellation));

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
