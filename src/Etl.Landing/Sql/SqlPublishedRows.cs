using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Landing.Sql;

/// <summary>
/// The rows of a published window, read from its table. Holds no connection between reads, so that it never stands in the way of a landing; each
/// read sees one state of the database and breaks off when that state shows another pull.
/// </summary>
internal sealed class SqlPublishedRows : IPublishedRows
{
    private readonly SqlWarehouse _warehouse;
    private readonly SqlTableShape _shape;
    private readonly WindowKey _key;
    private readonly Func<Exception, EtlException?> _explain;

    public SqlPublishedRows(SqlWarehouse warehouse, SqlTableShape shape, WindowKey key, string pull, TableSchema? landed, Func<Exception, EtlException?> explain)
    {
        (_warehouse, _shape, _key, Pull, _explain) = (warehouse, shape, key, pull, explain);
        Schema = new TableSchema(Columns(warehouse.Dialect, shape, landed));
    }

    public string Pull { get; }

    public TableSchema Schema { get; }

    /// <inheritdoc/>
    /// <exception cref="EtlException">Another pull was published meanwhile, or the database cannot be read.</exception>
    public IEnumerable<RowBatch> Read()
    {
        var session = Guarded(() => _warehouse.BeginReadAsync(default).GetAwaiter().GetResult());
        try
        {
            var published = Guarded(() => new SqlLandings(session, _shape.Table).FindAsync(_key, default).GetAwaiter().GetResult());
            if (published?.Pull != Pull)
                throw new EtlException(FaultKind.Window, $"Window '{_key}' of table '{_shape.Table}' shows another pull than '{Pull}' by now, so its rows cannot be read as that one's. Run the window again.")
                    { Code = "published-changed", IsTransient = true };
            using var batches = _warehouse.Read(session, Query(), Schema).GetEnumerator();
            while (Guarded(batches.MoveNext)) yield return batches.Current;
        }
        finally
        {
            session.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    public void Dispose()
    {
    }

    // Names of columns are the service's; the table may have had to shorten them. What landed before builds knew modes left no such list.
    private static IEnumerable<Column> Columns(SqlDialect dialect, SqlTableShape shape, TableSchema? landed)
    {
        var names = (landed?.Columns ?? []).ToDictionary(c => shape.NameOf(c.Name) ?? c.Name, StringComparer.OrdinalIgnoreCase);
        var columns = shape.Columns
            .Where(c => dialect.TypeOf(c.Declared) is not null) // what somebody added for themselves
            .Select(c => names.GetValueOrDefault(c.Name) is { } known
                ? known with { Type = dialect.Fit(c.Declared, known.Type) == SqlFit.AsIs ? known.Type : dialect.TypeOf(c.Declared)!.Value }
                : new Column(c.Name, dialect.TypeOf(c.Declared)!.Value, s_system.Contains(c.Name) ? ColumnRole.System : ColumnRole.Dimension))
            .ToList();
        return columns.Where(c => c.Role == ColumnRole.System).Concat(columns.Where(c => c.Role != ColumnRole.System));
    }

    private static readonly string[] s_system =
        [SystemColumns.Window.Name, SystemColumns.Pull.Name, SystemColumns.PulledAt.Name, SystemColumns.Account.Name];

    private string Query()
    {
        var dialect = _warehouse.Dialect;
        string Is(Column column, string text) => $"{dialect.Quote(column.Name)} = {dialect.Literal(text)}";
        var account = _shape.HasAccount ? $" AND ({Is(SystemColumns.Account, _key.Account)} OR {dialect.Quote(SystemColumns.Account.Name)} IS NULL)" : "";
        return $"SELECT {string.Join(", ", Schema.Columns.Select(c => dialect.Quote(_shape.NameOf(c.Name)!)))} FROM {_shape.Quoted} "
            + $"WHERE {Is(SystemColumns.Window, _key.Label)} AND {Is(SystemColumns.Pull, Pull)}{account}";
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (fault is not (EtlException or OperationCanceledException) && _explain(fault) is { } explained)
        {
            throw explained;
        }
    }
}
