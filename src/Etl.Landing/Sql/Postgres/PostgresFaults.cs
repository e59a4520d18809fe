using Etl.Core.Errors;
using Npgsql;

namespace Etl.Landing.Sql.Postgres;

internal static class PostgresFaults
{
    public static EtlException? Explain(Exception fault, string doing, string what, string setting) => fault is NpgsqlException npgsql
        ? new EtlException(FaultKind.Window, $"Could not use the {what} to {doing}: {npgsql.Message} Look at {setting}.", fault) { IsTransient = npgsql.IsTransient, Code = "postgres" }
        : null;
}
