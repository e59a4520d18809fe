using Etl.Core.Columns;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>Rows in a staging table of their own: columns of the target's names and types, no more.</summary>
internal sealed class SqlServerStage(
    SqlServerWarehouse warehouse, SqlStageOrder order, SqlTable target, SqlTable stage, IReadOnlyList<SqlColumn> columns, bool hasAccount) : SqlStage
{
    public SqlTable Table => stage;

    /// <summary>The columns, as the target has them.</summary>
    public IReadOnlyList<SqlColumn> Columns => columns;

    public override Task<SqlSession> BeginAsync(CancellationToken cancellation) => warehouse.BeginAsync(cancellation);

    public override async Task FillAsync(SqlSession session, SqlRows rows, CancellationToken cancellation)
    {
        await CheckAsync(session, cancellation);
        var list = rows.List(warehouse.Dialect);
        await session.ExecuteAsync($"INSERT INTO {warehouse.Dialect.Quote(target)} ({list}) SELECT {list} FROM {warehouse.Dialect.Quote(stage)}", null, cancellation);
    }

    public override async Task<string> TableAsync(SqlSession session, SqlRows rows, CancellationToken cancellation)
    {
        await CheckAsync(session, cancellation);
        return warehouse.Dialect.Quote(stage);
    }

    /// <summary>Drops the staging table, published or not, also after a cancellation.</summary>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await warehouse.DropAsync(stage, CancellationToken.None);
        }
        catch (Exception fault) when (warehouse.Explain(fault, "") is not null)
        {
            // The landing's own outcome counts; the next sweep of this window drops it.
        }
        await base.DisposeAsync();
    }

    /// <summary>
    /// Looks, while the target's lock keeps it from changing, whether the rows still fit it. New columns do no harm, but one that tells accounts
    /// apart would be empty in our rows, and a wider number would take ours without a check.
    /// </summary>
    private async Task CheckAsync(SqlSession session, CancellationToken cancellation)
    {
        var now = await warehouse.ColumnsAsync(session, target, cancellation);
        var stays = columns.All(now.Contains) && now.Any(c => c.Name.Equals(SystemColumns.Account.Name, StringComparison.OrdinalIgnoreCase)) == hasAccount;
        if (!stays) throw new SqlServerRetryException($"table '{target}' changed while pull '{order.Pull}' was on its way.");
    }
}
