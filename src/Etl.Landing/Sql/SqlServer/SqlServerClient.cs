using System.Data.Common;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Etl.Core.Errors;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>Microsoft.Data.SqlClient, the old version of `portable` or a current one of `full`.</summary>
internal sealed class SqlServerClient : ISqlServerClient
{
    /// <summary>Rows that a bulk copy commits at a time: bounds the server's log, and costs nothing as nobody reads a staging table.</summary>
    private const int BulkRows = 100_000;

    private readonly string _connectionString;

    /// <param name="connectionString">As the setting has it, without the kind.</param>
    /// <param name="setting">The setting that a person would change.</param>
    /// <exception cref="EtlException">It is not a connection string. The message does not show it.</exception>
    public SqlServerClient(string connectionString, string setting)
    {
        try
        {
            _connectionString = SqlServerSettings.Complete(connectionString);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidOperationException or OverflowException)
        {
            // The fault is left out: it may repeat the value.
            throw new EtlException(
                FaultKind.Usage, $"{setting} is not a SQL Server connection string, such as 'sqlserver:Server=…;Database=…;User ID=…;Password=…'. Its value is not shown, it may hold a password.")
                { Code = "connection" };
        }
    }

    /// <inheritdoc/>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellation)
    {
        RequireCultures();
        var connection = new SqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task LoadAsync(
        DbConnection connection, DbTransaction? transaction, string table, SqlServerRowReader rows, IReadOnlyList<int> places, CancellationToken cancellation)
    {
        using var bulk = new SqlBulkCopy((SqlConnection)connection, SqlBulkCopyOptions.TableLock, (SqlTransaction?)transaction)
        {
            DestinationTableName = table,
            BatchSize = transaction is null ? BulkRows : 0,
            BulkCopyTimeout = 0,
        };
        // By place: a mapping by name trips over names with brackets.
        for (var column = 0; column < places.Count; column++) bulk.ColumnMappings.Add(column, places[column]);
        try
        {
            await bulk.WriteToServerAsync(rows, cancellation);
        }
        catch (Exception) when (rows.Fault is { } fault)
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> NumbersOf(Exception fault) => fault is SqlException sql ? [.. sql.Errors.Cast<SqlError>().Select(e => e.Number)] : [];

    // From severity 20 on the server, or the client, has closed the connection.
    public bool IsLost(Exception fault) => fault is SqlException { Class: >= 20 };

    /// <exception cref="EtlException">The runtime goes without culture data, which the client needs for every text column.</exception>
    private static void RequireCultures()
    {
        try
        {
            CultureInfo.GetCultureInfo(1033);
        }
        catch (CultureNotFoundException)
        {
            throw new EtlException(
                FaultKind.Usage,
                "SQL Server's client needs the system's culture data, which etl leaves out by default. Install libicu and set DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0, then run again.")
                { Code = "globalization" };
        }
    }
}
