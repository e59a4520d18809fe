using System.Net.Sockets;
using Etl.Core.Errors;
using Npgsql;

namespace Etl.Landing.Sql.Postgres;

/// <summary>PostgreSQL's faults in words that help. Names host, port and database, and never shows a connection string.</summary>
internal sealed class PostgresFaults(string place, string variable)
{
    // The driver has no names for these.
    private const string IdleInTransactionTimeout = "25P03", TransactionTimeout = "25P04";

    public EtlException? Explain(Exception fault, string doing)
    {
        var found = fault switch
        {
            PostgresException { SqlState: var state } server => Of(state, server.MessageText),
            NpgsqlException { InnerException: SocketException or IOException or TimeoutException } or SocketException or IOException or TimeoutException =>
                (FaultKind.Window, true, "The server cannot be reached, or the connection broke. Check host, port and network; the window stays due."),
            NpgsqlException { IsTransient: true } => (FaultKind.Window, true, "The connection broke. The window stays due."),
            NpgsqlException => (FaultKind.Usage, false, $"Check {variable}."),
            _ => default((FaultKind Kind, bool Transient, string Help)?),
        };
        if (found is not var (kind, transient, help)) return null;
        var said = (fault as PostgresException)?.MessageText ?? fault.Message;
        return new EtlException(kind, $"Could not use the database {place} to {doing}: {said.TrimEnd('.')}. {help}", fault)
        {
            IsTransient = transient,
            Code = fault is PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } ? LedgerFactory.NoDatabase : "postgres",
        };
    }

    private (FaultKind Kind, bool Transient, string Help) Of(string state, string text) => state switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            (FaultKind.Usage, false, $"The server does not let this user in. Check user name and password in {variable}."),
        PostgresErrorCodes.InvalidCatalogName => (FaultKind.Usage, false, $"Create the database, or name another one in {variable}."),
        PostgresErrorCodes.InsufficientPrivilege =>
            (FaultKind.Usage, false, $"Grant the user of {variable} the right to create and change tables in the schema, or name a schema where it has it."),
        PostgresErrorCodes.InvalidSchemaName => (FaultKind.Usage, false, "Create the schema, or name another one in the job."),
        PostgresErrorCodes.ReadOnlySqlTransaction => (FaultKind.Usage, false, $"The server takes no writes, as a standby does not. Name the primary one in {variable}."),
        PostgresErrorCodes.DiskFull => (FaultKind.Window, true, "The server's disk is full. Free some space there and run again; nothing was changed."),
        IdleInTransactionTimeout or TransactionTimeout =>
            (FaultKind.Window, true, "The server's limit ended a transaction that stood still or was open for too long, as a worker's does that stalled. The window stays due."),
        PostgresErrorCodes.LockNotAvailable =>
            (FaultKind.Window, true, "Somebody else held a lock for too long. Look for long transactions in pg_stat_activity; the window stays due."),
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure => (FaultKind.Window, true, "Others were in the way time and again. The window stays due."),
        PostgresErrorCodes.QueryCanceled => (FaultKind.Window, true, "The statement took too long or was cancelled on the server. 'Command Timeout' of the connection says how long it may take."),
        PostgresErrorCodes.ProgramLimitExceeded when text.Contains("index row", StringComparison.Ordinal) =>
            (FaultKind.Usage, false, "A text of the key is too long for an index (about 2,700 bytes). Take its column out of 'key' in the job, and drop the index. Nothing was changed."),
        PostgresErrorCodes.TooManyColumns => (FaultKind.Usage, false, "A table holds at most 1,600 columns. Leave unknown ones out with 'schema: ignore'."),
        PostgresErrorCodes.DependentObjectsStillExist or PostgresErrorCodes.FeatureNotSupported =>
            (FaultKind.Usage, false, "Views of yours stand on what has to change. Drop them, run again and make them anew. Nothing was changed."),
        PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter =>
            (FaultKind.Window, false, "The database cannot store a character of the pull. Land in a database with encoding UTF8. Nothing was changed."),
        // Connection exceptions, shortage of resources, operator's intervention.
        _ when state is ['0', '8', ..] or ['5', '3', ..] or ['5', '7', ..] =>
            (FaultKind.Window, true, "The server is short of something, restarting, or ended the connection. The window stays due."),
        _ => (FaultKind.Window, false, "This is not expected; the cause is attached."),
    };
}
