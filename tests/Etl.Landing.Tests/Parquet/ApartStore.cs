using Etl.Core.Errors;
using Etl.Landing.Stores;

namespace Etl.Landing.Tests.Parquet;

/// <summary>A store as another process has it: its objects are located elsewhere, so nobody of this process queues for them with users of another such store.</summary>
internal sealed class ApartStore(IObjectStore inner, string owner, string counted) : IObjectStore
{
    private int _conflicts;

    /// <summary>Commits of objects whose names begin with the counted prefix that met another version, or nothing to commit.</summary>
    public int Conflicts => _conflicts;

    public string Locate(string name) => owner + inner.Locate(name);

    public async Task<IStagedObject> StageAsync(string name, StagedBy by, ObjectFacts facts, CancellationToken cancellation) =>
        new Staged(this, name, await inner.StageAsync(name, by, facts, cancellation));

    public Task<ObjectInfo?> LookAsync(string name, CancellationToken cancellation) => inner.LookAsync(name, cancellation);

    public Task<OpenedObject?> OpenAsync(string name, CancellationToken cancellation) => inner.OpenAsync(name, cancellation);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellation) => inner.ListAsync(prefix, cancellation);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellation) => inner.DeleteAsync(name, cancellation);

    public Task SettleAsync(string name, CancellationToken cancellation) => inner.SettleAsync(name, cancellation);

    public Task SweepAsync(string name, long upToFence, CancellationToken cancellation) => inner.SweepAsync(name, upToFence, cancellation);

    public EtlException? Explain(Exception fault, string doing, string name) => inner.Explain(fault, doing, name);

    private sealed class Staged(ApartStore store, string name, IStagedObject inner) : IStagedObject
    {
        public Stream Content => inner.Content;

        public long Bytes => inner.Bytes;

        public Task SealAsync(CancellationToken cancellation) => inner.SealAsync(cancellation);

        public async Task<CommitOutcome> CommitAsync(string? expected, CancellationToken cancellation)
        {
            var outcome = await inner.CommitAsync(expected, cancellation);
            if (outcome != CommitOutcome.Committed && name.StartsWith(store.Counted, StringComparison.Ordinal)) Interlocked.Increment(ref store._conflicts);
            return outcome;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private string Counted => counted;
}
