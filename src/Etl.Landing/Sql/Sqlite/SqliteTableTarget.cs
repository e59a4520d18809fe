using Dapper;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Fences;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// A table of an SQLite file. A landing is ONE transaction: take the write lock, compare fences, delete the window,
/// insert the pull, count it, record it in <c>etl_landing</c>, commit. A reader on another connection sees the old rows
/// until the commit and the new ones after it; nothing temporary exists.
/// </summary>
internal sealed class SqliteTableTarget : ITarget
{
    private readonly SqliteDatabase _database;
    private readonly string _table;
    private readonly IReadOnlyList<string> _key;
    private readonly TimeProvider _time;

    /// <exception cref="EtlException">The table's name or the mode is not possible here.</exception>
    public SqliteTableTarget(SqliteDatabase database, TableLandSpec land, TimeProvider time)
    {
        if (land.Mode != LandMode.ReplaceWindow)
            throw new EtlException(
                FaultKind.Usage,
                $"Mode '{land.Mode}' of table '{land.Table}' is not in this build; only 'replace-window' is. Change 'mode' in the job.") { Code = "mode" };
        _database = database;
        _table = SqlNames.CheckTable(land.Table);
        _key = land.Key;
        _time = time;
        Name = SqlNames.TargetName(land);
    }

    /// <inheritdoc/>
    public string Kind => "table";

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Locate(WindowKey key, Window window) => _table;

    /// <inheritdoc/>
    /// <remarks>Nothing is written: the staged file waits on the same disk, and the one transaction of the landing reads it.</remarks>
    public Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (order.Stamp.Pull != staged.Stamp.Pull)
            throw new ArgumentException($"The order is for pull '{order.Stamp.Pull}', the staged pull is '{staged.Stamp.Pull}'.", nameof(staged));
        return Task.FromResult<IPreparedLanding>(new Prepared(this, order, staged));
    }

    /// <inheritdoc/>
    public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) => Task.FromResult<IPublishedRows?>(null);

    /// <inheritdoc/>
    public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) =>
        Task.Run(() => Guarded($"read what table '{_table}' has of window '{key}'", () => Find(key)), cancellation);

    /// <inheritdoc/>
    /// <remarks>Nothing to do: what a dead landing wrote went with its transaction.</remarks>
    public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => Task.CompletedTask;

    private LandingReceipt Land(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        using var connection = _database.Open();
        var transaction = SqliteDatabase.Begin(connection, cancellation);
        try
        {
            return Land(connection, transaction, order, staged, cancellation);
        }
        finally
        {
            SqliteDatabase.End(transaction);
        }
    }

    private LandingReceipt Land(
        SqliteConnection connection, SqliteTransaction transaction, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        Failpoint.Hit("table.begin");
        var landings = new SqliteLandings(connection, _table);
        landings.Make();
        var shape = SqliteTableShape.Read(connection, _table);

        var published = landings.Find(order.Key);
        var rows = new SqliteWindowRows(connection, shape, order.Key);
        switch (Fencing.Refuse(published, order.Stamp))
        {
            // A record whose rows were meddled with is not trusted: the same pull lands again.
            case LandingOutcome.AlreadyLanded when rows.AreThoseOf(published!):
                return new LandingReceipt(LandingOutcome.AlreadyLanded, _table, published!.Rows, Bytes: null);
            case LandingOutcome.Superseded:
                return new LandingReceipt(LandingOutcome.Superseded, _table, published!.Rows, Bytes: null);
        }

        landings.RefuseMixture(order.Key);
        var toldAccounts = shape.HasAccount || !shape.Exists;
        shape.Fit(connection, staged.Schema, _key);
        if (!toldAccounts && shape.HasAccount) landings.TellAccounts();
        rows.Delete();
        Failpoint.Hit("table.deleted");
        Insert(connection, shape, order, staged, cancellation);
        Failpoint.Hit("table.inserted");
        if (rows.Count(order.Stamp.Pull) is var counted && counted != order.Stamp.Rows)
            throw new EtlException(
                FaultKind.Window,
                $"Could not land window '{order.Key}' in table '{_table}': pull '{order.Stamp.Pull}' has {order.Stamp.Rows} rows, {counted} arrived. "
                + "Nothing was changed; run the window again.") { Code = "row-count" };
        landings.Record(order.Key, shape.HasAccount, order.Stamp, _time.GetUtcNow());
        Failpoint.Hit("table.recorded");
        cancellation.ThrowIfCancellationRequested();
        transaction.Commit();
        Failpoint.Hit("table.committed");
        return new LandingReceipt(LandingOutcome.Landed, _table, order.Stamp.Rows, Bytes: null);
    }

    private static void Insert(
        SqliteConnection connection, SqliteTableShape shape, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var fill = shape.HasAccount && staged.Schema.IndexOf(SystemColumns.Account.Name) < 0 ? order.Key.Account : null;
        var half = Math.Max(1, order.Stamp.Rows / 2);
        using var insert = new SqliteInsert(connection, shape.Table, staged.Schema, fill);
        foreach (var batch in staged.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            insert.Add(batch, afterRow: count =>
            {
                if (count == half) Failpoint.Hit("table.half-inserted");
            });
        }
    }

    private PublishedPull? Find(WindowKey key)
    {
        if (!_database.Exists) return null;
        using var connection = _database.Open();
        using var snapshot = connection.BeginTransaction(deferred: true);
        if (!SqliteLandings.Exist(connection)) return null;
        var published = new SqliteLandings(connection, _table).Find(key);
        if (published is null) return null;
        var rows = new SqliteWindowRows(connection, SqliteTableShape.Read(connection, _table), key);
        return rows.AreThoseOf(published) ? published : null;
    }

    private T Guarded<T>(string doing, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException fault)
        {
            throw _database.Explain(fault, doing);
        }
    }

    private sealed class Prepared(SqliteTableTarget target, LandingOrder order, IStagedPull staged) : IPreparedLanding
    {
        public async Task<LandingReceipt> PublishAsync(CancellationToken cancellation)
        {
            using var turn = await target._database.TurnAsync(cancellation);
            return await Task.Run(
                () => target.Guarded($"land window '{order.Key}' in table '{target._table}'", () => target.Land(order, staged, cancellation)), cancellation);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
