using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Fences;
using Etl.Landing.Sql.Deriving;
using Etl.Landing.Sql.Modes;

namespace Etl.Landing.Sql;

/// <summary>
/// A table of a database. Publishing is ONE transaction in every mode and on every database: 1 begin; 2 take the lock; 3 read
/// <c>etl_landing</c> and compare fences; 4 let the rows in as the mode says; 5 count them; 6 record the landing; 7 write lineage and what was
/// restated, and make what
/// <c>derive:</c> makes of the rows; 8 commit. A reader on another connection sees the old rows until the commit and the new ones after it.
/// </summary>
internal sealed partial class SqlTableTarget : ITarget
{
    /// <summary>How often a transaction is tried that a database chose as a deadlock's victim.</summary>
    private const int DeadlockTries = 5;

    /// <summary>How often the table is made to fit before rows are staged, when others change it at the same time.</summary>
    private const int FitTries = 20;

    private readonly SqlWarehouse _warehouse;
    private readonly SqlTable _named;
    private readonly IReadOnlyList<string> _key;
    private readonly LandMode _mode;
    private readonly TimeProvider _time;
    private readonly DerivedTables _derived;

    /// <summary>Makes the target.</summary>
    /// <param name="warehouse">The database.</param>
    /// <param name="land">The item of the job.</param>
    /// <param name="time">The clock.</param>
    /// <param name="tell">Takes a derived table that waits for others, and a sentence that says so; whoever tells people says it once.</param>
    /// <exception cref="EtlException">The table's name is not possible here, or the mode needs a key.</exception>
    public SqlTableTarget(SqlWarehouse warehouse, TableLandSpec land, TimeProvider time, Action<string, string>? tell = null)
    {
        _warehouse = warehouse;
        _named = SqlNames.Table(land.Table, warehouse.Dialect);
        _key = land.Key;
        _mode = land.Mode;
        _time = time;
        _derived = new DerivedTables(DeriveStep.Of(land, warehouse.Dialect), tell ?? ((_, _) => { }));
        Name = SqlNames.TargetName(land);
        if (ComparesKeys && _key.Count == 0)
            throw new EtlException(
                FaultKind.Usage, $"Mode '{SqlModes.Word(_mode)}' of table '{land.Table}' compares rows by their key. Add 'key: [_window, object_id]' to the job, for example.")
                { Code = "mode-key" };
        if (ComparesKeys && _key.FirstOrDefault(k => k is "_pull" or "_pulled_at") is { } each)
            throw new EtlException(
                FaultKind.Usage, $"Mode '{SqlModes.Word(_mode)}' of table '{land.Table}' cannot compare rows by '{each}', which every pull has anew. Take it out of 'key' in the job.")
                { Code = "mode-key" };
    }

    /// <inheritdoc/>
    public string Kind => "table";

    /// <inheritdoc/>
    public string Name { get; }

    private bool ComparesKeys => _mode is LandMode.Merge or LandMode.History;

    /// <inheritdoc/>
    public string Locate(WindowKey key, Window window) => _named.ToString();

    /// <inheritdoc/>
    public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (order.Stamp.Pull != staged.Stamp.Pull)
            throw new ArgumentException($"The order is for pull '{order.Stamp.Pull}', the staged pull is '{staged.Stamp.Pull}'.", nameof(staged));
        var stage = await GuardedAsync($"bring window '{order.Key}' to table '{_named}'", () => StageAsync(order, staged, cancellation), cancellation);
        return new Prepared(this, order, staged, stage);
    }

    /// <inheritdoc/>
    public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) =>
        GuardedAsync($"read what table '{_named}' has of window '{key}'", () => FindAsync(key, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) =>
        ComparesKeys
            ? Task.FromResult<IPublishedRows?>(null)
            : GuardedAsync($"read the rows that table '{_named}' has of window '{key}'", () => OpenAsync(key, cancellation), cancellation);

    /// <inheritdoc/>
    public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) =>
        !_warehouse.Exists
            ? Task.CompletedTask
            : GuardedAsync<object?>(
                $"remove what dead landings of window '{key}' left beside table '{_named}'",
                async () =>
                {
                    await _warehouse.SweepAsync(_named, key, cancellation);
                    return null;
                },
                cancellation);

    /// <summary>Makes the table fit in a transaction of its own, where the database wants it so, and brings the rows.</summary>
    private async Task<Staged> StageAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (_warehouse.FitsWhilePublishing)
        {
            var later = new SqlStageOrder(_named, LandedRows.None(_named, staged.Schema), !ComparesKeys, order.Key.ToString(), order.Stamp.Pull, (_, _) => Task.FromResult(true));
            return new Staged((await _warehouse.StageAsync(later, cancellation))!, Rows: null);
        }
        for (var attempt = 1; ; attempt++)
        {
            var shape = await FitAsync(order, staged, cancellation);
            Failpoint.Hit("table.shaped");
            var rows = RowsOf(order, staged, shape);
            var stage = await _warehouse.StageAsync(
                new SqlStageOrder(shape.Table, rows, !ComparesKeys, order.Key.ToString(), order.Stamp.Pull, (session, token) => StaysAsync(session, shape, token)), cancellation);
            if (stage is not null) return new Staged(stage, rows);
            if (attempt == FitTries)
                throw new EtlException(
                    FaultKind.Window, $"Could not bring window '{order.Key}' to table '{_named}': others kept changing its columns. Nothing was changed; run the window again.")
                    { Code = "shape-changed", IsTransient = true };
        }
    }

    private async Task<SqlTableShape> FitAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var session = await _warehouse.BeginAsync(cancellation);
                var table = await _warehouse.ResolveAsync(session, _named, cancellation);
                await _warehouse.LockShapeAsync(session, table, cancellation);
                var shape = await FitAsync(session, table, order, staged, cancellation);
                await session.CommitAsync(cancellation);
                return shape;
            }
            catch (Exception fault) when (attempt < FitTries && (_warehouse.IsDeadlock(fault) || _warehouse.IsLockTimeout(fault)))
            {
                // Readers and landings of other windows go first; nothing is lost by asking again.
            }
        }
    }

    /// <summary>Makes the records and the table and what they lack, in the session's transaction.</summary>
    private async Task<SqlTableShape> FitAsync(SqlSession session, SqlTable table, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var landings = new SqlLandings(session, table);
        await landings.MakeAsync(cancellation);
        if (order.Record is not null) await SqlLineage.MakeAsync(session, table, cancellation);
        await landings.RefuseMixtureAsync(order.Key, cancellation);
        var shape = await SqlTableShape.ReadAsync(session, table, cancellation);
        var (existed, toldAccounts) = (shape.Exists, shape.HasAccount || !shape.Exists);
        var view = _mode == LandMode.Append ? AppendMode.ViewOf(session.Dialect, table) : null;
        var changed = await shape.FitAsync(session, LandedRows.Schema(table.Name, staged.Schema, _mode), _key, _mode, view, cancellation);
        // What was recorded of a table that somebody dropped is not true any more.
        if (!existed) await landings.ForgetAsync(cancellation);
        if (!toldAccounts && shape.HasAccount) await landings.TellAccountsAsync(cancellation);
        if (view is not null && (changed || await _warehouse.LookAsync(session, view, cancellation) == SqlObject.None))
        {
            if (await _warehouse.LookAsync(session, view, cancellation) == SqlObject.Table)
                throw new EtlException(
                    FaultKind.Usage, $"Table '{table}' wants a view '{view}' of its newest pulls, and there is a table of that name. Name another table in the job. Nothing was changed.")
                    { Code = "not-a-view" };
            await AppendMode.MakeViewAsync(session, shape, landings, cancellation);
        }
        await _derived.MakeRecordsAsync(session, table, cancellation);
        if (order.Restatement is not null) await SqlRestatements.FitAsync(session, table, order.Restatement, cancellation);
        return shape;
    }

    private static async Task<bool> StaysAsync(SqlSession session, SqlTableShape shape, CancellationToken cancellation)
    {
        var now = await SqlTableShape.ReadAsync(session, shape.Table, cancellation);
        return now.Columns.SequenceEqual(shape.Columns);
    }

    private SqlRows RowsOf(LandingOrder order, IStagedPull staged, SqlTableShape shape)
    {
        var half = Math.Max(1, order.Stamp.Rows / 2);
        return LandedRows.Of(staged, order, shape, _mode, _key) with
        {
            AfterRow = count =>
            {
                if (count == half) Failpoint.Hit("table.half-inserted");
            },
        };
    }

    private async Task<PublishedPull?> FindAsync(WindowKey key, CancellationToken cancellation)
    {
        if (!_warehouse.Exists) return null;
        await using var session = await _warehouse.BeginReadAsync(cancellation);
        return (await FindAsync(session, key, cancellation))?.Published;
    }

    private async Task<(SqlTable Table, SqlTableShape Shape, SqlLandings Landings, PublishedPull Published)?> FindAsync(
        SqlSession session, WindowKey key, CancellationToken cancellation)
    {
        var table = await _warehouse.ResolveAsync(session, _named, cancellation);
        var landings = new SqlLandings(session, table);
        if (!await landings.ExistAsync(cancellation) || await landings.FindAsync(key, cancellation) is not { } published) return null;
        var shape = await SqlTableShape.ReadAsync(session, table, cancellation);
        return await new SqlWindowRows(session, shape, key).AreThoseOfAsync(published, _mode, cancellation) ? (table, shape, landings, published) : null;
    }

    private async Task<IPublishedRows?> OpenAsync(WindowKey key, CancellationToken cancellation)
    {
        if (!_warehouse.Exists) return null;
        await using var session = await _warehouse.BeginReadAsync(cancellation);
        if (await FindAsync(session, key, cancellation) is not { } found) return null;
        var landed = await found.Landings.ColumnsAsync(key, cancellation);
        return new SqlPublishedRows(_warehouse, found.Shape, key, found.Published.Pull, landed, fault => Explain(fault, $"read the rows that table '{_named}' has of window '{key}'"));
    }

    // SQLite works on the caller's thread whatever its methods are called.
    private Task<T> GuardedAsync<T>(string doing, Func<Task<T>> work, CancellationToken cancellation) => Task.Run(
        async () =>
        {
            try
            {
                return await work();
            }
            catch (Exception fault) when (fault is not (EtlException or OperationCanceledException) && Explain(fault, doing) is { } explained)
            {
                cancellation.ThrowIfCancellationRequested();
                throw explained;
            }
        },
        cancellation);

    private EtlException? Explain(Exception fault, string doing) => _warehouse.Explain(fault, doing);

    /// <summary>Rows that wait; null rows where they are made from the staged file while publishing.</summary>
    private sealed record Staged(SqlStage Stage, SqlRows? Rows);
}
