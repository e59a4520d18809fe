using Etl.Core.Columns;

namespace Etl.Landing.Sql;

/// <summary>Rows on their way into a table: already of the table's types.</summary>
/// <param name="Target">The target's table, which messages name wherever the rows wait.</param>
/// <param name="Schema">Columns of the batches.</param>
/// <param name="Columns">For each its name in the table, unquoted.</param>
/// <param name="Count">Rows that the stamp promises.</param>
/// <param name="Read">Reads them from the start; each batch is valid until the next.</param>
internal sealed record SqlRows(SqlTable Target, TableSchema Schema, IReadOnlyList<string> Columns, long Count, Func<IEnumerable<RowBatch>> Read)
{
    /// <summary>Columns of the table's index by key, the first one first: what loaders may bring the rows in the order of, for speed. Empty for any order.</summary>
    public IReadOnlyList<string> Order { get; init; } = [];

    /// <summary>Called by a loader after each row with the rows so far.</summary>
    public Action<long> AfterRow { get; init; } = _ => { };

    /// <summary>Which row of the pull, from one, has come as the n-th; a loader asks for the row that it cannot take.</summary>
    public Func<long, long> RowOf { get; init; } = row => row;

    /// <summary>The columns as a quoted list.</summary>
    public string List(SqlDialect dialect) => string.Join(", ", Columns.Select(dialect.Quote));
}
