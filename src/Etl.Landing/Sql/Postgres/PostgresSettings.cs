using Etl.Core.Errors;
using Npgsql;

namespace Etl.Landing.Sql.Postgres;

/// <summary>Reads connection strings of PostgreSQL, and never repeats one.</summary>
internal static class PostgresSettings
{
    /// <summary>How long one statement may take where the connection string does not say.</summary>
    private static readonly TimeSpan s_statement = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Bytes that the driver sends at once where the connection string does not say. It copies what fits into its buffer; before what does not it sends
    /// three packets of 5 bytes, two of them empty messages (Npgsql 10, seen as system calls), each of which wakes the server.
    /// </summary>
    private const int SentBytes = 1 << 17;

    /// <summary>Reads the connection string of a database that rows are sent to.</summary>
    /// <param name="connectionString">Keywords of Npgsql; may hold a password.</param>
    /// <param name="variable">The setting that a person would change.</param>
    /// <exception cref="EtlException">The text is no connection string.</exception>
    public static NpgsqlConnectionStringBuilder OfRows(string connectionString, string variable)
    {
        var settings = Parse(connectionString, variable);
        if (!settings.ShouldSerialize("Write Buffer Size")) settings.WriteBufferSize = SentBytes;
        return settings;
    }

    /// <summary>Reads a connection string.</summary>
    /// <param name="connectionString">Keywords of Npgsql; may hold a password.</param>
    /// <param name="variable">The setting that a person would change.</param>
    /// <exception cref="EtlException">The text is no connection string.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString, string variable)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (string.IsNullOrEmpty(settings.Host)) throw new ArgumentException("No host.", nameof(connectionString));
            if (!settings.ShouldSerialize("Command Timeout")) settings.CommandTimeout = (int)s_statement.TotalSeconds;
            settings.ApplicationName ??= "etl";
            settings.TcpKeepAlive = true;
            // Neither rows nor passwords in exceptions, whatever the setting says.
            settings.IncludeErrorDetail = false;
            settings.PersistSecurityInfo = false;
            return settings;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException)
        {
            // The fault is not attached: it may repeat a part of the text, which may hold a password.
            throw new EtlException(
                FaultKind.Usage,
                $"{variable} is no connection string that PostgreSQL's driver understands. Expected 'postgres:Host=…;Database=…;Username=…;Password=…'. Its value is not shown, it may hold a password.")
                { Code = "connection" };
        }
    }

    /// <summary>What messages call the database.</summary>
    public static string PlaceOf(NpgsqlConnectionStringBuilder settings) => $"'{settings.Database ?? settings.Username}' on '{settings.Host}:{settings.Port}'";
}
