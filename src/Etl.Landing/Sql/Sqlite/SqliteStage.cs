namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// Rows that wait in the staged file until the transaction that publishes reads them: into the table, or into a temporary table of the
/// connection, which a rollback removes as well.
/// </summary>
internal sealed class SqliteStage(SqliteWarehouse warehouse, SqlTable table) : SqlStage
{
    private static readonly SqlTable s_waiting = new("temp", "etl_stage");

    private bool _made;
    private long? _loaded;

    public override Task<SqlSession> BeginAsync(CancellationToken cancellation) => warehouse.BeginAsync(cancellation);

    public override long? Loaded => _loaded;

    public override async Task FillAsync(SqlSession session, SqlRows rows, CancellationToken cancellation)
    {
        var inserted = warehouse.Insert(session, table, rows, cancellation);
        // What was inserted stays, unless the table's maker said otherwise: then the rows are read to be counted.
        if (await SqliteWarehouse.KeepsEveryRowAsync(session, table, cancellation)) _loaded = inserted;
    }

    public override async Task<string> TableAsync(SqlSession session, SqlRows rows, CancellationToken cancellation)
    {
        var dialect = warehouse.Dialect;
        var columns = rows.Schema.Columns.Zip(rows.Columns, (c, name) => $"{dialect.Quote(name)} {dialect.Declare(c.Type)}");
        await session.ExecuteAsync($"CREATE TABLE {dialect.Quote(s_waiting)} ({string.Join(", ", columns)})", null, cancellation);
        _made = true;
        await warehouse.InsertAsync(session, s_waiting, rows, cancellation);
        await session.ExecuteAsync("""CREATE INDEX temp.etl_stage_key ON etl_stage ("_key")""", null, cancellation);
        return dialect.Quote(s_waiting);
    }

    public override Task ClearAsync(SqlSession session, CancellationToken cancellation) =>
        _made ? session.ExecuteAsync($"DROP TABLE {warehouse.Dialect.Quote(s_waiting)}", null, cancellation) : Task.CompletedTask;
}
