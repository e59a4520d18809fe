using Etl.Core.Sources;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>Keeps one handle, as a ledger does between runs, and tells what was done in which order.</summary>
internal sealed class MemoryHandles : IHandles
{
    public Handle? Kept { get; set; }

    /// <summary>Called before a handle is kept.</summary>
    public Action<Handle> OnKeep { get; set; } = _ => { };

    public int Forgotten { get; private set; }

    public Task<Handle?> FindAsync(CancellationToken cancellation) => Task.FromResult(Kept);

    public Task KeepAsync(Handle handle, CancellationToken cancellation)
    {
        OnKeep(handle);
        Kept = handle;
        return Task.CompletedTask;
    }

    public Task ForgetAsync(CancellationToken cancellation)
    {
        Kept = null;
        Forgotten++;
        return Task.CompletedTask;
    }
}
