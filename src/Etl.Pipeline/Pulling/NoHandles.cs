using Etl.Core.Sources;

namespace Etl.Pipeline.Pulling;

/// <summary>Handles of a replay: the recorded pull began without one, and nothing is left unfinished by its replay.</summary>
internal sealed class NoHandles : IHandles
{
    public Task<Handle?> FindAsync(CancellationToken cancellation) => Task.FromResult<Handle?>(null);

    public Task KeepAsync(Handle handle, CancellationToken cancellation) => Task.CompletedTask;

    public Task ForgetAsync(CancellationToken cancellation) => Task.CompletedTask;
}
