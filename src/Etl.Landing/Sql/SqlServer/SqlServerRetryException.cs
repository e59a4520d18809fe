namespace Etl.Landing.Sql.SqlServer;

/// <summary>The transaction cannot go on, and the same work from the start has a good chance: a lock that was given up for a deadlock, a table that changed.</summary>
internal sealed class SqlServerRetryException(string message) : Exception(message);
