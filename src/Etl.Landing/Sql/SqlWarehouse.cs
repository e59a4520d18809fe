using System.Data.Common;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Windows;

namespace Etl.Landing.Sql;

/// <summary>
/// A database that tables land in: connections, locks, bulk load and words for its faults. One instance per target; used by one landing at a
/// time. Nothing here ever shows a connection string.
/// </summary>
internal abstract class SqlWarehouse
{
    public abstract SqlDialect Dialect { get; }

    /// <summary>Seconds that one statement may take; 0 for no limit.</summary>
    public abstract int CommandTimeoutSeconds { get; }

    /// <summary>
    /// True when tables are made and grown in the transaction that publishes, under its lock. False when that is done in a short transaction of
    /// its own before the rows are staged; the stage then makes sure that the shape stays.
    /// </summary>
    public abstract bool FitsWhilePublishing { get; }

    /// <summary>False when looking for something is pointless, because there is no database yet.</summary>
    public virtual bool Exists => true;

    /// <summary>Waits until this process may write, where writers of one process had better queue; null where there is no need.</summary>
    public virtual Task<IDisposable?> TurnAsync(CancellationToken cancellation) => Task.FromResult<IDisposable?>(null);

    /// <summary>Opens a connection and begins a transaction that may write. Later statements see what others committed meanwhile.</summary>
    public abstract Task<SqlSession> BeginAsync(CancellationToken cancellation);

    /// <summary>Begins a transaction that reads: all its statements see one state of the database.</summary>
    public abstract Task<SqlSession> BeginReadAsync(CancellationToken cancellation);

    /// <summary>Rolls back what is not committed; never throws over a fault that came before.</summary>
    public abstract ValueTask EndAsync(DbConnection connection, DbTransaction transaction);

    /// <summary>The table with its schema filled in, where the database has schemas.</summary>
    /// <exception cref="EtlException">There is no such schema.</exception>
    public virtual Task<SqlTable> ResolveAsync(SqlSession session, SqlTable table, CancellationToken cancellation) => Task.FromResult(table);

    /// <summary>
    /// Takes the lock until the transaction ends. Whoever publishes a window holds that window's lock (<paramref name="window"/>), or the whole
    /// table's where windows meet each other's rows (null); the two exclude each other.
    /// </summary>
    /// <exception cref="EtlException">Somebody held it too long; transient.</exception>
    public abstract Task LockAsync(SqlSession session, SqlTable table, WindowKey? window, CancellationToken cancellation);

    /// <summary>Lets one transaction at a time make or grow tables like this one. Never the lock of <see cref="LockAsync"/>.</summary>
    public virtual Task LockShapeAsync(SqlSession session, SqlTable table, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>What a name stands for.</summary>
    public abstract Task<SqlObject> LookAsync(SqlSession session, SqlTable table, CancellationToken cancellation);

    /// <summary>Columns of a table in order; empty when there is none.</summary>
    public abstract Task<IReadOnlyList<SqlColumn>> ColumnsAsync(SqlSession session, SqlTable table, CancellationToken cancellation);

    /// <summary>Names of a table's indexes.</summary>
    public abstract Task<IReadOnlyList<string>> IndexesAsync(SqlSession session, SqlTable table, CancellationToken cancellation);

    /// <summary>True when no other table has an index of this name; where names of indexes are the table's own affair, always.</summary>
    public virtual Task<bool> IsIndexNameFreeAsync(SqlSession session, SqlTable table, string index, CancellationToken cancellation) => Task.FromResult(true);

    /// <summary>Brings a pull's rows to the database, invisible to readers; see <see cref="SqlStage"/>. Null when the table changed since the rows were made for it.</summary>
    public abstract Task<SqlStage?> StageAsync(SqlStageOrder order, CancellationToken cancellation);

    /// <summary>Loads rows into a table inside the session's transaction.</summary>
    public abstract Task InsertAsync(SqlSession session, SqlTable table, SqlRows rows, CancellationToken cancellation);

    /// <summary>
    /// What to call the number by whose order rows lie in a table, where deleting them in another order costs much; null where the engine sees to it itself.
    /// </summary>
    public virtual Task<string?> RowNumberAsync(SqlSession session, SqlTableShape shape, CancellationToken cancellation) => Task.FromResult<string?>(null);

    /// <summary>
    /// Runs a query and hands its rows out batch by batch. Columns come in the schema's order, of the types that
    /// <see cref="SqlDialect.TypeOf"/> says or that were landed (<see cref="SqlDialect.Fit"/>).
    /// </summary>
    public abstract IEnumerable<RowBatch> Read(SqlSession session, string sql, TableSchema schema);

    /// <summary>Removes what dead landings of a window left; nothing where everything goes with its transaction.</summary>
    public virtual Task SweepAsync(SqlTable table, WindowKey key, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>True for a fault after which the same transaction should just be tried again (a deadlock's victim).</summary>
    public virtual bool IsDeadlock(Exception fault) => false;

    /// <summary>True for a fault that says that a lock was not to be had in time.</summary>
    public virtual bool IsLockTimeout(Exception fault) => false;

    /// <summary>Says a database fault in words that help; null for a fault that is not the database's.</summary>
    public abstract EtlException? Explain(Exception fault, string doing);
}
