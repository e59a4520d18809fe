using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql.Modes;

namespace Etl.Landing.Sql;

/// <summary>
/// Turns the rows of a pull into rows of a table: values in the table's types, <c>_account</c> where the table tells accounts apart, <c>_key</c>
/// and <c>_hash</c> where the mode compares rows. Rows that need nothing of it pass as they are.
/// </summary>
internal static class LandedRows
{
    /// <summary>The pull's columns with those that a mode adds: what a table of that mode has.</summary>
    /// <exception cref="EtlException">The report has a column of the same name.</exception>
    public static TableSchema Schema(string table, TableSchema staged, LandMode mode)
    {
        Column[] added = mode switch
        {
            LandMode.Merge => [SystemColumns.Key],
            LandMode.History => [SystemColumns.Key, SystemColumns.Hash, SystemColumns.ValidFrom, SystemColumns.ValidTo, SystemColumns.IsCurrent],
            _ => [],
        };
        if (added.Length == 0) return staged;
        if (staged.Columns.FirstOrDefault(c => added.Any(a => a.Name.Equals(c.Name, StringComparison.OrdinalIgnoreCase))) is { } taken)
            throw new EtlException(
                FaultKind.Usage,
                $"Could not land in table '{table}': the report has a column '{taken.Name}', which this mode needs for itself. Land with another 'mode', or as Parquet.")
                { Code = "column-name" };
        var system = staged.Columns.TakeWhile(c => c.Role == ColumnRole.System).Count();
        return new TableSchema([.. staged.Columns.Take(system), .. added, .. staged.Columns.Skip(system)], staged.Key);
    }

    /// <summary>The rows of a staged pull for the table, whose shape fits them.</summary>
    public static SqlRows Of(IStagedPull staged, LandingOrder order, SqlTableShape shape, LandMode mode, IReadOnlyList<string> key)
    {
        var columns = staged.Schema.Columns.Select(c => c with { Type = shape.Lands(c) }).ToList();
        var account = shape.HasAccount && staged.Schema.IndexOf(SystemColumns.Account.Name) < 0 ? order.Key.Account : null;
        if (account is not null) columns.Add(SystemColumns.Account);
        if (mode is LandMode.Merge or LandMode.History) columns.Add(SystemColumns.Key);
        if (mode is LandMode.History) columns.Add(SystemColumns.Hash);
        var schema = new TableSchema(columns);
        Func<IEnumerable<RowBatch>> read = schema.SameShape(staged.Schema)
            ? staged.Read
            : () => Convert(staged, schema, account, mode is LandMode.Merge or LandMode.History ? key : null, shape.Table);
        var rows = new SqlRows(shape.Table, schema, [.. columns.Select(c => shape.NameOf(c.Name)!)], order.Stamp.Rows, read);
        return mode is LandMode.Merge or LandMode.History ? rows : rows with { Order = key };
    }

    /// <summary>No rows: for a stage whose rows are made from the staged file while publishing.</summary>
    public static SqlRows None(SqlTable table, TableSchema schema) => new(table, schema, [], 0, () => []);

    /// <summary>Rows of any schema for a table that fits them.</summary>
    public static SqlRows Of(TableSchema rows, long count, Func<IEnumerable<RowBatch>> read, SqlTableShape shape)
    {
        var schema = new TableSchema(rows.Columns.Select(c => c with { Type = shape.Lands(c) }));
        return new SqlRows(
            shape.Table,
            schema,
            [.. schema.Columns.Select(c => shape.NameOf(c.Name)!)],
            count,
            schema.SameShape(rows) ? read : () => read().Select(Copier(schema, shape.Table)));
    }

    private static Func<RowBatch, RowBatch> Copier(TableSchema schema, SqlTable table)
    {
        var batch = new RowBatch(schema);
        long before = 0;
        return source =>
        {
            batch.Clear();
            for (var column = 0; column < schema.Columns.Count; column++) Copy(source[column], batch[column], schema.Columns[column], table, before);
            before += source.RowCount;
            return batch;
        };
    }

    private static IEnumerable<RowBatch> Convert(IStagedPull staged, TableSchema schema, string? account, IReadOnlyList<string>? key, SqlTable table)
    {
        var batch = new RowBatch(schema);
        var keys = key is null ? null : new RowKeys(schema, key);
        var accountBytes = account is null ? null : Encoding.UTF8.GetBytes(account);
        long before = 0;
        foreach (var source in staged.Read())
        {
            batch.Clear();
            var column = 0;
            for (; column < staged.Schema.Columns.Count; column++) Copy(source[column], batch[column], schema.Columns[column], table, before);
            if (accountBytes is not null)
            {
                for (var row = 0; row < source.RowCount; row++) batch.Text(column).Append(accountBytes);
                column++;
            }
            keys?.Append(batch, batch.Text(column), column + 1 < schema.Columns.Count ? batch.Text(column + 1) : null);
            before += source.RowCount;
            yield return batch;
        }
    }

    private static void Copy(ColumnBuffer from, ColumnBuffer to, Column column, SqlTable table, long before)
    {
        if (from.GetType() == to.GetType())
        {
            to.AppendAll(from);
            return;
        }
        for (var row = 0; row < from.Count; row++)
        {
            if (from.IsNull(row))
            {
                to.AppendNull();
                continue;
            }
            var value = from is FixedBuffer<int> ints ? ints.Values[row] : ((FixedBuffer<long>)from).Values[row];
            if (to is FixedBuffer<long> longs) longs.Append(value);
            else if (value is >= -MaxExactDouble and <= MaxExactDouble) ((FixedBuffer<double>)to).Append(value);
            else
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not land in table '{table}': column '{column.Name}' is a floating point number there, and row {before + row + 1} of the pull holds {value}, which "
                    + "such a number cannot hold exactly. Land in a new table. Nothing was changed.") { Code = "type-changed" };
        }
    }

    /// <summary>Up to here every integer is a double: 2^53.</summary>
    private const long MaxExactDouble = 9_007_199_254_740_992;
}
