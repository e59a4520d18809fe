using System.Data.Common;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>What of Microsoft.Data.SqlClient we meet: opening, bulk copy and error numbers. Tests have one that writes statements down.</summary>
internal interface ISqlServerClient
{
    /// <summary>Opens a connection.</summary>
    Task<DbConnection> OpenAsync(CancellationToken cancellation);

    /// <summary>Copies rows in bulk.</summary>
    /// <param name="connection">From <see cref="OpenAsync"/>.</param>
    /// <param name="transaction">The running transaction; null outside of one.</param>
    /// <param name="table">The table, quoted.</param>
    /// <param name="rows">The rows, read to their end.</param>
    /// <param name="places">For each column of the rows its place in the table, from zero.</param>
    /// <param name="cancellation">Breaks off.</param>
    Task LoadAsync(DbConnection connection, DbTransaction? transaction, string table, SqlServerRowReader rows, IReadOnlyList<int> places, CancellationToken cancellation);

    /// <summary>The server's error numbers in a fault, the first one first; empty for a fault that is not the server's or the way's to it.</summary>
    IReadOnlyList<int> NumbersOf(Exception fault);

    /// <summary>True for a fault that ended its connection: whether a commit went through is not known.</summary>
    bool IsLost(Exception fault);
}
