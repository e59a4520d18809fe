using Etl.Core.Errors;
using Etl.Landing.Stores;

namespace Etl.Landing.Tests.Parquet;

/// <summary>A store as another process has it: its objects are located elsewhere, so nobody of this process queues for them with users of another such store.</summary>
/// <param name="inner">The store.</param>
/// <param name="owner">What tells this process from others.</param>
/// <param name="counted">Objects whose names begin with this are counted.</param>
/// <param name="meeting">All who take part have opened their first such object before one of them goes on, so that at least one looks at a version that another replaces.</param>
internal sealed class ApartStore(IObjectStore inner, string owner, string counted, Barrier meeting) : IObjectStore
{
    private int _conflicts, _met;

    /// <summary>Commits of objects whose names begin with the counted prefix that met another version, or nothing to commit.</summary>
    public int Conflicts => _conflicts;

    public string Locate(string name) => owner + inner.Locate(name);

    public async Task<IStagedObject> StageAsync(string name, StagedBy by, ObjectFacts facts, CancellationToken cancellation) =>
        new Staged(this, name, await inner.StageAsync(name, by, facts, cancellation));

    public Task<ObjectInfo?> LookAsync(string name, CancellationToken cancellation) => inner.LookAsync(name, cancellation);

    public async Task<OpenedObject?> OpenAsync(string name, CancellationToken cancellation)
    {
        var opened = await inner.OpenAsync(name, cancellation);
        if (name.StartsWith(counted, StringComparison.Ordinal) && Interlocked.Exchange(ref _met, 1) == 0)
            Assert.True(await Task.Factory.StartNew(() => meeting.SignalAndWait(TimeSpan.FromMinutes(1), cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return opened;
    }

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
