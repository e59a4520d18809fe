using System.Data.Common;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>How a connection begins and a transaction ends.</summary>
internal static class SqlServerConnections
{
    /// <summary>Pauses between attempts to open a connection: a database that moves or wakes up takes half a minute.</summary>
    private static readonly TimeSpan[] s_pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(20)];

    /// <summary>Opens a connection; asks again while the server says that it is busy or moving.</summary>
    public static async Task<DbConnection> OpenAsync(ISqlServerClient client, TimeProvider time, CancellationToken cancellation)
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
