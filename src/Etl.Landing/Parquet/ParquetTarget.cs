using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Fences;
using Etl.Landing.Stores;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>
/// A Parquet dataset in a store, one object per window. A landing:
/// 1. stage the pull under the window's name, where no reader meets it;
/// 2. look at the published footer and compare fences;
/// 3. write what the pull restates (<see cref="ParquetRestatements"/>), then commit, on condition that what was looked at is still there; otherwise 2 again, or 1 when
/// the staged bytes were swept;
/// 4. write lineage (<see cref="ParquetLineage"/>).
/// A published object that cannot be read (damaged) counts as nothing published: it blocks no run and is replaced, with a
/// warning. A readable one that is not ours is never replaced.
/// </summary>
internal sealed class ParquetTarget : ITarget
{
    /// <summary>How often a landing looks and commits, and a reader looks, while others keep changing what is there.</summary>
    private const int Attempts = 10;

    private readonly IObjectStore _store;
    private readonly DatasetLayout _layout;
    private readonly ParquetCodec _codec;
    private readonly Action<string> _warn;
    private readonly ParquetRestatements _restatements;
    private readonly ParquetLineage _lineage;

    /// <summary>Makes the target.</summary>
    /// <param name="store">Where the dataset lies, as the folder of its name.</param>
    /// <param name="land">Its item in the job.</param>
    /// <param name="severalAccounts">True when windows of several accounts lie in it.</param>
    /// <param name="warn">Takes one sentence that a person should read.</param>
    /// <param name="time">Says when a window landed.</param>
    /// <exception cref="EtlException">The dataset's name or the codec is not possible.</exception>
    public ParquetTarget(IObjectStore store, ParquetLandSpec land, bool severalAccounts, Action<string> warn, TimeProvider? time = null)
    {
        Name = NameOf(land);
        _store = store;
        _layout = new DatasetLayout(store, land.Dataset, severalAccounts);
        _codec = land.Codec switch
        {
            "snappy" => ParquetCodec.Snappy,
            "gzip" => ParquetCodec.Gzip,
            "none" => ParquetCodec.None,
            _ => throw new EtlException(FaultKind.Usage, $"Codec '{land.Codec}' of dataset '{land.Dataset}' is not known; use 'snappy', 'gzip' or 'none'.") { Code = "codec" },
        };
        _warn = warn;
        _restatements = new ParquetRestatements(store, land.Dataset, severalAccounts, _codec, warn);
        _lineage = new ParquetLineage(store, land.Dataset, severalAccounts, time ?? TimeProvider.System, warn);
    }

    /// <inheritdoc/>
    public string Kind => "parquet";

    /// <inheritdoc/>
    public string Name { get; }

    public static string NameOf(ParquetLandSpec land) =>
        land.Store is null ? $"parquet:{land.Dataset}" : $"parquet:{land.Store}/{land.Dataset}";

    /// <inheritdoc/>
    public string Locate(WindowKey key, Window window) => _store.Locate(_layout.NameOf(key, window));

    /// <inheritdoc/>
    public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (order.Stamp.Pull != staged.Stamp.Pull)
            throw new ArgumentException($"The order is for pull '{order.Stamp.Pull}', the staged pull is '{staged.Stamp.Pull}'.", nameof(staged));
        var name = _layout.NameOf(order.Key, order.Window);
        return await GuardedAsync($"land window '{order.Key}'", name, async () =>
        {
            await _layout.RefuseMixtureAsync(order.Key, order.Window, cancellation);
            return new PreparedObject(this, name, order, staged, await StageAsync(name, order, staged, cancellation));
        });
    }

    /// <inheritdoc/>
    public async Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation)
    {
        var name = _layout.NameOf(key, window);
        var doing = ReadingOf(key);
        return await GuardedAsync(doing, name, async () =>
        {
            var (opened, file) = await LookAsync(name, cancellation);
            if (opened is not null && PublishedIn(file, key) is not null) return new PublishedObject(opened, file.Record!, fault => _store.Explain(fault, doing, name));
            opened?.Dispose();
            return null;
        });
    }

    /// <inheritdoc/>
    public async Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation)
    {
        var name = _layout.NameOf(key, window);
        return await GuardedAsync(ReadingOf(key), name, async () =>
        {
            var (opened, file) = await LookAsync(name, cancellation);
            opened?.Dispose();
            return PublishedIn(file, key);
        });
    }

    /// <inheritdoc/>
    public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation)
    {
        // The caller holds the newest lease, so all that is staged here belongs to a dead or outdated landing.
        var name = _layout.NameOf(key, window);
        return GuardedAsync($"sweep window '{key}'", name, async () =>
        {
            await _store.SweepAsync(name, upToFence: long.MaxValue, cancellation);
            await _store.SweepAsync(_restatements.NameOf(key, window), upToFence: long.MaxValue, cancellation);
            return true;
        });
    }

    /// <summary>Steps 2 to 4.</summary>
    private async Task<LandingReceipt> PublishAsync(PreparedObject prepared, CancellationToken cancellation)
    {
        var (name, order) = (prepared.Name, prepared.Order);
        var outcome = CommitOutcome.Conflict;
        var (unclear, restated) = (false, false);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var (opened, file) = await LookAsync(name, cancellation);
            opened?.Dispose();
            RefuseForeign(file, name, order.Key);
            var published = PublishedIn(file, order.Key);
            if (Fencing.Refuse(published, order.Stamp) is { } refusal)
            {
                // Whoever committed this pull may have died before it was durable.
                await _store.SettleAsync(name, cancellation);
                if (refusal == LandingOutcome.AlreadyLanded)
                {
                    await _store.SweepAsync(name, order.Stamp.Fence, cancellation);
                    if (unclear) refusal = LandingOutcome.Landed;
                    await _lineage.PutAsync(order, cancellation);
                }
                else if (restated) await _restatements.TakeBackAsync(order, cancellation);
                return new LandingReceipt(refusal, _store.Locate(name), published!.Rows, opened!.Info.Bytes);
            }
            Failpoint.Hit("parquet.compared");
            if (!await _restatements.PutAsync(order, published, cancellation))
                return new LandingReceipt(LandingOutcome.Superseded, _store.Locate(name), published!.Rows, opened!.Info.Bytes);
            restated = true;
            Failpoint.Hit("parquet.restated");
            cancellation.ThrowIfCancellationRequested();
            switch (outcome = await prepared.Staged.CommitAsync(opened?.Info.Version, cancellation))
            {
                case CommitOutcome.Committed:
                    if (file.Condition == FileCondition.Damaged)
                        _warn($"The published file '{_store.Locate(name)}' was damaged ({file.Why}); it was replaced by the new pull of window '{order.Key}'.");
                    await _store.SweepAsync(name, order.Stamp.Fence, cancellation);
                    await _lineage.PutAsync(order, cancellation);
                    return new LandingReceipt(LandingOutcome.Landed, _store.Locate(name), order.Stamp.Rows, prepared.Staged.Bytes);
                case CommitOutcome.StagingLost:
                    await prepared.StageAgainAsync(cancellation);
                    break;
                case CommitOutcome.Unclear:
                    unclear = true;
                    break;
                default:
                    break;
            }
        }
        if (outcome == CommitOutcome.Unclear)
            throw new EtlException(
                FaultKind.Window,
                $"Window '{order.Key}' may be published at '{_store.Locate(name)}' or not: {Attempts} commits had no answer, and none of them showed. "
                + "Run the window again: what is published is then read back.") { Code = "unclear", IsTransient = true };
        throw new EtlException(
            FaultKind.Window,
            $"Could not land window '{order.Key}' at '{_store.Locate(name)}': other workers changed it or removed what was staged {Attempts} times in a row. "
            + "Make sure that one job only lands there, then run the window again.") { Code = "contended", IsTransient = true };
    }

    /// <summary>Opens what is published and looks at its footer; again where it was replaced in between.</summary>
    private async Task<(OpenedObject? Opened, LandedFile File)> LookAsync(string name, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var opened = await _store.OpenAsync(name, cancellation);
            try
            {
                // The reader of footers has no asynchronous way, and a store over the network waits.
                return (opened, await Task.Run(() => LandedFile.Look(opened?.Content), cancellation));
            }
            catch (Exception fault)
            {
                opened?.Dispose();
                if (attempt == Attempts || _store.Explain(fault, "read", name)?.Code != StoreCode.Replaced) throw;
            }
        }
    }

    private async Task<IStagedObject> StageAsync(string name, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var content = await _store.StageAsync(name, new StagedBy(order.Stamp.Fence, order.Stamp.Pull), CommitFacts.Of(order), cancellation);
        try
        {
            Failpoint.Hit("parquet.temp-open");
            await Task.Run(() => Write(content.Content, order, staged, cancellation), cancellation);
            await content.SealAsync(cancellation);
            Failpoint.Hit("parquet.temp-synced");
            return content;
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }
    }

    private void Write(Stream output, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (_codec == ParquetCodec.Snappy && staged.Path.Length > 0) StagedCopy.Bytes(order, staged, output, cancellation);
        else StagedCopy.Rows(order, staged, output, _codec, cancellation);
    }

    private async Task<T> GuardedAsync<T>(string doing, string name, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (_store.Explain(fault, doing, name) is not null)
        {
            throw _store.Explain(fault, doing, name)!;
        }
    }

    private void RefuseForeign(LandedFile file, string name, WindowKey key)
    {
        if (file.Condition == FileCondition.Foreign)
            throw new EtlException(
                FaultKind.Window,
                $"Could not land window '{key}': '{_store.Locate(name)}' is a Parquet file that this build must not replace ({file.Why}). "
                + "Move it away, or name another dataset in the job. Nothing was changed.") { Code = "foreign-file" };
    }

    private static string ReadingOf(WindowKey key) => $"read what is published of window '{key}'";

    // A file of another job or account under this name (a job that was renamed) has fences of another count: not comparable.
    private static PublishedPull? PublishedIn(LandedFile file, WindowKey key) =>
        file.Record is { } record && record.Key == key
            ? new PublishedPull(record.Stamp.Pull, record.Stamp.Fence, record.Stamp.Rows, record.Stamp.ContentHash)
            : null;

    private sealed class PreparedObject(ParquetTarget target, string name, LandingOrder order, IStagedPull pull, IStagedObject staged) : IPreparedLanding
    {
        public string Name => name;

        public LandingOrder Order => order;

        public IStagedObject Staged { get; private set; } = staged;

        public async Task StageAgainAsync(CancellationToken cancellation)
        {
            await Staged.DisposeAsync();
            Staged = await target.StageAsync(name, order, pull, cancellation);
        }

        public Task<LandingReceipt> PublishAsync(CancellationToken cancellation) =>
            target.GuardedAsync($"land window '{order.Key}'", name, () => target.PublishAsync(this, cancellation));

        public ValueTask DisposeAsync() => Staged.DisposeAsync();
    }
}
