using System.Data.Common;
using Etl.Core.Errors;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>How a connection begins and a transaction ends.</summary>
internal static class SqlServerConnections
{
    /// <summary>Pauses between attempts to open a connection: a database that moves or wakes up takes half a minute.</summary>
    private static readonly TimeSpan[] s_pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(20)];

    /// <summary>Opens a connection; asks again while the server says that it is busy or moving.</summary>
    /// <param name="client">Opens it.</param>
    /// <param name="setting">The setting that a person would change.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Stops asking.</param>
    /// <exception cref="EtlException">The pool had none to give in time.</exception>
    public static async Task<DbConnection> OpenAsync(ISqlServerClient client, string setting, TimeProvider time, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await client.OpenAsync(cancellation);
            }
            catch (Exception fault) when (attempt < s_pauses.Length && SqlServerFaults.IsPassing(client.NumbersOf(fault)))
            {
                await Task.Delay(s_pauses[attempt], time, cancellation);
            }
            catch (InvalidOperationException fault) when (SqlServerFaults.IsPoolTimeout(fault))
            {
                throw SqlServerFaults.ExplainPoolTimeout(setting, fault);
            }
        }
    }

    /// <summary>Rolls a transaction back unless it is committed, without hiding the fault that ended it.</summary>
    public static async ValueTask EndAsync(DbTransaction transaction)
    {
        try
        {
            if (transaction.Connection is not null) await transaction.RollbackAsync();
        }
        catch (Exception fault) when (fault is DbException or InvalidOperationException)
        {
            // XACT_ABORT, a deadlock or a lost connection has rolled back already.
        }
        await transaction.DisposeAsync();
    }
}
