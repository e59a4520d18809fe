using System.Security.Cryptography;
using System.Text;
using Etl.Core.Columns;

namespace Etl.Landing.Sql;

/// <summary>
/// What a database spells in its own way: names, types and the few statements that differ. No connection, no state. Everything else
/// is the same SQL everywhere (parameters are <c>@name</c>; dialects quote every name).
/// </summary>
internal abstract class SqlDialect
{
    /// <summary>Hex digits of a name's hash that end a name which had to be cut.</summary>
    private const int HashDigits = 12;

    /// <summary>The kind of database, as connections of the settings begin: <c>sqlite</c>, <c>postgres</c> or <c>sqlserver</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Longest name of a column, index or table, in the units of <see cref="LengthOf"/>.</summary>
    public abstract int MaxNameLength { get; }

    /// <summary>True when tables may be named <c>schema.table</c>.</summary>
    public abstract bool HasSchemas { get; }

    /// <summary>A quoted name.</summary>
    public abstract string Quote(string name);

    /// <summary>A quoted table, with its schema where it has one.</summary>
    public string Quote(SqlTable table) => table.Schema is null ? Quote(table.Name) : Quote(table.Schema) + "." + Quote(table.Name);

    /// <summary>A quoted column of a quoted table or alias.</summary>
    public string Quote(string owner, string column) => owner + "." + Quote(column);

    /// <summary>The table's name as a person's unquoted SQL would find it.</summary>
    public virtual string FoldTable(string name) => name;

    /// <summary>A text as a literal, for statements that take no parameters.</summary>
    public virtual string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>Length of a name as the database counts it.</summary>
    public virtual int LengthOf(string name) => name.Length;

    /// <summary>
    /// The name itself, or where it is too long its beginning and a hash of the whole (whatever its case): the same on every day and machine,
    /// and different for names that differ by more than case.
    /// </summary>
    public string Shorten(string name)
    {
        if (LengthOf(name) <= MaxNameLength) return name;
        var tail = "_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name.ToUpperInvariant())))[..HashDigits];
        var head = name;
        while (LengthOf(head) + tail.Length > MaxNameLength)
            head = head[..^(head.Length > 1 && char.IsLowSurrogate(head[^1]) ? 2 : 1)];
        return head + tail;
    }

    /// <summary>
    /// The type of a column in a table; <paramref name="indexed"/> for one that an index may have or that tables are joined by: such texts are
    /// compared byte by byte.
    /// </summary>
    public abstract string Declare(ColumnType type, bool indexed = false);

    /// <summary>The landed type that a declared one stands for; null for a type that we make no columns with.</summary>
    public abstract ColumnType? TypeOf(string declared);

    /// <summary>Type of a short text in the tables that are ours alone (<c>etl_landing</c>, …), which may be part of a primary key.</summary>
    public virtual string ShortText => Declare(ColumnType.Text, indexed: true);

    /// <summary>What makes comparisons of a column ignore case, where names of tables do.</summary>
    public virtual string IgnoreCase(bool wanted) => "";

    /// <summary>How values of a type get into a column that is declared so.</summary>
    public virtual SqlFit Fit(string declared, ColumnType type)
    {
        var there = TypeOf(declared);
        if (there == type) return SqlFit.AsIs;
        return (there, type) switch
        {
            (ColumnType.Double, ColumnType.Int32 or ColumnType.Int64) or (ColumnType.Int64, ColumnType.Int32) => SqlFit.Convert,
            (ColumnType.Int32 or ColumnType.Int64, ColumnType.Double) or (ColumnType.Int32, ColumnType.Int64) => SqlFit.Widen,
            _ => SqlFit.Refuse,
        };
    }

    /// <summary>Adds a column that is null in the rows there are.</summary>
    public abstract string AddColumn(SqlTable table, string column, string declared);

    /// <summary>Gives a column a wider type.</summary>
    public abstract string WidenColumn(SqlTable table, string column, string declared);

    /// <summary>Makes the view anew, also where it is there.</summary>
    public abstract string MakeView(SqlTable view, string select);

    /// <summary>Makes a table with a view's columns and rows.</summary>
    public virtual string MakeTable(SqlTable table, SqlTable view) => $"CREATE TABLE {Quote(table)} AS SELECT * FROM {Quote(view)}";

    /// <summary>True when rows of a view fit a table that was made of it before.</summary>
    public virtual bool AreAlike(IReadOnlyList<SqlColumn> view, IReadOnlyList<SqlColumn> table) => view.SequenceEqual(table);

    /// <summary>Drops the view where there is one.</summary>
    public virtual string DropView(SqlTable view) => $"DROP VIEW IF EXISTS {Quote(view)}";

    /// <summary>An instant as a parameter for a column of type <see cref="ColumnType.Timestamp"/>.</summary>
    public abstract object Instant(DateTimeOffset instant);

    /// <summary>The instant in a value that the database gave for such a column.</summary>
    public abstract DateTimeOffset ReadInstant(object value);

    /// <summary>Number of characters of an expression.</summary>
    public virtual string Length(string expression) => $"length({expression})";

    /// <summary>The part of a text from a position (from one), at most so many characters.</summary>
    public virtual string Substring(string expression, string from, int length = 4_000) => FormattableString.Invariant($"substring({expression}, {from}, {length})");

    /// <summary>
    /// A predicate that is true for rows which the running transaction's own bulk load of pull <c>@pull</c> wrote into the target's table;
    /// null where rows reach that table after the window was deleted, so that no such rows are met.
    /// </summary>
    public virtual string? WrittenHere => null;
}

/// <summary>How values of a pull's column get into a table's column.</summary>
internal enum SqlFit
{
    /// <summary>They land as they are.</summary>
    AsIs,
    /// <summary>They are turned into the table's type, which holds them.</summary>
    Convert,
    /// <summary>The table's column has to become wider first.</summary>
    Widen,
    /// <summary>Not at all.</summary>
    Refuse,
}
