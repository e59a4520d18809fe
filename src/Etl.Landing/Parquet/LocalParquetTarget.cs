using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Fences;
using Etl.Landing.Stores.Local;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>
/// A Parquet dataset on a local disk, one file per window. A landing:
/// 1. write the pull beside the window's file under a temporary name, sync it, look at it again;
/// 2. take the dataset's lock and compare fences with the published footer;
/// 3. rename over, sync the folder. The rename is the commit: before it every reader has the old file, after it the new.
/// A published file that cannot be read (damaged) counts as nothing published: it blocks no run and is replaced, with a
/// warning. A readable file that is not ours is never replaced.
/// </summary>
internal sealed class LocalParquetTarget : ITarget
{
    private readonly DatasetLayout _layout;
    private readonly ParquetCodec _codec;
    private readonly TimeProvider _time;
    private readonly TimeSpan _lockWait;
    private readonly Action<string> _warn;

    /// <exception cref="EtlException">The dataset's name or the codec is not possible.</exception>
    public LocalParquetTarget(string parquetFolder, ParquetLandSpec land, bool severalAccounts, LocalParquetTargetOptions options)
    {
        Name = NameOf(land);
        _layout = new DatasetLayout(Path.Combine(Path.GetFullPath(parquetFolder), PathNames.Check("dataset", land.Dataset)), severalAccounts);
        _codec = land.Codec switch
        {
            "snappy" => ParquetCodec.Snappy,
            "gzip" => ParquetCodec.Gzip,
            "none" => ParquetCodec.None,
            _ => throw new EtlException(FaultKind.Usage, $"Codec '{land.Codec}' of dataset '{land.Dataset}' is not known; use 'snappy', 'gzip' or 'none'.") { Code = "codec" },
        };
        (_time, _lockWait, _warn) = (options.Time, options.LockWait, options.Warn);
    }

    /// <inheritdoc/>
    public string Kind => "parquet";

    /// <inheritdoc/>
    public string Name { get; }

    public static string NameOf(ParquetLandSpec land) =>
        land.Store is null ? $"parquet:{land.Dataset}" : $"parquet:{land.Store}/{land.Dataset}";

    /// <inheritdoc/>
    public string Locate(WindowKey key, Window window) => _layout.FileOf(key, window);

    /// <inheritdoc/>
    public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (order.Stamp.Pull != staged.Stamp.Pull)
            throw new ArgumentException($"The order is for pull '{order.Stamp.Pull}', the staged pull is '{staged.Stamp.Pull}'.", nameof(staged));
        return await GuardedAsync(order, async () =>
        {
            var folder = _layout.FolderOf(order.Key, order.Window);
            _layout.RefuseMixture(order.Key, order.Window);
            DurableFolder.Create(folder);
            var temp = new TempFile(LandingTemp.NewPath(folder, order.Stamp));
            try
            {
                Failpoint.Hit("parquet.temp-open");
                await Task.Run(() => Prepare(temp, order, staged, cancellation), cancellation);
                return new Prepared(this, temp, order);
            }
            catch
            {
                temp.Dispose();
                throw;
            }
        });
    }

    /// <inheritdoc/>
    public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation)
    {
        var path = _layout.FileOf(key, window);
        try
        {
            var file = LandedFile.Look(path);
            return Task.FromResult<IPublishedRows?>(PublishedIn(file, key) is null ? null : new PublishedFile(path, file.Record!));
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, $"read what is published of window '{key}'", path);
        }
    }

    /// <inheritdoc/>
    public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation)
    {
        var path = _layout.FileOf(key, window);
        try
        {
            return Task.FromResult(PublishedIn(LandedFile.Look(path), key));
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, $"read what is published of window '{key}'", path);
        }
    }

    /// <inheritdoc/>
    public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation)
    {
        // The caller holds the newest lease, so every temporary file here belongs to a dead or outdated landing.
        LandingTemp.Remove(_layout.FolderOf(key, window), upToFence: long.MaxValue);
        return Task.CompletedTask;
    }

    private async Task<T> GuardedAsync<T>(LandingOrder order, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, $"land window '{order.Key}'", _layout.FileOf(order.Key, order.Window));
        }
    }

    private void Prepare(TempFile temp, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (_codec == ParquetCodec.Snappy && staged.Path.Length > 0) StagedCopy.Bytes(staged, temp.Stream, cancellation);
        else StagedCopy.Rows(order, staged, temp.Stream, _codec, cancellation);
        temp.Sync();
        Failpoint.Hit("parquet.temp-synced");
        var written = LandedFile.Look(temp.Path);
        // Gone: a newer lease landed meanwhile and swept. The comparison under the lock says what that means.
        if (written.Condition == FileCondition.Absent) return;
        if (written.Condition != FileCondition.Good || written.Record!.Stamp != order.Stamp || written.Record.Key != order.Key)
            throw new EtlException(
                FaultKind.Window,
                $"Could not land window '{order.Key}' at '{_layout.FileOf(order.Key, order.Window)}': the staged pull '{order.Stamp.Pull}' does not hold what its stamp says "
                + $"({order.Stamp.Rows} rows, fence {order.Stamp.Fence}){(written.Why.Length > 0 ? ": " + written.Why : "")}. Nothing was changed; run the window again.")
                { Code = "row-count" };
    }

    private async Task<LandingReceipt> PublishAsync(TempFile temp, LandingOrder order, CancellationToken cancellation)
    {
        var path = _layout.FileOf(order.Key, order.Window);
        var folder = Path.GetDirectoryName(path)!;
        using var held = await FolderLock.TakeAsync(_layout.Root, _lockWait, _time, cancellation);
        Failpoint.Hit("parquet.locked");
        var file = LandedFile.Look(path);
        RefuseForeign(file, path, order.Key);
        var published = PublishedIn(file, order.Key);
        var refusal = Fencing.Refuse(published, order.Stamp);
        Failpoint.Hit("parquet.compared");
        if (refusal is null)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!File.Exists(temp.Path))
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not land window '{order.Key}' at '{path}': another run of this window removed the temporary file '{temp.Path}'. "
                    + "Nothing was changed; run the window again.") { Code = "swept", IsTransient = true };
            temp.Publish(path);
            Failpoint.Hit("parquet.renamed");
        }
        // Also where this pull was published before: whoever renamed it may have died before the name was durable.
        Sync(folder, path, order.Key);
        Failpoint.Hit("parquet.folder-synced");
        if (refusal is LandingOutcome.Superseded) return new LandingReceipt(refusal.Value, path, published!.Rows, file.Bytes);
        LandingTemp.Remove(folder, order.Stamp.Fence);
        return new LandingReceipt(refusal ?? LandingOutcome.Landed, path, order.Stamp.Rows, new FileInfo(path).Length);
    }

    private static void Sync(string folder, string path, WindowKey key)
    {
        try
        {
            DurableFolder.Sync(folder);
        }
        catch (IOException fault)
        {
            throw new EtlException(
                FaultKind.Window,
                $"Window '{key}' is published at '{path}', but its name could not be made durable: {fault.Message} A loss of power may undo it. Check the disk and run again.",
                fault) { Code = "not-durable", IsTransient = true };
        }
    }

    private void RefuseForeign(LandedFile file, string path, WindowKey key)
    {
        if (file.Condition == FileCondition.Damaged)
            _warn($"The published file '{path}' is damaged ({file.Why}); it is replaced by the new pull of window '{key}'.");
        if (file.Condition == FileCondition.Foreign)
            throw new EtlException(
                FaultKind.Window,
                $"Could not land window '{key}': '{path}' is a Parquet file that this build must not replace ({file.Why}). "
                + "Move it away, or name another dataset in the job. Nothing was changed.") { Code = "foreign-file" };
    }

    // A file of another job or account under this name (a job that was renamed) has fences of another count: not comparable.
    private static PublishedPull? PublishedIn(LandedFile file, WindowKey key) =>
        file.Record is { } record && record.Key == key
            ? new PublishedPull(record.Stamp.Pull, record.Stamp.Fence, record.Stamp.Rows, record.Stamp.ContentHash)
            : null;

    private sealed class Prepared(LocalParquetTarget target, TempFile temp, LandingOrder order) : IPreparedLanding
    {
        public Task<LandingReceipt> PublishAsync(CancellationToken cancellation) =>
            target.GuardedAsync(order, () => target.PublishAsync(temp, order, cancellation));

        public ValueTask DisposeAsync()
        {
            temp.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class PublishedFile(string path, CommitRecord record) : IPublishedRows
    {
        public string Pull => record.Stamp.Pull;

        public TableSchema Schema => record.Schema;

        public IEnumerable<RowBatch> Read() => LandedFile.Read(path, record.Schema);

        public void Dispose()
        {
        }
    }
}

/// <summary>What a local Parquet target needs from outside.</summary>
/// <param name="Time">Clock for waiting.</param>
/// <param name="LockWait">How long to wait for the dataset's lock.</param>
/// <param name="Warn">Takes one sentence that a person should read.</param>
internal sealed record LocalParquetTargetOptions(TimeProvider Time, TimeSpan LockWait, Action<string> Warn);
