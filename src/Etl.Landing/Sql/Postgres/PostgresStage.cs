namespace Etl.Landing.Sql.Postgres;

/// <summary>
/// Rows that wait in the open transaction which will publish them: in the target's table, or in a temporary one where they are compared with the
/// table's. The transaction holds what every writer of the table holds: readers and other landings go on, a change of the table's columns waits, and
/// vacuum keeps what was deleted since.
/// </summary>
internal sealed class PostgresStage(SqlSession session, long? loaded) : SqlStage
{
    /// <summary>The temporary table; each connection has its own.</summary>
    public static readonly SqlTable Waiting = new("pg_temp", "etl_stage");

    private bool _taken;

    public override long? Loaded => loaded;

    public static Task MakeAsync(SqlSession session, SqlRows rows, CancellationToken cancellation)
    {
        var dialect = session.Dialect;
        var columns = rows.Schema.Columns.Zip(rows.Columns, (c, name) => $"{dialect.Quote(name)} {dialect.Declare(c.Type)}");
        return session.ExecuteAsync($"CREATE TEMPORARY TABLE {dialect.Quote(Waiting.Name)} ({string.Join(", ", columns)}) ON COMMIT DROP", null, cancellation);
    }

    /// <summary>Counts the rows for the planner, which does not look at temporary tables by itself.</summary>
    public static Task FinishAsync(SqlSession session, CancellationToken cancellation) =>
        session.ExecuteAsync($"ANALYZE {session.Dialect.Quote(Waiting)}", null, cancellation);

    public override Task<SqlSession> BeginAsync(CancellationToken cancellation)
    {
        _taken = true;
        return Task.FromResult(session);
    }

    public override Task FillAsync(SqlSession session, SqlRows rows, CancellationToken cancellation) => Task.CompletedTask;

    public override Task<string> TableAsync(SqlSession session, SqlRows rows, CancellationToken cancellation) => Task.FromResult(session.Dialect.Quote(Waiting));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (!_taken) await session.DisposeAsync();
    }
}
