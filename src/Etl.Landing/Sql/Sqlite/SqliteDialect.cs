using Etl.Core.Columns;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>SQLite's spelling. Types as <see cref="SqliteTypes"/> has them; a column's declared type is a wish to this engine, so any number lands in any number column.</summary>
internal sealed class SqliteDialect : SqlDialect
{
    /// <summary>The engine has no limit; a reader has.</summary>
    public override string Kind => "sqlite";

    public override int MaxNameLength => 128;

    public override bool HasSchemas => false;

    public override string ShortText => "TEXT";

    public override string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    public override string Declare(ColumnType type, bool indexed = false) => SqliteTypes.Declare(type);

    public override ColumnType? TypeOf(string declared) => declared.ToUpperInvariant() switch
    {
        "INTEGER" => ColumnType.Int64,
        "REAL" => ColumnType.Double,
        "TEXT" => ColumnType.Text,
        _ => null,
    };

    public override SqlFit Fit(string declared, ColumnType type)
    {
        if (string.Equals(declared, SqliteTypes.Declare(type), StringComparison.OrdinalIgnoreCase)) return SqlFit.AsIs;
        return (TypeOf(declared), type) switch
        {
            // An integer column takes a floating point number as it is.
            (ColumnType.Int64, ColumnType.Double) => SqlFit.AsIs,
            (ColumnType.Double, ColumnType.Int32 or ColumnType.Int64) => SqlFit.Convert,
            _ => SqlFit.Refuse,
        };
    }

    public override string IgnoreCase(bool wanted) => wanted ? " COLLATE NOCASE" : "";

    public override string AddColumn(SqlTable table, string column, string declared) => $"ALTER TABLE {Quote(table)} ADD COLUMN {Quote(column)} {declared}";

    public override string WidenColumn(SqlTable table, string column, string declared) =>
        throw new NotSupportedException("No column of SQLite has to become wider.");

    // The view's text is kept as it is, so a later column needs it anew.
    public override string MakeView(SqlTable view, string select) => $"{DropView(view)}; CREATE VIEW {Quote(view)} AS {select}";

    // Columns of views have no types here, and columns of tables hold values of any.
    public override bool AreAlike(IReadOnlyList<SqlColumn> view, IReadOnlyList<SqlColumn> table) => view.Select(c => c.Name).SequenceEqual(table.Select(c => c.Name));

    public override object Instant(DateTimeOffset instant)
    {
        Span<byte> utf8 = stackalloc byte[SqliteTypes.TimestampLength];
        SqliteTypes.TryFormatTimestamp((instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, utf8);
        return System.Text.Encoding.ASCII.GetString(utf8);
    }

    public override DateTimeOffset ReadInstant(object value) => Ledger.LedgerText.Instant((string)value);
}
