namespace Etl.Landing.Sql;

/// <summary>What to stage.</summary>
/// <param name="Table">The target's table.</param>
/// <param name="Rows">The rows, in the table's columns and types.</param>
/// <param name="IntoTable">True when every row becomes a row of the table (replace-window, append); false when they are compared with the table's (merge, history).</param>
/// <param name="Window">Key of the window in text, for names and locks.</param>
/// <param name="Pull">The pull.</param>
/// <param name="SchemaStays">Looks, in a session that keeps others from changing the table, whether the table still has the shape that the rows were made for.</param>
internal sealed record SqlStageOrder(SqlTable Table, SqlRows Rows, bool IntoTable, string Window, string Pull, Func<SqlSession, CancellationToken, Task<bool>> SchemaStays);

/// <summary>
/// Where a pull's rows wait between prepare and publish. Three kinds: nowhere yet (the staged file is read while publishing), in the
/// transaction that will publish them, or in a staging table. Dispose leaves nothing behind.
/// </summary>
internal abstract class SqlStage : IAsyncDisposable
{
    /// <summary>The transaction that publishes. Called once; the caller ends the session.</summary>
    public abstract Task<SqlSession> BeginAsync(CancellationToken cancellation);

    /// <summary>
    /// After <see cref="FillAsync"/>: rows that reached the target's table, as the database itself counted them; null where it does not tell, and
    /// they have to be read to be counted.
    /// </summary>
    public virtual long? Loaded => null;

    /// <summary>Replace-window and append: makes sure that the rows are in the target's table. What they replace was deleted before.</summary>
    public abstract Task FillAsync(SqlSession session, SqlRows rows, CancellationToken cancellation);

    /// <summary>Merge and history: the table in which the rows wait, quoted; it has an index on <c>_key</c> or needs none.</summary>
    public abstract Task<string> TableAsync(SqlSession session, SqlRows rows, CancellationToken cancellation);

    /// <summary>Last step before the commit: drops what the commit would not.</summary>
    public virtual Task ClearAsync(SqlSession session, CancellationToken cancellation) => Task.CompletedTask;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
