using Etl.Core.Errors;
using Npgsql;

namespace Etl.Landing.Sql.Postgres;

/// <summary>Reads connection strings of PostgreSQL, and never repeats one.</summary>
internal static class PostgresSettings
{
    /// <summary>How long one statement may take where the connection string does not say.</summary>
    private static readonly TimeSpan s_statement = TimeSpan.FromMinutes(10);

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
