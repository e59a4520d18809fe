using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;

namespace Etl.Landing.Sql;

/// <summary><c>&lt;name&gt;_restatements</c>: what changed in a window with each later pull, published in one step with the pull's rows.</summary>
internal static class SqlRestatements
{
    public static SqlTable TableOf(SqlDialect dialect, SqlTable table) => table.Beside(dialect.Shorten(table.Name + "_restatements"));

    /// <summary>Makes the table, or what it lacks.</summary>
    public static async Task FitAsync(SqlSession session, SqlTable table, IRestatement restatement, CancellationToken cancellation)
    {
        var shape = await SqlTableShape.ReadAsync(session, TableOf(session.Dialect, table), cancellation);
        await shape.FitAsync(session, restatement.Schema, [], mode: null, view: null, cancellation);
    }

    /// <exception cref="EtlException">The published pull, read under the lock, is not the one that the difference starts from.</exception>
    public static void CheckBase(IRestatement restatement, LandingOrder order, SqlTable table, PublishedPull? published)
    {
        if (published?.Pull == restatement.PreviousPull) return;
        throw new EtlException(
            FaultKind.Window,
            $"Could not land window '{order.Key}' in table '{table}': what changed was worked out against pull '{restatement.PreviousPull}', and "
            + $"{(published is null ? "nothing" : $"pull '{published.Pull}'")} is published there now. Nothing was changed; run the window again.")
            { Code = "restatement-base", IsTransient = true };
    }

    /// <summary>Puts the rows in place of those that the same pull brought.</summary>
    public static async Task PutAsync(SqlSession session, SqlTable table, LandingOrder order, IRestatement restatement, CancellationToken cancellation)
    {
        var shape = await SqlTableShape.ReadAsync(session, TableOf(session.Dialect, table), cancellation);
        if (!shape.Fits(restatement.Schema))
            throw new EtlException(FaultKind.Window, $"Table '{shape.Table}' changed while window '{order.Key}' was being landed. Nothing was changed; run the window again.")
                { Code = "shape-changed", IsTransient = true };
        await session.ExecuteAsync(
            $"DELETE FROM {shape.Quoted} WHERE {session.Dialect.Quote(SystemColumns.Window.Name)} = @label AND {session.Dialect.Quote(SystemColumns.Pull.Name)} = @pull",
            new { label = order.Key.Label, pull = order.Stamp.Pull },
            cancellation);
        await session.Warehouse.InsertAsync(session, shape.Table, LandedRows.Of(restatement.Schema, restatement.Rows, restatement.Read, shape), cancellation);
    }
}
