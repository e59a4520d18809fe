using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Landing.Fences;
using Etl.Landing.Sql.Modes;

namespace Etl.Landing.Sql;

internal sealed partial class SqlTableTarget
{
    private async Task<LandingReceipt> PublishAsync(LandingOrder order, IStagedPull staged, Staged waiting, CancellationToken cancellation)
    {
        Failpoint.Hit("table.prepared");
        await using var session = await waiting.Stage.BeginAsync(cancellation);
        Failpoint.Hit("table.begin");
        var table = await _warehouse.ResolveAsync(session, _named, cancellation);
        await _derived.LockAsync(session, table, cancellation);
        await _warehouse.LockAsync(session, table, ComparesKeys ? null : order.Key, cancellation);
        Failpoint.Hit("table.locked");
        var landings = new SqlLandings(session, table);
        if (_warehouse.FitsWhilePublishing) await landings.MakeAsync(cancellation);

        var published = await landings.FindAsync(order.Key, cancellation);
        var shape = await SqlTableShape.ReadAsync(session, table, cancellation);
        var window = new SqlWindowRows(session, shape, order.Key);
        switch (Fencing.Refuse(published, order.Stamp))
        {
            // A record whose rows were meddled with is not trusted: the same pull lands again.
            case LandingOutcome.AlreadyLanded when await window.AreThoseOfAsync(published!, _mode, cancellation):
                return new LandingReceipt(LandingOutcome.AlreadyLanded, Locate(order.Key, order.Window), published!.Rows, Bytes: null);
            case LandingOutcome.Superseded:
                return new LandingReceipt(LandingOutcome.Superseded, Locate(order.Key, order.Window), published!.Rows, Bytes: null);
        }
        if (order.Restatement is { } restated && published?.Pull != order.Stamp.Pull) SqlRestatements.CheckBase(restated, order, table, published);
        Failpoint.Hit("table.compared");

        if (_warehouse.FitsWhilePublishing) shape = await FitAsync(session, table, order, staged, cancellation);
        var rows = waiting.Rows ?? RowsOf(order, staged, shape);
        var counted = await ApplyAsync(session, shape, landings, waiting.Stage, rows, order, cancellation);
        if (counted != order.Stamp.Rows)
            throw new EtlException(
                FaultKind.Window,
                $"Could not land window '{order.Key}' in table '{_named}': pull '{order.Stamp.Pull}' has {order.Stamp.Rows} rows, {counted} arrived. "
                + "Nothing was changed; run the window again.") { Code = "row-count" };
        Failpoint.Hit("table.counted");
        await landings.RecordAsync(order.Key, order.Window.From, shape.HasAccount, order.Stamp, staged.Schema, _time.GetUtcNow(), cancellation);
        Failpoint.Hit("table.recorded");
        if (order.Record is { } record) await SqlLineage.PutAsync(session, table, record, order.Window, _time.GetUtcNow(), cancellation);
        if (order.Restatement is { } restatement) await SqlRestatements.PutAsync(session, table, order, restatement, cancellation);
        Failpoint.Hit("table.traced");
        await _derived.MakeAsync(session, table, Doing(order), _time.GetUtcNow(), cancellation);
        await waiting.Stage.ClearAsync(session, cancellation);
        cancellation.ThrowIfCancellationRequested();
        await session.CommitAsync(cancellation);
        Failpoint.Hit("table.committed");
        return new LandingReceipt(LandingOutcome.Landed, Locate(order.Key, order.Window), order.Stamp.Rows, Bytes: null);
    }

    /// <summary>Lets the rows in as the mode says; how many of the pull's are there then.</summary>
    private async Task<long> ApplyAsync(
        SqlSession session, SqlTableShape shape, SqlLandings landings, SqlStage stage, SqlRows rows, LandingOrder order, CancellationToken cancellation)
    {
        if (!ComparesKeys)
        {
            var window = new SqlWindowRows(session, shape, order.Key);
            await window.DeleteAsync(order.Stamp.Pull, pullOnly: _mode == LandMode.Append, cancellation);
            Failpoint.Hit("table.deleted");
            await stage.FillAsync(session, rows, cancellation);
            Failpoint.Hit("table.inserted");
            return stage.Loaded ?? await window.CountAsync(order.Stamp.Pull, cancellation);
        }

        var waiting = await stage.TableAsync(session, rows, cancellation);
        Failpoint.Hit("table.inserted");
        var staged = await session.ScalarAsync<long>($"SELECT count(*) FROM {waiting}", null, cancellation);
        if (staged != order.Stamp.Rows) return staged;
        if (_mode == LandMode.Merge)
        {
            await MergeMode.ApplyAsync(session, shape, landings, waiting, rows, order, cancellation);
            return await MergeMode.CountAsync(session, shape, waiting, order, cancellation);
        }
        await HistoryMode.ApplyAsync(session, shape, landings, waiting, rows, order, cancellation);
        return await HistoryMode.CountAsync(session, shape, waiting, order, cancellation);
    }

    /// <summary>
    /// The pull was published before, and so were its rows. What the order brings of lineage is written all the same, in a transaction of its own:
    /// the one that found out may hold the rows a second time and was given up.
    /// </summary>
    private async Task TraceAsync(LandingOrder order, CancellationToken cancellation)
    {
        await using var session = await _warehouse.BeginAsync(cancellation);
        var table = await _warehouse.ResolveAsync(session, _named, cancellation);
        await _warehouse.LockAsync(session, table, ComparesKeys ? null : order.Key, cancellation);
        if (_warehouse.FitsWhilePublishing) await SqlLineage.MakeAsync(session, table, cancellation);
        if ((await new SqlLandings(session, table).FindAsync(order.Key, cancellation))?.Pull != order.Stamp.Pull) return;
        await SqlLineage.PutAsync(session, table, order.Record!, order.Window, _time.GetUtcNow(), cancellation);
        await session.CommitAsync(cancellation);
    }

    private string Doing(LandingOrder order) => $"land window '{order.Key}' in table '{_named}'";

    private sealed class Prepared(SqlTableTarget target, LandingOrder order, IStagedPull staged, Staged waiting) : IPreparedLanding
    {
        private Staged? _waiting = waiting;

        public async Task<LandingReceipt> PublishAsync(CancellationToken cancellation)
        {
            using var turn = await target._warehouse.TurnAsync(cancellation);
            return await target.GuardedAsync(target.Doing(order), () => PublishWithRetriesAsync(cancellation), cancellation);
        }

        public ValueTask DisposeAsync() => EndAsync();

        private async Task<LandingReceipt> PublishWithRetriesAsync(CancellationToken cancellation)
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    // Published once, the rows are gone from where they waited: again means from the staged file.
                    _waiting ??= await target.StageAsync(order, staged, cancellation);
                    var receipt = await target.PublishAsync(order, staged, _waiting, cancellation);
                    if (receipt.Outcome == LandingOutcome.AlreadyLanded && order.Record is not null) await target.TraceAsync(order, cancellation);
                    return receipt;
                }
                catch (Exception fault) when (attempt < DeadlockTries && target._warehouse.IsDeadlock(fault))
                {
                    // A deadlock's victim was rolled back whole, and the other one is through.
                }
                finally
                {
                    await EndAsync();
                }
            }
        }

        private async ValueTask EndAsync()
        {
            if (_waiting is { } ended)
            {
                _waiting = null;
                await ended.Stage.DisposeAsync();
            }
        }
    }
}
