using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Simulation;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>What a store shows of a window.</summary>
internal sealed record Shown(string Pull, long Fence, string Hash, IReadOnlyList<(string Id, long Plays)> Rows, IStagedPull Staged)
{
    /// <summary>The pull that the record beside the rows names.</summary>
    public string RecordedPull { get; init; } = Pull;

    /// <summary>Changes with every commit.</summary>
    public int Version { get; init; }
}

/// <summary>A server that holds published windows and what is prepared for them.</summary>
internal sealed class SimStore(string name, Judge judge)
{
    private readonly Dictionary<WindowKey, Shown> _shown = [];

    public string Name => name;

    public Judge Judge => judge;

    public Dictionary<string, (WindowKey Key, IStagedPull Staged)> Prepared { get; } = new(StringComparer.Ordinal);

    public Shown? Find(WindowKey key) => _shown.GetValueOrDefault(key);

    public void Show(WindowKey key, Shown shown)
    {
        var before = Find(key);
        _shown[key] = shown = shown with { Version = (before?.Version ?? 0) + 1 };
        judge.Publishing(this, key, before, shown);
    }

    /// <summary>For faults that leave a window in pieces: puts it there without a look.</summary>
    public void Put(WindowKey key, Shown shown) => _shown[key] = shown;
}

/// <summary>What both kinds of target have in common.</summary>
internal abstract class SimTarget(string kind, SimStore store, SimLink link, SimProcess process) : ITarget
{
    protected SimStore Store => store;

    protected SimLink Link => link;

    protected SimProcess Process => process;

    public string Kind => kind;

    public string Name => store.Name;

    public string Locate(WindowKey key, Window window) => $"{store.Name}/{key.Label}";

    public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        process.RequireLife();
        await link.CallAsync(process, $"prepare {order.Key.Label} at {store.Name}", () => { store.Prepared[order.Stamp.Pull] = (order.Key, staged); }, cancellation).ConfigureAwait(false);
        return new Landing(this, order);
    }

    public async Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) =>
        await LookAsync(key, cancellation).ConfigureAwait(false) is { } shown ? new PublishedPull(shown.Pull, shown.Fence, shown.Rows.Count, shown.Hash) : null;

    public async Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) =>
        await LookAsync(key, cancellation).ConfigureAwait(false) is { } shown ? new PublishedRows(shown) : null;

    /// <summary>Removes what earlier runs prepared, where a store can: blocks of a blob stay until a list is committed.</summary>
    public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => link.CallAsync(process, $"sweep {key.Label} at {store.Name}", () =>
    {
        if (kind != "table") return;
        foreach (var pull in store.Prepared.Where(p => p.Value.Key == key).Select(p => p.Key).ToList()) store.Prepared.Remove(pull);
    }, cancellation);

    protected Task<Shown?> LookAsync(WindowKey key, CancellationToken cancellation) => link.CallAsync(process, $"look at {key.Label} at {store.Name}", () => store.Find(key), cancellation);

    /// <summary>Shows the prepared rows; null when it is not known whether it did.</summary>
    protected abstract Task<LandingOutcome?> TryPublishAsync(LandingOrder order, CancellationToken cancellation);

    protected LandingOutcome Refuse(LandingOrder order)
    {
        store.Judge.Refusing(store, order.Stamp.Pull);
        return LandingOutcome.Superseded;
    }

    protected Shown Rows(LandingOrder order)
    {
        if (!store.Prepared.TryGetValue(order.Stamp.Pull, out var prepared))
            throw new EtlException(FaultKind.Window, $"What was prepared for '{order.Key.Label}' is gone.") { Code = "staging-lost", IsTransient = true };
        var rows = new List<(string, long)>();
        foreach (var batch in prepared.Staged.Read())
        {
            var (id, plays) = (batch.Schema.Columns.Count - 2, batch.Schema.Columns.Count - 1);
            for (var row = 0; row < batch.RowCount; row++) rows.Add((System.Text.Encoding.UTF8.GetString(batch.Text(id)[row]), batch.Fixed<long>(plays).Values[row]));
        }
        return new Shown(order.Stamp.Pull, order.Stamp.Fence, order.Stamp.ContentHash, rows, prepared.Staged);
    }

    protected static void CheckBase(LandingOrder order, Shown? shown)
    {
        if (order.Restatement is { } difference && difference.PreviousPull != shown?.Pull)
            throw new EtlException(FaultKind.Window, "Another pull is shown than the difference starts from.") { Code = "restatement-base", IsTransient = true };
    }

    private async Task<LandingReceipt> PublishAsync(LandingOrder order, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            if (await TryPublishAsync(order, cancellation).ConfigureAwait(false) is { } outcome) return Receipt(outcome);
            var shown = await LookAsync(order.Key, cancellation).ConfigureAwait(false);
            if (shown?.Pull == order.Stamp.Pull) return Receipt(LandingOutcome.Landed);
            if (shown?.Fence > order.Stamp.Fence) return Receipt(Refuse(order));
        }
        throw new EtlException(FaultKind.Window, $"It is not known whether '{order.Key.Label}' was published at '{store.Name}'.") { Code = "unclear", IsTransient = true };

        LandingReceipt Receipt(LandingOutcome outcome) => new(outcome, store.Name, order.Stamp.Rows, null);
    }

    private sealed class Landing(SimTarget target, LandingOrder order) : IPreparedLanding
    {
        public Task<LandingReceipt> PublishAsync(CancellationToken cancellation) => target.PublishAsync(order, cancellation);

        public ValueTask DisposeAsync()
        {
            // Its answer is of no use to anybody.
            if (!target.Process.IsDead) _ = target.Link.CallAsync(target.Process, "drop", () => { target.Store.Prepared.Remove(order.Stamp.Pull); }, default);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class PublishedRows(Shown shown) : IPublishedRows
    {
        public string Pull => shown.Pull;

        public TableSchema Schema => shown.Staged.Schema;

        public IEnumerable<RowBatch> Read() => shown.Staged.Read();

        public void Dispose()
        {
        }
    }
}

/// <summary>Like a table: one transaction compares the fence and replaces the rows and the record of them. What a client never heard of may have been committed.</summary>
internal sealed class SimTable(SimStore store, SimLink link, SimProcess process, Planted planted) : SimTarget("table", store, link, process)
{
    protected override async Task<LandingOutcome?> TryPublishAsync(LandingOrder order, CancellationToken cancellation)
    {
        if (planted == Planted.LedgerBeforeCommit)
        {
            var rows = Rows(order);
            Process.World.After(TimeSpan.FromMinutes(2), Process, () => Store.Show(order.Key, rows));
            return LandingOutcome.Landed;
        }
        try
        {
            var outcome = await Link.CallAsync(Process, $"commit {order.Key.Label} at {Store.Name}", () => Commit(order), cancellation).ConfigureAwait(false);
            if (planted == Planted.RecordInAnotherTransaction && outcome == LandingOutcome.Landed)
                await Link.CallAsync(Process, "record", () => { if (Store.Find(order.Key) is { } shown && shown.Pull == order.Stamp.Pull) Store.Put(order.Key, shown with { RecordedPull = shown.Pull }); }, cancellation).ConfigureAwait(false);
            return outcome;
        }
        catch (EtlException e) when (e.Code == "away")
        {
            return planted == Planted.RetryOfUnknownCommit ? await Link.CallAsync(Process, $"commit {order.Key.Label} again", () => Commit(order), cancellation).ConfigureAwait(false) : null;
        }
    }

    private LandingOutcome Commit(LandingOrder order)
    {
        var shown = Store.Find(order.Key);
        if (shown?.Pull == order.Stamp.Pull && planted != Planted.RetryOfUnknownCommit) return LandingOutcome.AlreadyLanded;
        if (shown?.Fence > order.Stamp.Fence && planted != Planted.NoFenceCompare) return Refuse(order);
        CheckBase(order, shown);
        var rows = Rows(order);
        if (planted == Planted.RetryOfUnknownCommit && shown?.Pull == order.Stamp.Pull) rows = rows with { Rows = [.. shown.Rows, .. rows.Rows] };
        if (planted == Planted.RecordInAnotherTransaction) Store.Put(order.Key, rows with { RecordedPull = shown?.RecordedPull ?? "none" });
        else Store.Show(order.Key, rows);
        return LandingOutcome.Landed;
    }
}

/// <summary>Like a blob: look, compare, and commit on the version that was looked at. A conflict may be one's own commit whose reply was lost.</summary>
internal sealed class SimBlob(SimStore store, SimLink link, SimProcess process, Planted planted) : SimTarget("parquet", store, link, process)
{
    protected override async Task<LandingOutcome?> TryPublishAsync(LandingOrder order, CancellationToken cancellation)
    {
        var looked = await LookAsync(order.Key, cancellation).ConfigureAwait(false);
        if (looked?.Pull == order.Stamp.Pull) return LandingOutcome.AlreadyLanded;
        if (looked?.Fence > order.Stamp.Fence && planted != Planted.NoFenceCompare) return Refuse(order);
        CheckBase(order, looked);
        try
        {
            return await Link.CallAsync<LandingOutcome?>(Process, $"commit {order.Key.Label} at {Store.Name}", () =>
            {
                // 412, or 409 where nothing was: it says nothing about whose commit came between.
                if (Store.Find(order.Key)?.Version != looked?.Version && planted != Planted.NoFenceCompare) return null;
                Store.Show(order.Key, Rows(order));
                return LandingOutcome.Landed;
            }, cancellation).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code == "away")
        {
            return null;
        }
    }
}
