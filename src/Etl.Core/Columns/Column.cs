namespace Etl.Core.Columns;

/// <summary>The seven types that a landed column can have.</summary>
public enum ColumnType
{
    /// <summary>True or false.</summary>
    Bool,
    /// <summary>Signed 32-bit integer.</summary>
    Int32,
    /// <summary>Signed 64-bit integer.</summary>
    Int64,
    /// <summary>IEEE 754 binary64.</summary>
    Double,
    /// <summary>A calendar day: whole days since 1970-01-01, stored as a 32-bit integer.</summary>
    Date,
    /// <summary>An instant: microseconds since 1970-01-01T00:00:00Z, stored as a 64-bit integer.</summary>
    Timestamp,
    /// <summary>UTF-8 text. Ids are always text.</summary>
    Text,
}

/// <summary>How a column may be added up over rows; decides which check it gets.</summary>
public enum Additivity
{
    /// <summary>Not a number to add, and no bound is known.</summary>
    None,
    /// <summary>The sum over rows is the total (plays, minutes).</summary>
    Full,
    /// <summary>A level at a point in time (storage): never added over time.</summary>
    Level,
    /// <summary>A distinct count: total lies between the largest row and the sum of rows.</summary>
    Unique,
    /// <summary>A ratio or average: total lies between the smallest and the largest row.</summary>
    Ratio,
}

/// <summary>What part a column plays in its table.</summary>
public enum ColumnRole
{
    /// <summary>Label or date: says what a row is about.</summary>
    Dimension,
    /// <summary>A measured figure.</summary>
    Metric,
    /// <summary>Added by us: <c>_window</c>, <c>_pull</c>, <c>_pulled_at</c>, <c>_account</c>. Not <c>_extra</c>, whose content is the service's.</summary>
    System,
}

/// <summary>One column of a table: name, type and what the checks need to know of it. Every column may hold nulls.</summary>
/// <param name="Name">The service's own column name, or a system name with a leading underscore.</param>
/// <param name="Type">The landed type.</param>
/// <param name="Role">Dimension, metric or system.</param>
/// <param name="Additivity">How it may be added up.</param>
/// <param name="Unit">Unit in the catalogue's words, such as <c>min</c>; null when there is none.</param>
/// <param name="Known">False for a column that the catalogue does not know: it is text and follows the job's schema policy.</param>
public sealed record Column(
    string Name,
    ColumnType Type,
    ColumnRole Role = ColumnRole.Dimension,
    Additivity Additivity = Additivity.None,
    string? Unit = null,
    bool Known = true);

/// <summary>The columns of a table in order, and the names that make a row's key.</summary>
public sealed class TableSchema
{
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private ulong[]? _seeds;

    /// <summary>Makes a schema.</summary>
    /// <param name="columns">Columns in order; names must be unique and not empty.</param>
    /// <param name="key">Names of key columns; empty for a table whose rows have no key (compared as a multiset).</param>
    /// <exception cref="ArgumentException">A name is empty or occurs twice, or a key names no column.</exception>
    public TableSchema(IEnumerable<Column> columns, IEnumerable<string>? key = null)
    {
        Columns = [.. columns];
        for (var i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name.Length == 0) throw new ArgumentException($"Column {i} has an empty name.", nameof(columns));
            if (!_index.TryAdd(Columns[i].Name, i))
                throw new ArgumentException($"Column '{Columns[i].Name}' occurs twice.", nameof(columns));
        }
        Key = [.. key ?? []];
        foreach (var name in Key)
            if (!_index.ContainsKey(name)) throw new ArgumentException($"Key column '{name}' is not in the table.", nameof(key));
    }

    /// <summary>Columns in order.</summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>Key column names; may be empty.</summary>
    public IReadOnlyList<string> Key { get; }

    /// <summary>How what was sent differs from what was promised.</summary>
    public SchemaDrift Drift { get; init; } = SchemaDrift.None;

    /// <summary>Seeds of the columns' hashes, computed once: a SHA-256 per column and batch would cost more than short columns do.</summary>
    internal ReadOnlySpan<ulong> Seeds => _seeds ??= [.. Columns.Select(c => RowHash.Seed(c.Name))];

    /// <summary>Index of a column by exact name, or -1.</summary>
    public int IndexOf(string name) => _index.GetValueOrDefault(name, -1);

    /// <summary>True when names, types and order are the same (roles and units do not count).</summary>
    public bool SameShape(TableSchema other) =>
        Columns.Count == other.Columns.Count
        && Columns.Zip(other.Columns).All(p => p.First.Name == p.Second.Name && p.First.Type == p.Second.Type);
}
