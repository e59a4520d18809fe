using Etl.Core.Errors;
using Etl.Landing.Stores;

namespace Etl.Landing.Tests.Parquet;

/// <summary>A store in which something happens right before objects with a prefix are committed, or right after they were opened.</summary>
internal sealed class InterruptedStore(IObjectStore inner, string prefix, Func<Task>? before = null, Func<Task>? opened = null) : IObjectStore
{
    public string Locate(string name) => inner.Locate(name);

    public async Task<IStagedObject> StageAsync(string name, StagedBy by, ObjectFacts facts, CancellationToken cancellation)
    {
        var staged = await inner.StageAsync(name, by, facts, cancellation);
        return before is not null && name.StartsWith(prefix, StringComparison.Ordinal) ? new Staged(staged, before) : staged;
    }

    public Task<ObjectInfo?> LookAsync(string name, CancellationToken cancellation) => inner.LookAsync(name, cancellation);

    public async Task<OpenedObject?> OpenAsync(string name, CancellationToken cancellation)
    {
        var found = await inner.OpenAsync(name, cancellation);
        if (opened is not null && found is not null && name.StartsWith(prefix, StringComparison.Ordinal)) await opened();
        return found;
    }

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellation) => inner.ListAsync(prefix, cancellation);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellation) => inner.DeleteAsync(name, cancellation);

    public Task SettleAsync(string name, CancellationToken cancellation) => inner.SettleAsync(name, cancellation);

    public Task SweepAsync(string name, long upToFence, CancellationToken cancellation) => inner.SweepAsync(name, upToFence, cancellation);

    // What a test throws comes out as it is.
    public EtlException? Explain(Exception fault, string doing, string name) => fault is IOException ? null : inner.Explain(fault, doing, name);

    private sealed class Staged(IStagedObject inner, Func<Task> before) : IStagedObject
    {
        public Stream Content => inner.Content;

        public long Bytes => inner.Bytes;

        public Task SealAsync(CancellationToken cancellation) => inner.SealAsync(cancellation);

        public async Task<CommitOutcome> CommitAsync(string? expected, CancellationToken cancellation)
        {
            await before();
            return await inner.CommitAsync(expected, cancellation);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
