using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Landing.Stores;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>
/// An object beside the data that grows: it is read, written anew with what is added, and committed on condition that nobody else did so
/// meanwhile; otherwise the same again. One that is damaged is begun anew, with a warning; a readable one that is not ours is refused.
/// </summary>
/// <param name="store">Where it lies.</param>
/// <param name="codec">How its pages are compressed.</param>
/// <param name="warn">Takes one sentence that a person should read.</param>
internal sealed class RewrittenObject(IObjectStore store, ParquetCodec codec, Action<string> warn)
{
    // Windows of one month write one object of lineage, in several processes at worst.
    private const int Attempts = 50;

    /// <summary>Changes the object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="order">The landing that changes it: its key, stamp and fence go into the record.</param>
    /// <param name="change">Says what to write in place of what is there (null where nothing is); null leaves it as it is. Asked again when somebody else was faster.</param>
    /// <param name="cancellation">Ends the call; not looked at while the outcome is being decided.</param>
    /// <exception cref="EtlException">The store failed, or others changed the object all the time.</exception>
    public async Task ChangeAsync(string name, LandingOrder order, Func<ThereAlready?, NewContent?> change, CancellationToken cancellation)
    {
        var doing = $"write what belongs to window '{order.Key}'";
        try
        {
            string? damaged = null;
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                using var opened = await store.OpenAsync(name, cancellation);
                try
                {
                    if (await TryAsync(opened, opened is not null && opened.Info.Version == damaged)) return;
                }
                catch (ParquetFormatException) when (opened is not null && opened.Info.Version != damaged)
                {
                    // Behind a good footer. What somebody else put in its place meanwhile need not be.
                    damaged = opened.Info.Version;
                }
                catch (Exception fault) when (store.Explain(fault, doing, name)?.Code == StoreCode.Replaced)
                {
                    // Somebody else was faster while it was being read.
                }
            }
        }
        catch (Exception fault) when (store.Explain(fault, doing, name) is { } explained)
        {
            throw explained;
        }
        throw new EtlException(
            FaultKind.Window, $"Could not {doing} at '{store.Locate(name)}': others changed it {Attempts} times in a row. Run the window again.")
            { Code = "contended", IsTransient = true };

        async Task<bool> TryAsync(OpenedObject? opened, bool isDamaged)
        {
            var file = await Task.Run(() => LandedFile.Look(opened?.Content), cancellation);
            if (file.Condition == FileCondition.Foreign) throw Foreign(name, file.Why);
            isDamaged |= file.Condition == FileCondition.Damaged;
            var there = file.Record is { } record && !isDamaged ? new ThereAlready(record, () => LandedFile.Read(opened!.Content, record.Schema)) : null;
            if (await Task.Run(() => change(there), cancellation) is not { } content) return true;
            await using var staged = await store.StageAsync(name, new StagedBy(order.Stamp.Fence, order.Stamp.Pull), CommitFacts.Of(order), cancellation);
            await Task.Run(() => Write(staged.Content, order, content, cancellation), cancellation);
            await staged.SealAsync(cancellation);
            if (await staged.CommitAsync(opened?.Info.Version, cancellation) != CommitOutcome.Committed) return false;
            if (isDamaged) warn($"The file '{store.Locate(name)}' was damaged; it was begun anew with what window '{order.Key}' landed now.");
            await store.SweepAsync(name, order.Stamp.Fence, cancellation);
            return true;
        }
    }

    private void Write(Stream output, LandingOrder order, NewContent content, CancellationToken cancellation)
    {
        using var writer = new ParquetWriter(output, ParquetRows.Schema(content.Schema), new ParquetWriterOptions { Codec = codec });
        var hasher = new ContentHasher();
        foreach (var batch in content.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            if (batch.RowCount == 0) continue;
            ParquetRows.Write(writer, batch);
            hasher.Add(batch);
        }
        var stamp = order.Stamp with { Rows = hasher.Rows, ContentHash = hasher.Current() };
        writer.Complete(new CommitRecord(order.Key, order.Window.From, order.Window.To, stamp, content.Schema).ToMetadata());
    }

    private EtlException Foreign(string name, string why) => new(
        FaultKind.Window, $"'{store.Locate(name)}' is a Parquet file that this build must not replace ({why}). Move it away, or name another dataset in the job.")
        { Code = "foreign-file" };
}

/// <summary>An object as it was found.</summary>
/// <param name="Record">What it says of itself: the landing that wrote it last.</param>
/// <param name="Read">Reads its rows from the start; each batch is valid until the next.</param>
internal sealed record ThereAlready(CommitRecord Record, Func<IEnumerable<RowBatch>> Read);

/// <summary>What an object is to hold.</summary>
/// <param name="Schema">Its columns.</param>
/// <param name="Rows">Its rows, read once; each batch is valid until the next.</param>
internal sealed record NewContent(TableSchema Schema, IEnumerable<RowBatch> Rows);
