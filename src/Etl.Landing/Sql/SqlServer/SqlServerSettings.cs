using System.Data.Common;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>Connection strings of SQL Server as we use them.</summary>
public static class SqlServerSettings
{
    /// <summary>The string with what we say ourselves: versions of the client disagree about the default of <c>Encrypt</c>, and the safe one is on.</summary>
    /// <exception cref="ArgumentException">It is no connection string; the message may repeat it. So may <see cref="FormatException"/>, <see cref="InvalidOperationException"/> and <see cref="OverflowException"/>.</exception>
    public static string Complete(string connectionString)
    {
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
        var builder = new SqlConnectionStringBuilder(connectionString);
        if (!given.ContainsKey("Encrypt")) builder.Encrypt = true;
        if (!given.ContainsKey("Application Name") && !given.ContainsKey("App")) builder.ApplicationName = "etl";
        return builder.ConnectionString;
    }

    /// <summary>Server and database, for messages.</summary>
    internal static string PlaceOf(string connectionString)
    {
        var builder = new SqlConnectionStringBuilder(connectionString);
        return $"{builder.DataSource}/{builder.InitialCatalog}";
    }
}
