using Etl.Core.Columns;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>
/// How landed types stand in SQL Server: Bool as <c>bit</c>, Int32 as <c>int</c>, Int64 as <c>bigint</c>, Double as <c>float</c>, Date as
/// <c>date</c>, Timestamp as <c>datetime2(6)</c> in UTC, Text as <c>nvarchar(max)</c>, or in keys and in columns that tables are joined by as
/// <c>nvarchar(450)</c> compared byte by byte, so that ids that differ by case stay apart.
/// What the engine cannot hold: not a number and the infinities become NULL, numbers nearer to zero than 2.3e-308 become zero, and days and
/// instants outside the years 1 to 9999 are refused.
/// </summary>
internal static class SqlServerTypes
{
    /// <summary>Longest text of a column that an index may have: 900 of the 1,700 bytes that an index entry may have.</summary>
    public const int IndexedLength = 450;

    /// <summary>Longest text in the keys of the tables that are ours: two of them make 800 bytes; a primary key takes 900.</summary>
    public const int ShortLength = 200;

    /// <summary>Compares code units, so case, accents and blanks at the end of longer texts all tell texts apart.</summary>
    public const string BinaryCollation = "Latin1_General_100_BIN2";

    /// <summary>Compares as names of tables compare in most databases.</summary>
    public const string CaselessCollation = "Latin1_General_100_CI_AS";

    public const string LongText = "nvarchar(max)", Instant = "datetime2(6)";

    private const int FirstDay = -719_162, LastDay = 2_932_896; // 0001-01-01 and 9999-12-31
    private const long MicrosecondsOfDay = 86_400_000_000;
    private const double SmallestNormal = 2.2250738585072014E-308;

    public static string IndexedText { get; } = $"nvarchar({IndexedLength}) COLLATE {BinaryCollation}";

    public static string Declare(ColumnType type, bool indexed) => type switch
    {
        ColumnType.Bool => "bit",
        ColumnType.Int32 => "int",
        ColumnType.Int64 => "bigint",
        ColumnType.Double => "float",
        ColumnType.Date => "date",
        ColumnType.Timestamp => Instant,
        ColumnType.Text => indexed ? IndexedText : LongText,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>
    /// The landed type of a declared one. Null for types that would change values: <c>varchar</c> has no Unicode, <c>datetime</c> and short
    /// <c>datetime2</c> round.
    /// </summary>
    public static ColumnType? TypeOf(string declared)
    {
        var name = declared.Split(' ')[0].ToUpperInvariant();
        return name switch
        {
            "BIT" => ColumnType.Bool,
            "INT" => ColumnType.Int32,
            "BIGINT" => ColumnType.Int64,
            "FLOAT" => ColumnType.Double,
            "DATE" => ColumnType.Date,
            "DATETIME2(6)" or "DATETIME2(7)" => ColumnType.Timestamp,
            _ when name.StartsWith("NVARCHAR(", StringComparison.Ordinal) => ColumnType.Text,
            _ => null,
        };
    }

    /// <summary>A declared type from what the catalogue views say: <paramref name="bytes"/> is -1 for <c>max</c>.</summary>
    public static string Spell(string type, int bytes, int scale, string? collation) => type switch
    {
        "nvarchar" or "nchar" => bytes < 0 ? LongText : FormattableString.Invariant($"{type}({bytes / 2})") + (collation is null ? "" : " COLLATE " + collation),
        "varchar" or "char" => bytes < 0 ? $"{type}(max)" : FormattableString.Invariant($"{type}({bytes})"),
        "datetime2" => FormattableString.Invariant($"datetime2({scale})"),
        _ => type,
    };

    /// <summary>Characters that a declared text takes; null for no limit and for other types.</summary>
    public static int? LimitOf(string declared)
    {
        var (open, close) = (declared.IndexOf('(', StringComparison.Ordinal), declared.IndexOf(')', StringComparison.Ordinal));
        return TypeOf(declared) == ColumnType.Text && int.TryParse(declared.AsSpan(open + 1, close - open - 1), System.Globalization.CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }

    /// <summary>The number as the engine can hold it; null for NULL.</summary>
    public static double? Hold(double number) =>
        !double.IsFinite(number) ? null : Math.Abs(number) < SmallestNormal ? 0 : number;

    /// <summary>The day; null when it lies outside the years 1 to 9999.</summary>
    public static DateTime? Day(int days) => days is >= FirstDay and <= LastDay ? DateTime.UnixEpoch.AddDays(days) : null;

    /// <summary>The instant in UTC; null when it lies outside the years 1 to 9999.</summary>
    public static DateTime? At(long microseconds) =>
        microseconds is >= FirstDay * MicrosecondsOfDay and < (LastDay + 1) * MicrosecondsOfDay
            ? DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : null;

    public static int DaysOf(DateTime day) => (int)((day.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerDay);

    // A datetime2(7) that somebody else wrote may have a tenth of a microsecond: earlier, also before 1970.
    public static long MicrosecondsOf(DateTime at) => (long)Math.Floor((at.Ticks - DateTime.UnixEpoch.Ticks) / (decimal)TimeSpan.TicksPerMicrosecond);
}
