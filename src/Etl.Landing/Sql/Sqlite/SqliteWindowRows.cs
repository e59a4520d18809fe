using Dapper;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// The rows of one window in a table: those with its label and, where the table tells accounts apart, with its account
/// or none (rows that no record speaks of, from before the table told accounts apart).
/// </summary>
internal sealed class SqliteWindowRows(SqliteConnection connection, SqliteTableShape shape, WindowKey key)
{
    // Read late: the account column may be added between the first look and the delete.
    private string Match => """WHERE "_window" = @Label""" + (shape.HasAccount ? """ AND ("_account" = @Account OR "_account" IS NULL)""" : "");

    private string Table => SqlNames.Quote(shape.Table);

    public void Delete() => connection.Execute($"DELETE FROM {Table} {Match}", new { key.Label, key.Account });

    /// <summary>True when the window holds exactly the rows that a record speaks of, and no others.</summary>
    public bool AreThoseOf(PublishedPull record) => Count(record.Pull) == record.Rows && Count() == record.Rows;

    /// <summary>Rows of the window; 0 when there is no table.</summary>
    private long Count() => !shape.Exists ? 0 : connection.ExecuteScalar<long>($"SELECT count(*) FROM {Table} {Match}", new { key.Label, key.Account });

    /// <summary>Rows of the window that came with one pull.</summary>
    public long Count(string pull) => !shape.Exists ? 0 : connection.ExecuteScalar<long>(
        $"""SELECT count(*) FROM {Table} {Match} AND "_pull" = @pull""", new { key.Label, key.Account, pull });
}
