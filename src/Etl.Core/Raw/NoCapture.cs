namespace Etl.Core.Raw;

/// <summary>Keeps nothing: for a replay, whose replies are recorded already.</summary>
public sealed class NoCapture : IRawCapture, IRawReply
{
    /// <summary>The only one.</summary>
    public static readonly NoCapture Instance = new();

    private NoCapture()
    {
    }

    /// <inheritdoc/>
    public Stream Body => Stream.Null;

    /// <inheritdoc/>
    public IRawReply Open(RawRequest request) => this;

    /// <inheritdoc/>
    public Task<string> KeepAsync(RawHead head, CancellationToken cancellation) => throw new NotSupportedException("There is nothing to keep.");

    /// <inheritdoc/>
    public void Broke(RawFault fault)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
