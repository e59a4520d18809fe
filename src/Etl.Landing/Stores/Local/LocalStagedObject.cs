using Etl.Core.Errors;
using Etl.Core.Runs;

namespace Etl.Landing.Stores.Local;

/// <summary>A temporary file that waits for its name.</summary>
internal sealed class LocalStagedObject(
    string path, TempFile temp, Func<string, CancellationToken, Task<IDisposable>> takeLock, string name) : IStagedObject
{
    private long? _sealedBytes;

    /// <inheritdoc/>
    public Stream Content => temp.Stream;

    /// <inheritdoc/>
    public long Bytes => _sealedBytes ?? temp.Stream.Length;

    /// <inheritdoc/>
    public Task SealAsync(CancellationToken cancellation)
    {
        _sealedBytes = temp.Stream.Length;
        temp.Sync();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<CommitOutcome> CommitAsync(string? expected, CancellationToken cancellation)
    {
        if (_sealedBytes is null) throw new InvalidOperationException($"{nameof(CommitAsync)} needs a sealed object; '{name}' is still being written.");
        using var held = await takeLock(name, cancellation);
        Failpoint.Hit("parquet.locked");
        if (Version() != expected) return CommitOutcome.Conflict;
        cancellation.ThrowIfCancellationRequested();
        try
        {
            temp.Publish(path);
        }
        catch (FileNotFoundException)
        {
            // Another landing has swept it away. It takes no lock for that, so looking before would not do.
            return CommitOutcome.StagingLost;
        }
        Failpoint.Hit("parquet.renamed");
        SyncName(path);
        Failpoint.Hit("parquet.folder-synced");
        return CommitOutcome.Committed;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        temp.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes the name of a renamed file durable.</summary>
    /// <exception cref="EtlException">The system refused, code <c>not-durable</c>.</exception>
    public static void SyncName(string path)
    {
        try
        {
            DurableFolder.Sync(Path.GetDirectoryName(path)!);
        }
        catch (IOException fault)
        {
            throw new EtlException(
                FaultKind.Window,
                $"The new rows are published at '{path}', but the name could not be made durable: {fault.Message} A loss of power may undo it. Check the disk and run again.",
                fault) { Code = "not-durable", IsTransient = true };
        }
    }

    private string? Version()
    {
        using var file = LocalObjectStore.OpenFile(path);
        return file is null ? null : LocalVersion.Of(file.SafeFileHandle);
    }
}
