using Etl.Core.Columns;
using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Landing.Sql.Ledger;

namespace Etl.Landing.Sql;

/// <summary>
/// <c>etl_pulls</c> and <c>etl_windows</c> beside the data: how each pull came about and which pull each window of each table shows. Rows join by
/// their <c>_pull</c>. Written in the transaction that publishes.
/// </summary>
internal static class SqlLineage
{
    public static readonly SqlOwnTable Pulls = new(
        "etl_pulls",
        ["pull"],
        [
            ("job", ColumnType.Text), ("source", ColumnType.Text), ("account", ColumnType.Text), ("window", ColumnType.Text),
            ("from_utc", ColumnType.Timestamp), ("to_utc", ColumnType.Timestamp), ("started_at", ColumnType.Timestamp), ("ended_at", ColumnType.Timestamp),
            ("fence", ColumnType.Int64), ("rows", ColumnType.Int64), ("content_hash", ColumnType.Text), ("definition_hash", ColumnType.Text),
            ("quarantined", ColumnType.Int64), ("schema", ColumnType.Text), ("proof", ColumnType.Text), ("checks", ColumnType.Text),
        ],
        Later: []);

    public static readonly SqlOwnTable Windows = new(
        "etl_windows",
        ["job", "source", "account", "window", "target"],
        [
            ("from_utc", ColumnType.Timestamp), ("to_utc", ColumnType.Timestamp), ("pull", ColumnType.Text), ("fence", ColumnType.Int64), ("rows", ColumnType.Int64),
            ("content_hash", ColumnType.Text), ("landed_at", ColumnType.Timestamp),
        ],
        Later: []);

    public static async Task MakeAsync(SqlSession session, SqlTable table, CancellationToken cancellation)
    {
        await Pulls.MakeAsync(session, table, cancellation);
        await Windows.MakeAsync(session, table, cancellation);
    }

    /// <summary>Writes the pull and what the window of <paramref name="table"/> now shows.</summary>
    public static async Task PutAsync(SqlSession session, SqlTable table, PullRecord pull, Window window, DateTimeOffset at, CancellationToken cancellation)
    {
        var dialect = session.Dialect;
        var shared = new Dictionary<string, object?>
        {
            ["job"] = pull.Key.Job,
            ["source"] = pull.Key.Source,
            ["account"] = pull.Key.Account,
            ["window"] = pull.Key.Label,
            ["from_utc"] = dialect.Instant(window.From),
            ["to_utc"] = dialect.Instant(window.To),
            ["pull"] = pull.Pull,
            ["fence"] = pull.Fence,
            ["rows"] = pull.Rows,
            ["content_hash"] = pull.ContentHash,
        };
        await Pulls.PutAsync(
            session,
            table,
            new Dictionary<string, object?>(shared)
            {
                ["started_at"] = dialect.Instant(pull.StartedAt),
                ["ended_at"] = dialect.Instant(pull.EndedAt),
                ["definition_hash"] = pull.DefinitionHash,
                ["quarantined"] = pull.Quarantined,
                ["schema"] = pull.SchemaJson,
                ["proof"] = pull.ProofJson,
                ["checks"] = LedgerText.Of(pull.Checks),
            },
            cancellation);
        await Windows.PutAsync(
            session, table, new Dictionary<string, object?>(shared) { ["target"] = table.Name, ["landed_at"] = dialect.Instant(at) }, cancellation);
    }
}
