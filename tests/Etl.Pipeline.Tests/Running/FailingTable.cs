using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Targets whose tables take nothing.</summary>
internal sealed class FailingTable(ITargetFactory inner) : ITargetFactory
{
    public string NameOf(LandSpec land) => inner.NameOf(land);

    public ITarget Create(LandSpec land, bool severalAccounts) =>
        land is TableLandSpec ? new Broken(inner.Create(land, severalAccounts)) : inner.Create(land, severalAccounts);

    private sealed class Broken(ITarget inner) : ITarget
    {
        public string Kind => inner.Kind;

        public string Name => inner.Name;

        public string Locate(WindowKey key, Window window) => inner.Locate(key, window);

        public Task<LandingReceipt> LandAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation) =>
            throw new EtlException(FaultKind.Window, "The warehouse is full.");

        public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.FindAsync(key, window, cancellation);

        public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.SweepAsync(key, window, cancellation);
    }
}
