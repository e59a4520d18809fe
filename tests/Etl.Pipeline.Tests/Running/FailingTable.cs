using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Targets whose tables take rows and publish none.</summary>
/// <param name="inner">The targets.</param>
/// <param name="transient">Whether the fault may pass.</param>
internal sealed class FailingTable(ITargetFactory inner, bool transient = false) : ITargetFactory
{
    public string NameOf(LandSpec land) => inner.NameOf(land);

    public ITarget Create(LandSpec land, bool severalAccounts) =>
        land is TableLandSpec ? new Broken(inner.Create(land, severalAccounts), transient) : inner.Create(land, severalAccounts);

    private sealed class Broken(ITarget inner, bool transient) : ITarget
    {
        public string Kind => inner.Kind;

        public string Name => inner.Name;

        public string Locate(WindowKey key, Window window) => inner.Locate(key, window);

        public Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation) =>
            Task.FromResult<IPreparedLanding>(new Full(transient));

        public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) =>
            inner.OpenPublishedAsync(key, window, cancellation);

        public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.FindAsync(key, window, cancellation);

        public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.SweepAsync(key, window, cancellation);
    }

    private sealed class Full(bool transient) : IPreparedLanding
    {
        public Task<LandingReceipt> PublishAsync(CancellationToken cancellation) => 
            throw new EtlException(FaultKind.Window, "The warehouse is full.") { IsTransient = transient };

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
