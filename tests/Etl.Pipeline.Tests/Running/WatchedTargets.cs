using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Calls a test before and after each landing.</summary>
internal sealed class WatchedTargets(ITargetFactory inner) : ITargetFactory
{
    public Func<LandingOrder, Task> Landing { get; init; } = _ => Task.CompletedTask;

    public Func<ITarget, LandingReceipt, Task> Landed { get; init; } = (_, _) => Task.CompletedTask;

    public string NameOf(LandSpec land) => inner.NameOf(land);

    public ITarget Create(LandSpec land, bool severalAccounts) => new Watched(inner.Create(land, severalAccounts), Landing, Landed);

    private sealed class Watched(ITarget inner, Func<LandingOrder, Task> landing, Func<ITarget, LandingReceipt, Task> landed) : ITarget
    {
        public string Kind => inner.Kind;

        public string Name => inner.Name;

        public string Locate(WindowKey key, Window window) => inner.Locate(key, window);

        public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation) =>
            new WatchedLanding(await inner.PrepareAsync(order, staged, cancellation), () => landing(order), receipt => landed(inner, receipt));

        public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) =>
            inner.OpenPublishedAsync(key, window, cancellation);

        public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.FindAsync(key, window, cancellation);

        public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.SweepAsync(key, window, cancellation);
    }

    private sealed class WatchedLanding(IPreparedLanding inner, Func<Task> landing, Func<LandingReceipt, Task> landed) : IPreparedLanding
    {
        public async Task<LandingReceipt> PublishAsync(CancellationToken cancellation)
        {
            await landing();
            var receipt = await inner.PublishAsync(cancellation);
            await landed(receipt);
            return receipt;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
