using System.Security.Cryptography;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Runs;

namespace Etl.Landing.Sql.Deriving;

/// <summary>
/// Makes the tables that follow from a landed one, in the transaction that publishes it. Who makes a table holds its lock from before the landing's
/// own lock to the commit, so of two windows that land at once the second one's result has the first one's rows. <c>etl_derived</c> records which
/// tables are ours and what they were made with: a table of somebody else is never emptied.
/// </summary>
internal sealed class DerivedTables(IReadOnlyList<DeriveStep> steps, Action<string, string> tell)
{
    /// <summary>Which derived tables are ours, and the hash of the query that each was made with.</summary>
    private static readonly SqlOwnTable s_records = new(
        "etl_derived", ["target"], [("hash", ColumnType.Text), ("rows", ColumnType.Int64), ("at", ColumnType.Timestamp)], Later: []);

    /// <summary>Makes or grows the records, under the lock of shapes.</summary>
    public async Task MakeRecordsAsync(SqlSession session, SqlTable landed, CancellationToken cancellation)
    {
        if (steps.Count > 0) await s_records.MakeAsync(session, landed, cancellation);
    }

    /// <summary>Takes the locks of all tables that the landing may make anew. Before the landing's own lock, always in this order, so that no two landings wait for each other.</summary>
    public async Task LockAsync(SqlSession session, SqlTable landed, CancellationToken cancellation)
    {
        foreach (var step in steps) await session.Warehouse.LockAsync(session, Resolve(step.Table, landed), null, cancellation);
    }

    /// <summary>Makes what follows from a table whose rows have just changed in the session's transaction.</summary>
    /// <exception cref="EtlException">A query failed, or its table is somebody else's.</exception>
    public async Task MakeAsync(SqlSession session, SqlTable landed, string doing, DateTimeOffset now, CancellationToken cancellation)
    {
        var changed = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { landed.ToString(), landed + "_current", landed + "_restatements" };
        foreach (var step in steps)
        {
            var from = step.From.Select(f => Resolve(f, landed)).ToList();
            if (!from.Any(f => changed.Contains(f.ToString()))) continue;
            var missing = new List<SqlTable>();
            foreach (var table in from)
                if (await session.Warehouse.LookAsync(session, table, cancellation) == SqlObject.None) missing.Add(table);
            if (missing.Count > 0)
            {
                tell(step.Table.ToString(), $"Derived table '{step.Table}' is left for later: {Names(missing)} not there yet.");
                continue;
            }
            await MakeAsync(session, step, landed, doing, now, cancellation);
            changed.Add(Resolve(step.Table, landed).ToString());
            Failpoint.Hit("table.derived");
        }
    }

    private static async Task MakeAsync(SqlSession session, DeriveStep step, SqlTable landed, string doing, DateTimeOffset now, CancellationToken cancellation)
    {
        var (dialect, warehouse) = (session.Dialect, session.Warehouse);
        var table = Resolve(step.Table, landed);
        var there = await warehouse.LookAsync(session, table, cancellation);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(step.Sql)));
        var made = await session.ScalarAsync<string?>(
            $"SELECT hash FROM {dialect.Quote(table.Beside(s_records.Name))} WHERE target = @target", new { target = table.Name }, cancellation);
        if (there == SqlObject.Other || (there == SqlObject.Table && made is null))
            throw Fault(
                FaultKind.Usage,
                $"Could not {doing}: step '{step.Table}' of 'derive' would replace a table or view of that name, which etl did not make. Name another one in the job, or drop it. Nothing was published.");

        // Only a query can be a view, and none that writes; so the database itself refuses everything else.
        var view = table.Beside(dialect.Shorten("etl_derive_" + table.Name));
        int rows;
        try
        {
            await session.ExecuteAsync(dialect.MakeView(view, step.Sql + "\n"), null, cancellation);
            var columns = await warehouse.ColumnsAsync(session, view, cancellation);
            var stays = there == SqlObject.Table && made == hash && dialect.AreAlike(columns, await warehouse.ColumnsAsync(session, table, cancellation));
            if (stays)
            {
                var names = string.Join(", ", columns.Select(c => dialect.Quote(c.Name)));
                await session.ExecuteAsync($"DELETE FROM {dialect.Quote(table)}", null, cancellation);
                rows = await session.ExecuteAsync($"INSERT INTO {dialect.Quote(table)} ({names}) SELECT {names} FROM {dialect.Quote(view)}", null, cancellation);
            }
            else
            {
                if (there == SqlObject.Table) await session.ExecuteAsync($"DROP TABLE {dialect.Quote(table)}", null, cancellation);
                await session.ExecuteAsync(dialect.MakeTable(table, view), null, cancellation);
                rows = await session.ScalarAsync<int>($"SELECT count(*) FROM {dialect.Quote(table)}", null, cancellation);
            }
            await session.ExecuteAsync(dialect.DropView(view), null, cancellation);
        }
        catch (Exception fault) when (!warehouse.IsDeadlock(fault) && warehouse.Explain(fault, doing) is { IsTransient: false } explained)
        {
            cancellation.ThrowIfCancellationRequested();
            // Where the cause does not travel along, its words may hold a cell's value.
            var said = explained.InnerException is null ? explained.Message : fault.Message.ReplaceLineEndings(" ").Trim();
            throw Fault(
                explained.Kind,
                $"Could not {doing}: step '{step.Table}' of 'derive' failed: {said.TrimEnd('.')}. Nothing was published; correct the step in the job and run again.",
                explained.InnerException);
        }
        await s_records.PutAsync(
            session,
            table,
            new Dictionary<string, object?> { ["target"] = table.Name, ["hash"] = hash, ["rows"] = (long)rows, ["at"] = dialect.Instant(now) },
            cancellation);
    }

    /// <summary>Names without a schema are beside the landed table.</summary>
    private static SqlTable Resolve(SqlTable table, SqlTable landed) => table.Schema is null ? landed.Beside(table.Name) : table;

    private static string Names(List<SqlTable> tables) =>
        string.Join(", ", tables.Select(t => $"'{t}'")) + (tables.Count == 1 ? " is" : " are");

    private static EtlException Fault(FaultKind kind, string message, Exception? inner = null) => new(kind, message, inner) { Code = "derive" };
}
