using System.Text;
using Etl.Core.Columns;

namespace Etl.Landing.Sql.Postgres;

/// <summary>PostgreSQL's spelling, of version 13 and later. Names of columns keep their case; names of tables fold to lower case as unquoted ones do.</summary>
internal sealed class PostgresDialect : SqlDialect
{
    /// <summary>NAMEDATALEN - 1, in bytes; the server would cut a longer name in silence.</summary>
    public override string Kind => "postgres";

    public override int MaxNameLength => 63;

    public override bool HasSchemas => true;

    // Rows that this transaction's COPY wrote carry its number. After four billion transactions numbers repeat, pulls do not. As a query of its own the
    // number is asked for once and not for each row.
    public override string WrittenHere =>
        $"{Quote(SystemColumns.Pull.Name)} = @pull AND xmin IS NOT DISTINCT FROM (SELECT pg_current_xact_id_if_assigned()::xid)";

    public override string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    public override string FoldTable(string name) => name.ToLowerInvariant();

    public override int LengthOf(string name) => Encoding.UTF8.GetByteCount(name);

    // The names that format_type gives.
    public override string Declare(ColumnType type, bool indexed = false) => type switch
    {
        ColumnType.Bool => "boolean",
        ColumnType.Int32 => "integer",
        ColumnType.Int64 => "bigint",
        ColumnType.Double => "double precision",
        ColumnType.Date => "date",
        ColumnType.Timestamp => "timestamp with time zone",
        ColumnType.Text => "text",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    public override ColumnType? TypeOf(string declared) => declared switch
    {
        "boolean" => ColumnType.Bool,
        "integer" => ColumnType.Int32,
        "bigint" => ColumnType.Int64,
        "double precision" => ColumnType.Double,
        "date" => ColumnType.Date,
        "timestamp with time zone" => ColumnType.Timestamp,
        "text" => ColumnType.Text,
        _ => null,
    };

    public override string AddColumn(SqlTable table, string column, string declared) => $"ALTER TABLE {Quote(table)} ADD COLUMN {Quote(column)} {declared}";

    public override string WidenColumn(SqlTable table, string column, string declared) =>
        $"ALTER TABLE {Quote(table)} ALTER COLUMN {Quote(column)} TYPE {declared}";

    // In place: what others were granted on the view stays.
    public override string MakeView(SqlTable view, string select) => $"CREATE OR REPLACE VIEW {Quote(view)} AS {select}";

    public override object Instant(DateTimeOffset instant) => instant.UtcDateTime;

    public override DateTimeOffset ReadInstant(object value) => new((DateTime)value, TimeSpan.Zero);
}
