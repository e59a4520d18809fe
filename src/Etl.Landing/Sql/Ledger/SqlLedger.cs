using System.Data.Common;
using Dapper;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Landing.Sql.Ledger;

/// <summary>
/// The ledger on a relational database: everything that SQL spells alike. A database adds its connection, its clock,
/// its types and its words for a fault. Every call is one short transaction on a connection of its own, so any number
/// of threads and processes may use one ledger. Nothing here ever holds a credential.
/// </summary>
public abstract partial class SqlLedger : ILedger
{
    private const string KeyMatch = "job = @Job AND source = @Source AND account = @Account AND label = @Label";
    private const string LeaseMatch = KeyMatch + " AND owner = @owner AND fence = @fence";

    /// <summary>How often a write that a deadlock broke off is done again: each time the others have got further.</summary>
    private const int DeadlockTries = 5;

    /// <summary>For databases of this room only.</summary>
    private protected SqlLedger()
    {
    }

    /// <summary>What messages call this ledger: a path or a server and database, never a credential.</summary>
    public abstract string Name { get; }

    /// <summary>Expression for the database's clock, in milliseconds since 1970.</summary>
    private protected abstract string NowMilliseconds { get; }

    /// <summary>Expression for the database's clock as ISO text in UTC.</summary>
    private protected abstract string NowText { get; }

    private protected abstract LedgerTypes Types { get; }

    private protected abstract Task<DbConnection> OpenAsync(CancellationToken cancellation);

    /// <summary>Begins a transaction that is allowed to write from its first statement on.</summary>
    private protected abstract Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken cancellation);

    /// <summary>Waits until this process may write, where writers of one process had better queue; null where there is no need.</summary>
    private protected virtual Task<IDisposable?> TurnAsync(CancellationToken cancellation) => Task.FromResult<IDisposable?>(null);

    /// <summary>Says a database fault in words that help; null for one this database has no words for.</summary>
    private protected abstract EtlException? Explain(DbException fault, string doing);

    /// <summary>True for a fault by which the database gave this transaction up for another one's sake: nothing was changed, and the same again works.</summary>
    private protected virtual bool IsDeadlock(DbException fault) => false;

    /// <summary>Version of the stored tables; 0 when there are none.</summary>
    private protected abstract Task<int> ReadVersionAsync(DbConnection connection, DbTransaction transaction);

    private protected abstract Task WriteVersionAsync(DbConnection connection, DbTransaction transaction, int version);

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Brings the tables to this build's version; several processes may do so at once.</summary>
    private protected Task MigrateAsync(CancellationToken cancellation) => WriteAsync("prepare the tables", async (connection, transaction) =>
    {
        var version = await ReadVersionAsync(connection, transaction);
        if (version > LedgerMigrations.Latest)
            throw new EtlException(
                FaultKind.Usage,
                $"The ledger '{Name}' has version {version}; this build knows versions up to {LedgerMigrations.Latest}. "
                + "A newer etl wrote it: run that one, or point ETL_LEDGER at another ledger. Nothing was changed.") { Code = "ledger-version" };
        if (version == LedgerMigrations.Latest) return;
        foreach (var sql in LedgerMigrations.StepsAfter(version, Types)) await connection.ExecuteAsync(sql, transaction: transaction);
        await WriteVersionAsync(connection, transaction, LedgerMigrations.Latest);
    }, cancellation);

    private async Task<T> ReadAsync<T>(string doing, Func<DbConnection, Task<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await using var connection = await OpenAsync(cancellation);
            return await work(connection);
        }
        catch (DbException fault) when (Explain(fault, doing) is { } explained)
        {
            throw explained;
        }
    }

    private async Task<T> WriteAsync<T>(string doing, Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return await WriteOnceAsync(work, cancellation);
            }
            catch (DbException fault) when (attempt < DeadlockTries && IsDeadlock(fault))
            {
                // Rolled back, and the winner has gone on.
            }
            catch (DbException fault) when (Explain(fault, doing) is { } explained)
            {
                throw explained;
            }
        }
    }

    private async Task<T> WriteOnceAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellation)
    {
        using var turn = await TurnAsync(cancellation);
        await using var connection = await OpenAsync(cancellation);
        var transaction = await BeginWriteAsync(connection, cancellation);
        try
        {
            var result = await work(connection, transaction);
            // Past this line the work is done: a cancellation must not leave its outcome unknown.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        finally
        {
            await EndAsync(transaction);
        }
    }

    private async Task WriteAsync(string doing, Func<DbConnection, DbTransaction, Task> work, CancellationToken cancellation) =>
        await WriteAsync(
            doing,
            async (connection, transaction) =>
            {
                await work(connection, transaction);
                return 0;
            },
            cancellation);

    /// <summary>Rolls a transaction back unless it is committed, without hiding the fault that ended it.</summary>
    private protected virtual ValueTask EndAsync(DbTransaction transaction) => transaction.DisposeAsync();

    /// <summary>A window's key as parameters, plus others by name.</summary>
    private static DynamicParameters With(WindowKey key, object? more = null)
    {
        var parameters = new DynamicParameters(new { key.Job, key.Source, key.Account, key.Label });
        if (more is not null) parameters.AddDynamicParams(more);
        return parameters;
    }

    private static DynamicParameters With(Lease lease, object? more = null)
    {
        var parameters = With(lease.Key, more);
        parameters.Add("owner", lease.Owner);
        parameters.Add("fence", lease.Fence);
        return parameters;
    }
}
