using System.Globalization;
using Etl.Core.Columns;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>SQL Server's spelling (2019 and later, Azure SQL). Types as <see cref="SqlServerTypes"/> has them.</summary>
internal sealed class SqlServerDialect : SqlDialect
{
    /// <summary>The engine takes 128; names stay as short as everywhere else.</summary>
    public override string Kind => "sqlserver";

    public override int MaxNameLength => 63;

    public override bool HasSchemas => true;

    public override string ShortText { get; } = FormattableString.Invariant($"nvarchar({SqlServerTypes.ShortLength})");

    public override string Quote(string name) => "[" + name.Replace("]", "]]", StringComparison.Ordinal) + "]";

    public override string Literal(string text) => "N" + base.Literal(text);

    public override string Declare(ColumnType type, bool indexed = false) => SqlServerTypes.Declare(type, indexed);

    public override ColumnType? TypeOf(string declared) => SqlServerTypes.TypeOf(declared);

    public override string IgnoreCase(bool wanted) => " COLLATE " + (wanted ? SqlServerTypes.CaselessCollation : SqlServerTypes.BinaryCollation);

    public override string AddColumn(SqlTable table, string column, string declared) => $"ALTER TABLE {Quote(table)} ADD {Quote(column)} {declared} NULL";

    public override string WidenColumn(SqlTable table, string column, string declared) => $"ALTER TABLE {Quote(table)} ALTER COLUMN {Quote(column)} {declared} NULL";

    public override string MakeView(SqlTable view, string select) => $"CREATE OR ALTER VIEW {Quote(view)} AS {select}";

    public override string MakeTable(SqlTable table, SqlTable view) => $"SELECT * INTO {Quote(table)} FROM {Quote(view)}";

    /// <summary>
    /// A text: the engine takes this form whatever its language, and exactly, where a <see cref="DateTime"/> parameter would be sent as the old
    /// type that rounds to 3.33 ms.
    /// </summary>
    public override object Instant(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    public override DateTimeOffset ReadInstant(object value) => new(DateTime.SpecifyKind((DateTime)value, DateTimeKind.Utc));

    // len() does not count blanks at the end.
    public override string Length(string expression) => $"(DATALENGTH({expression}) / 2)";
}
